-- When each API key was last used, at most once a minute. Sealed: from which address.
create table api_key_uses (
  key_id text primary key references api_keys on delete cascade,
  org_id text not null references organizations on delete cascade,
  used_at timestamptz not null,
  sealed bytea not null
);
create index on api_key_uses (org_id);
alter table api_key_uses enable row level security;
alter table api_key_uses force row level security;
create policy own_organization on api_key_uses using (org_id = current_setting('app.org_id', true));
