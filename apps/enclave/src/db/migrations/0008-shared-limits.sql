-- What servers on one database have to count together. Unlogged: after a crash everybody starts afresh, as with one server.
create unlogged table rate_buckets (
  -- Keyed hash of who is limited and in what.
  key bytea primary key,
  -- What is left, in thousandths of a call, at a time in milliseconds since 1970.
  thousandths bigint not null,
  at bigint not null
);
create index on rate_buckets (at);

-- Keyed requests that were received, so that none is acted on twice, whichever server it reaches.
create unlogged table received_requests (
  name bytea primary key,
  at bigint not null
);
create index on received_requests (at);

-- Devices that people signed in on, by keyed hash: what strangers try elsewhere does not lock them out. No row grants anything.
create table known_devices (
  device bytea not null,
  user_id text not null references users on delete cascade,
  at timestamptz not null,
  primary key (device, user_id)
);
create index on known_devices (user_id, at);

do $$
declare
  name text;
begin
  foreach name in array array['rate_buckets', 'received_requests', 'known_devices'] loop
    execute format('create policy environment_only on %I using (current_setting(''app.org_id'', true) = ''environment'')', name);
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
  end loop;
end $$;
