-- How long an organization keeps its audit log. Sealed: everything.
create table audit_settings (
  org_id text primary key references organizations on delete cascade,
  version integer not null,
  sealed bytea not null
);
-- Where new entries are sent. Sealed: address and secret.
create table audit_sinks (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
-- How far each has come. Sealed: the last entry of each chain that was taken, and what failed.
create table audit_sink_states (
  id text primary key references audit_sinks on delete cascade,
  org_id text not null,
  -- When to try again, or until when a server is at it. Only a schedule.
  due_at timestamptz not null,
  version integer not null,
  sealed bytea not null
);
do $$
declare
  name text;
begin
  foreach name in array array['audit_settings', 'audit_sinks', 'audit_sink_states'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    -- Whoever sends and drops looks for what there is to do in all organizations.
    execute format('create policy own_organization on %I using (org_id = current_setting(''app.org_id'', true) or current_setting(''app.org_id'', true) = ''environment'')', name);
  end loop;
end $$;
-- The newest statement of what was dropped.
create index on audit_checkpoints (org_id, id) where chains like '%"dropped":{%';
