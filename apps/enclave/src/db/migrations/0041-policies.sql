-- How an organization lets people in. Sealed: everything.
create table policies (
  org_id text primary key references organizations on delete cascade,
  version integer not null,
  sealed bytea not null
);
-- When a session was last used in an organization that ends idle ones. The time is under a MAC: no later one can be put there.
create table session_activity (
  org_id text not null references organizations on delete cascade,
  session_id text not null references sessions on delete cascade,
  seen_at timestamptz not null,
  mac bytea not null,
  primary key (org_id, session_id)
);
do $$
declare
  name text;
begin
  foreach name in array array['policies', 'session_activity'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
  end loop;
end $$;
-- Whether a domain is captured is asked before anybody is signed in.
create policy own_organization on policies using (org_id = current_setting('app.org_id', true) or current_setting('app.org_id', true) = 'environment');
create policy own_organization on session_activity using (org_id = current_setting('app.org_id', true));
