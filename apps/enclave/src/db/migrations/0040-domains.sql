-- Domains that organizations say are theirs. Sealed: the name, the value that proves it, what the last looks found.
create table domains (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  domain_index bytea not null,
  state text not null,
  -- When to look again. Only a schedule: what counts is in the seal.
  check_at timestamptz not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null,
  unique (org_id, domain_index)
);
-- One organization at most proved a domain.
create unique index on domains (domain_index) where state = 'verified';
create index on domains (check_at) where state = 'verified';
alter table domains enable row level security;
alter table domains force row level security;
-- Whose a domain is, is asked before anybody is signed in.
create policy own_organization on domains using (org_id = current_setting('app.org_id', true) or current_setting('app.org_id', true) = 'environment');
