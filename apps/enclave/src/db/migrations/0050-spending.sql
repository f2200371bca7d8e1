-- What an organization lets its members spend and which models they may use: one sealed row, none where all is open.
create table spending_rules (
  org_id text primary key references organizations on delete cascade,
  version integer not null,
  sealed bytea not null
);

-- What each member used by UTC day, for limits. `usage` counts the same by model.
create table member_usage (
  org_id text not null references organizations on delete cascade,
  user_id text not null,
  day date not null,
  meter text not null,
  amount bigint not null,
  primary key (org_id, user_id, day, meter)
);

do $$
declare
  name text;
begin
  foreach name in array array['spending_rules', 'member_usage'] loop
    execute format('create policy own_organization on %I using (org_id = current_setting(''app.org_id'', true))', name);
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
  end loop;
end $$;
