#!/bin/sh
# Makes the database and its two users: warmcabin, with which the product works (its rights come
# with `warmcabin migrate -grant-to`), and warmcabin_migrate, which changes the schema and gives
# those rights. Run it once as the database's root, on the machine of the database:
#   MARIADB_PASSWORD=... MARIADB_MIGRATE_PASSWORD=... sh create-users.sh
# compose.yaml runs it at the database's first start. Run again, with the product stopped,
# it sets the passwords anew and takes all rights back, also those that an older installation
# gave too many; the migration gives the right ones at the next start.
# MARIADB_FROM: where the product connects from; % = anywhere that reaches the database.
: "${MARIADB_PASSWORD:?请先设置 MARIADB_PASSWORD}" "${MARIADB_MIGRATE_PASSWORD:?请先设置 MARIADB_MIGRATE_PASSWORD}"
case "$MARIADB_PASSWORD$MARIADB_MIGRATE_PASSWORD" in
*[!A-Za-z0-9]*) echo '密码只能含字母和数字：openssl rand -hex 24' >&2; exit 1 ;;
esac
if [ "$MARIADB_PASSWORD" = "$MARIADB_MIGRATE_PASSWORD" ]; then echo '两个密码不能相同' >&2; exit 1; fi
from=${MARIADB_FROM:-%}
mariadb ${MARIADB_ARGS:-} -uroot ${MARIADB_ROOT_PASSWORD:+"-p$MARIADB_ROOT_PASSWORD"} <<SQL
CREATE DATABASE IF NOT EXISTS warmcabin CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE USER IF NOT EXISTS 'warmcabin'@'$from';
CREATE USER IF NOT EXISTS 'warmcabin_migrate'@'$from';
ALTER USER 'warmcabin'@'$from' IDENTIFIED BY '$MARIADB_PASSWORD';
ALTER USER 'warmcabin_migrate'@'$from' IDENTIFIED BY '$MARIADB_MIGRATE_PASSWORD';
REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'warmcabin'@'$from';
GRANT ALL PRIVILEGES ON warmcabin.* TO 'warmcabin_migrate'@'$from' WITH GRANT OPTION;
SQL
