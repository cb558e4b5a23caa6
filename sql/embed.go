// Package sql holds the database's schema: migrations that run in order, and schema.sql,
// the dump of what they lead to (compared by a test in server/mysql).
package sql

import "embed"

// Migrations are the files of migrations/, for golang-migrate.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Grants are the rights of the application's database user, a GRANT on each line, to the
// account "application".
//
//go:embed grants.sql
var Grants string
