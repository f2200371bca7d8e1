-- Keys lie in a schema of their own, so that a logical backup can keep them apart from what they open.
create schema keystore;

create table keystore.keys (
  id text primary key,
  org_id text not null,
  kind text not null,
  epoch integer not null,
  wrapped bytea not null,
  created_at timestamptz not null default now()
);

-- People. Sealed: address, name, password hash; device and network address of a session.
create table users (
  id text primary key,
  email_index bytea not null unique,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);

create table sessions (
  id text primary key,
  user_id text not null references users on delete cascade,
  token_hash bytea not null unique,
  expires_at timestamptz not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on sessions (user_id);

-- Sums over all rows that carry rights, so that a rolled-back or deleted row is recognised.
create table heads (
  realm text not null,
  name text not null,
  counter bigint not null,
  sum bytea not null,
  mac bytea not null,
  primary key (realm, name)
);

create table organizations (
  org_id text primary key,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);

create table workspaces (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on workspaces (org_id);

create table memberships (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  user_id text not null references users on delete cascade,
  role text not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null,
  unique (org_id, user_id)
);
create index on memberships (user_id);

create table invitations (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  role text not null,
  token_hash bytea not null unique,
  expires_at timestamptz not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);

create table api_keys (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  user_id text not null references users on delete cascade,
  secret_hash bytea not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on api_keys (org_id, user_id);

create table uploads (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  user_id text not null,
  purpose text not null,
  size_bytes bigint not null,
  data_key text not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);

create table knowledge_bases (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  workspace_id text not null references workspaces on delete cascade,
  data_key text not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on knowledge_bases (org_id, workspace_id);

create table documents (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  knowledge_base_id text not null references knowledge_bases on delete cascade,
  user_id text not null,
  name_index bytea not null,
  content_index bytea,
  state text not null,
  failure text,
  size_bytes bigint not null,
  passages integer not null,
  embedded integer not null,
  content_version integer not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null,
  unique (knowledge_base_id, name_index)
);
create index on documents (org_id, knowledge_base_id, created_at desc);

create table passages (
  org_id text not null references organizations on delete cascade,
  document_id text not null references documents on delete cascade,
  content_version integer not null,
  ordinal integer not null,
  sealed bytea not null,
  primary key (document_id, content_version, ordinal)
);

create table passage_vectors (
  org_id text not null references organizations on delete cascade,
  document_id text not null references documents on delete cascade,
  content_version integer not null,
  ordinal integer not null,
  model text not null,
  sealed bytea not null,
  primary key (document_id, content_version, ordinal)
);

create table bots (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  workspace_id text not null references workspaces on delete cascade,
  data_key text not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on bots (org_id, workspace_id);

create table bot_versions (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  bot_id text not null references bots on delete cascade,
  number integer not null,
  sealed bytea not null,
  created_at timestamptz not null,
  unique (bot_id, number)
);

create table live_versions (
  bot_id text primary key references bots on delete cascade,
  org_id text not null references organizations on delete cascade,
  version_id text not null references bot_versions,
  version integer not null,
  sealed bytea not null
);

create table deployments (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  bot_id text not null references bots on delete cascade,
  channel text not null,
  enabled boolean not null,
  version integer not null,
  sealed bytea not null,
  unique (bot_id, channel)
);

-- Which organization answers for a public link name. Only a pointer: the deployment it leads to is checked.
create table public_names (
  name_index bytea primary key,
  org_id text not null references organizations on delete cascade,
  bot_id text not null references bots on delete cascade
);

create table conversations (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  bot_id text not null references bots on delete cascade,
  channel text not null,
  user_id text,
  token_hash bytea,
  data_key text not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on conversations (org_id, bot_id, created_at desc);

create table messages (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  conversation_id text not null references conversations on delete cascade,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on messages (conversation_id, id);

create table models (
  id text primary key,
  org_id text not null references organizations on delete cascade,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
create index on models (org_id);

create table usage (
  org_id text not null,
  day date not null,
  meter text not null,
  model text not null,
  amount bigint not null,
  primary key (org_id, day, meter, model)
);

create table audit_entries (
  org_id text not null,
  writer text not null,
  sequence bigint not null,
  at timestamptz not null,
  sealed bytea not null,
  mac bytea not null,
  primary key (org_id, writer, sequence)
);
create index on audit_entries (org_id, at desc, writer, sequence);

create table audit_checkpoints (
  org_id text not null,
  id text not null,
  at timestamptz not null,
  chains text not null,
  signature bytea not null,
  primary key (org_id, id)
);

-- Row security. A transaction names its organization in app.org_id. Rows of no organization, and those by which a
-- person's organizations are found, are seen only in transactions of the environment itself.
do $$
declare
  name text;
  own constant text := 'org_id = current_setting(''app.org_id'', true)';
  environment constant text := 'current_setting(''app.org_id'', true) = ''environment''';
begin
  foreach name in array array['users', 'sessions'] loop
    execute format('create policy environment_only on %I using (%s)', name, environment);
  end loop;
  foreach name in array array['keystore.keys', 'organizations', 'workspaces', 'memberships', 'invitations', 'public_names'] loop
    execute format('create policy own_organization on %s using (%s or %s)', name, own, environment);
  end loop;
  foreach name in array array['api_keys', 'uploads', 'knowledge_bases', 'documents', 'passages', 'passage_vectors', 'bots',
    'bot_versions', 'live_versions', 'deployments', 'conversations', 'messages', 'models', 'usage', 'audit_entries', 'audit_checkpoints'] loop
    execute format('create policy own_organization on %I using (%s)', name, own);
  end loop;
  execute format('create policy own_realm on heads using (realm = current_setting(''app.org_id'', true) or %s)', environment);
  for name in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'keystore') and tablename <> 'migrations' loop
    execute format('alter table %s enable row level security', name);
    execute format('alter table %s force row level security', name);
  end loop;
end $$;
