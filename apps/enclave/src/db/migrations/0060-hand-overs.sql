-- Links by which somebody without an account sets one connection up. Sealed: who made it, which device opened it, what became of it.
create table connection_hand_overs (
  connection_id text primary key,
  org_id text not null references organizations on delete cascade,
  token_hash bytea not null unique,
  expires_at timestamptz not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on connection_hand_overs (org_id);
alter table connection_hand_overs enable row level security;
alter table connection_hand_overs force row level security;
-- Whoever opens one belongs to no organization.
create policy own_organization on connection_hand_overs using (org_id = current_setting('app.org_id', true) or current_setting('app.org_id', true) = 'environment');
