-- With what a directory proves itself when it sends people and groups. Sealed: name, ending, what it may do.
create table scim_tokens (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  connection_id text not null,
  secret_hash bytea not null,
  expires_at timestamptz,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on scim_tokens (org_id, connection_id);

-- Which people a directory keeps. Sealed: all that it says of them. Who was removed may be sent again by the same directory.
-- Rows carry rights, so they do not go with an account by themselves.
create table scim_users (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  connection_id text not null,
  user_id text not null,
  name_index bytea not null,
  external_index bytea,
  removed boolean not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null,
  unique (connection_id, user_id)
);
create unique index on scim_users (connection_id, name_index) where not removed;
create index on scim_users (connection_id, external_index);

-- What directories did last, for the page of the connection.
create table scim_log (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  connection_id text not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on scim_log (connection_id, id);

do $$
declare
  name text;
begin
  foreach name in array array['scim_tokens', 'scim_users', 'scim_log'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own_organization on %I using (org_id = current_setting(''app.org_id'', true) or current_setting(''app.org_id'', true) = ''environment'')',
      name
    );
  end loop;
end $$;
