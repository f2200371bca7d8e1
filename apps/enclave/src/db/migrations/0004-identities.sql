-- Whoever signed up with a wallet has no address.
alter table users alter column email_index drop not null;

-- Ways in that somebody else vouches for: a wallet's key, an identity provider's subject. Sealed: issuer, subject, label, address.
create table identities (
  id text primary key,
  user_id text not null references users on delete cascade,
  subject_index bytea not null unique,
  connection_id text,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on identities (user_id);
create index on identities (connection_id);

-- Passkeys, authenticator apps, recovery codes. Sealed: public key and counter, secret, hashes. A passkey is found by its id.
create table credentials (
  id text primary key,
  user_id text not null references users on delete cascade,
  kind text not null,
  lookup bytea unique,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on credentials (user_id);

-- Questions that were asked once and may be answered once, by the device they were asked. Sealed: device, nonce, state.
create table challenges (
  id text primary key,
  purpose text not null,
  expires_at timestamptz not null,
  version integer not null,
  sealed bytea not null
);
create index on challenges (expires_at);

do $$
declare
  name text;
begin
  foreach name in array array['identities', 'credentials', 'challenges'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy environment_only on %I using (current_setting(''app.org_id'', true) = ''environment'')', name);
  end loop;
end $$;
