-- Connections to directories. Sealed: name, settings, secrets, what groups give, when it was tested.
create table connections (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  kind text not null,
  state text not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on connections (org_id);

-- What directories said of people, and which check failed. Sealed: claims, checks, what groups gave.
create table sign_in_attempts (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  connection_id text not null references connections on delete cascade,
  user_id text,
  outcome text not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on sign_in_attempts (connection_id, id);
create index on sign_in_attempts (org_id, user_id, id);

-- By which a directory ends a session later. They grant nothing: whoever adds or removes one ends a session early or late.
create table connection_sessions (
  session_id text primary key references sessions on delete cascade,
  connection_id text not null references connections on delete cascade,
  subject_index bytea not null,
  name_index bytea
);
create index on connection_sessions (connection_id, subject_index);
create index on connection_sessions (connection_id, name_index);

do $$
declare
  own constant text := 'org_id = current_setting(''app.org_id'', true)';
  environment constant text := 'current_setting(''app.org_id'', true) = ''environment''';
begin
  -- A sign-in begins before anybody knows in which organization.
  execute format('create policy own_organization on connections using (%s or %s)', own, environment);
  execute format('create policy own_organization on sign_in_attempts using (%s)', own);
  execute format('create policy environment_only on connection_sessions using (%s)', environment);
end $$;
alter table connections enable row level security;
alter table connections force row level security;
alter table sign_in_attempts enable row level security;
alter table sign_in_attempts force row level security;
alter table connection_sessions enable row level security;
alter table connection_sessions force row level security;
