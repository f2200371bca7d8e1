-- A membership is active or suspended. Who manages it, a directory or an agency, is sealed.
alter table memberships add column state text not null default 'active';

-- Groups of members, made here or kept by a directory. Sealed: name, where it comes from, the role it grants.
create table groups (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  connection_id text,
  name_index bytea not null,
  external_index bytea,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null,
  unique nulls not distinct (org_id, connection_id, name_index),
  unique (org_id, connection_id, external_index)
);

create table group_members (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  group_id text not null references groups on delete cascade,
  user_id text not null references users on delete cascade,
  version integer not null,
  sealed bytea not null
);
create index on group_members (group_id);
create index on group_members (org_id, user_id);

-- Who may enter a workspace, and with which role at most. Without a row it is open to all members, with their own roles.
create table workspace_access (
  workspace_id text primary key references workspaces on delete cascade,
  org_id text not null references organizations on delete cascade,
  version integer not null,
  sealed bytea not null
);

-- Organizations that are suspended or about to be deleted. Without a row an organization is active.
create table organization_states (
  org_id text primary key references organizations on delete cascade,
  state text not null,
  ends_at timestamptz,
  version integer not null,
  sealed bytea not null
);
create index on organization_states (ends_at);

-- A client organization's consent that people of an agency work in it. Until an agency accepted it there is none.
create table agency_grants (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  agency_id text,
  role text not null,
  token_hash bytea unique,
  expires_at timestamptz not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on agency_grants (org_id);
create index on agency_grants (agency_id);

-- What is left of an organization that was deleted: the receipt, for each of its last Admins.
create table organization_receipts (
  id text primary key,
  user_id text not null references users on delete cascade,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on organization_receipts (user_id);

do $$
declare
  name text;
  own constant text := 'org_id = current_setting(''app.org_id'', true)';
  environment constant text := 'current_setting(''app.org_id'', true) = ''environment''';
begin
  foreach name in array array['groups', 'group_members', 'workspace_access', 'organization_states', 'agency_grants', 'organization_receipts'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
  end loop;
  foreach name in array array['groups', 'group_members', 'workspace_access', 'organization_states', 'agency_grants'] loop
    execute format('create policy own_organization on %I using (%s or %s)', name, own, environment);
  end loop;
  execute format('create policy environment_only on organization_receipts using (%s)', environment);
end $$;
