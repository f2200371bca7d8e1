#!/bin/sh
# Run once by the database's image, in an empty data folder: the owner that runs migrations, and the role of the application.
set -eu
psql --set=ON_ERROR_STOP=1 --set=owner="$DATABASE_OWNER_PASSWORD" --set=app="$DATABASE_APP_PASSWORD" --username="$POSTGRES_USER" <<'SQL'
create role privexbot_owner login password :'owner';
create role privexbot_app login password :'app';
create database privexbot owner privexbot_owner;
SQL
