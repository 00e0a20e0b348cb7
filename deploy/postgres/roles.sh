#!/usr/bin/env bash
# Run once, when the database cluster is made. Per service: a database, the role that owns it and migrates it, and the
# role the service runs under, which owns nothing there; services/runtime/grants.sql says what it may do. Neither of
# them can reach another service's database. psql itself reads the passwords, so that they stand in no process list.
set -euo pipefail

roles() {
  psql -v ON_ERROR_STOP=1 -q -U "${POSTGRES_USER:-postgres}" -d postgres "$@"
}

roles -c 'revoke connect on database postgres, template1 from public'
for service in partners funding monitoring notifications; do
  export service
  roles -v service="$service" -v owner="${service}_owner" <<'SQL'
\set password `cat "/run/secrets/$service"`
\set owner_password `cat "/run/secrets/${service}_owner"`
create role :"owner" login password :'owner_password';
create role :"service" login password :'password';
create database :"service" owner :"owner";
revoke all on database :"service" from public;
grant connect, create, temporary on database :"service" to :"service";
SQL
done
