-- Rotations of the epoch key, each with its receipt once it is done. Sealed: who asked, what was moved, the receipt.
create table key_rotations (
  id text primary key,
  epoch integer not null unique,
  state text not null,
  version integer not null,
  sealed bytea not null,
  created_at timestamptz not null
);
alter table key_rotations enable row level security;
alter table key_rotations force row level security;
create policy environment_only on key_rotations using (current_setting('app.org_id', true) = 'environment');

-- What is moved is found by epoch.
create index on keystore.keys (epoch, id);

-- No key is made under an epoch that is to be destroyed, by any server: those who make keys hold the lock shared until their
-- transaction ends, and a rotation takes it alone before it counts what is to be moved. Rotations are looked up as the environment.
create function keystore.refuse_old_epoch() returns trigger language plpgsql as $$
declare
  realm constant text := coalesce(current_setting('app.org_id', true), '');
  newest integer;
begin
  perform pg_advisory_xact_lock_shared(7405314);
  perform set_config('app.org_id', 'environment', true);
  newest := (select max(epoch) from public.key_rotations where state <> 'started');
  perform set_config('app.org_id', realm, true);
  if new.epoch < newest then
    raise exception 'keys are made under a newer epoch' using errcode = 'PX001';
  end if;
  return new;
end $$;
create trigger refuse_old_epoch before insert on keystore.keys for each row execute function keystore.refuse_old_epoch();
