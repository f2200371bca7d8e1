-- When the people of an LDAP directory were last looked up again. Sealed: what came of it. It grants nothing.
create table directory_syncs (
  connection_id text primary key references connections on delete cascade,
  org_id text not null references organizations on delete cascade,
  started_at timestamptz not null,
  version integer not null,
  sealed bytea
);

do $$
declare
  own constant text := 'org_id = current_setting(''app.org_id'', true)';
  environment constant text := 'current_setting(''app.org_id'', true) = ''environment''';
begin
  -- The sweep looks for what is due in every organization.
  execute format('create policy own_organization on directory_syncs using (%s or %s)', own, environment);
end $$;
alter table directory_syncs enable row level security;
alter table directory_syncs force row level security;
