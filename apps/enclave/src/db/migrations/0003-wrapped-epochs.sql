-- Epoch keys that a key service wrapped, where no disk of the server's own outlives it. Beside the wrapped keys, so that a logical
-- backup can keep both apart from what they open.
create table keystore.wrapped_epochs (
  realm text primary key,
  content text not null
);
alter table keystore.wrapped_epochs enable row level security;
alter table keystore.wrapped_epochs force row level security;
create policy own_realm on keystore.wrapped_epochs using (realm = current_setting('app.org_id', true));
