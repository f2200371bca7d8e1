-- What each transaction did to a table that carries rights, so that other servers learn of it without comparing the whole table.
-- `before` and `counter` are the head's counters around it. Old ones are dropped.
create table head_changes (
  realm text not null,
  name text not null,
  before bigint not null,
  counter bigint not null,
  digests text not null,
  mac bytea not null,
  -- Found by the transaction they were written in: sequences and clocks do not tell what was committed since the last look.
  written_in bigint not null default pg_current_xact_id()::text::bigint,
  primary key (realm, name, counter)
);
create index on head_changes (written_in);
alter table head_changes enable row level security;
alter table head_changes force row level security;
create policy own_realm on head_changes
  using (realm = current_setting('app.org_id', true) or current_setting('app.org_id', true) = 'environment');
