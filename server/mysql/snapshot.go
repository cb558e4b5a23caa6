package mysql

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	driver_mysql "github.com/go-sql-driver/mysql"
)

// Snapshot is the whole database as it was at one moment (ADR 0016), while others go on
// writing. One goroutine at a time; Close it.
type Snapshot struct {
	pool    *sql.DB
	conn    *sql.Conn
	version uint
	tables  []Table
}

// Table is one table of a snapshot.
type Table struct {
	Name string
	// NextID is the next number that the table would have given, 0 where it gives none: a
	// number that was used once is not given again, though its row was deleted.
	NextID  int64
	columns []column
}

type column struct {
	name string
	kind columnKind
}

type columnKind int

const (
	textColumn columnKind = iota
	numberColumn
	binaryColumn
)

// statementSize is where a statement of a dump ends, far below every server's max_allowed_packet.
const statementSize = 256 << 10

// TakeSnapshot opens the DSN's database as it is now. It needs no right but SELECT.
func TakeSnapshot(ctx context.Context, dsn string) (_ *Snapshot, err error) {
	connector, err := wholesale(dsn)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{pool: sql.OpenDB(connector)}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.conn, err = s.pool.Conn(ctx); err != nil {
		return nil, classify(err)
	}
	for _, stmt := range []string{
		"SET SESSION net_write_timeout = 3600", // a slow disk is no reason to hang up
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"START TRANSACTION WITH CONSISTENT SNAPSHOT",
	} {
		if _, err := s.conn.ExecContext(ctx, stmt); err != nil {
			return nil, classify(err)
		}
	}
	var dirty bool
	if err := s.conn.QueryRowContext(ctx, `SELECT version, dirty FROM schema_migrations`).Scan(&s.version, &dirty); err != nil {
		return nil, classify(err)
	}
	if dirty {
		return nil, fmt.Errorf("mysql: schema %d is half done", s.version)
	}
	s.tables, err = describe(ctx, s.conn)
	return s, classify(err)
}

// wholesale is a connection for whole tables: values as the server writes them, no limit of
// time between two packets.
func wholesale(dsn string) (driver.Connector, error) {
	cfg, err := driver_mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	cfg.ParseTime, cfg.MultiStatements, cfg.InterpolateParams = false, false, true
	cfg.Collation, cfg.ReadTimeout, cfg.WriteTimeout = "utf8mb4_unicode_520_ci", 0, 0
	cfg.Logger = &driver_mysql.NopLogger{}
	return driver_mysql.NewConnector(cfg)
}

// Close lets the moment go.
func (s *Snapshot) Close() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
	_ = s.pool.Close()
}

// Version is the number of the schema's newest migration.
func (s *Snapshot) Version() uint { return s.version }

// Tables lists all tables by name, but the one that golang-migrate keeps.
func (s *Snapshot) Tables() []Table { return s.tables }

func describe(ctx context.Context, conn *sql.Conn) ([]Table, error) {
	rows, err := conn.QueryContext(ctx, `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
		WHERE c.table_schema = DATABASE() AND c.table_name <> 'schema_migrations' AND COALESCE(c.generation_expression, '') = ''
		ORDER BY c.table_name, c.ordinal_position`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var tables []Table
	for rows.Next() {
		var table, name, dataType string
		if err := rows.Scan(&table, &name, &dataType); err != nil {
			return nil, err
		}
		if len(tables) == 0 || tables[len(tables)-1].Name != table {
			tables = append(tables, Table{Name: table})
		}
		last := &tables[len(tables)-1]
		last.columns = append(last.columns, column{name, kindOf(dataType)})
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range tables {
		if tables[i].NextID, err = nextID(ctx, conn, tables[i].Name); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func kindOf(dataType string) columnKind {
	switch dataType {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year":
		return numberColumn
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "geometry", "point", "uuid", "inet6":
		return binaryColumn
	}
	return textColumn
}

// nextID reads AUTO_INCREMENT from the table's own description: information_schema may
// answer from old statistics.
func nextID(ctx context.Context, conn *sql.Conn, table string) (int64, error) {
	var name, create string
	if err := conn.QueryRowContext(ctx, "SHOW CREATE TABLE `"+table+"`").Scan(&name, &create); err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(create[strings.LastIndexByte(create, ')'):], " AUTO_INCREMENT=")
	if !ok {
		return 0, nil
	}
	var n int64
	_, err := fmt.Sscan(rest, &n)
	return n, err
}

// Dump writes a table's rows as INSERT statements, one on each line, that also a plain client
// of the database understands.
func (s *Snapshot) Dump(ctx context.Context, t Table, to io.Writer) (count int64, err error) {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = "`" + c.name + "`"
	}
	list := strings.Join(names, ",")
	rows, err := s.conn.QueryContext(ctx, "SELECT "+list+" FROM `"+t.Name+"`")
	if err != nil {
		return 0, classify(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values, dest := make([]sql.RawBytes, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		dest[i] = &values[i]
	}
	out := bufio.NewWriterSize(to, 64<<10)
	begin := insertInto(t.Name) + list + ") VALUES "
	line := make([]byte, 0, statementSize+64<<10)
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return 0, err
		}
		if len(line) == 0 {
			line = append(line, begin...)
		} else {
			line = append(line, ',')
		}
		line = appendRow(line, t.columns, values)
		count++
		if len(line) >= statementSize {
			if _, err := out.Write(append(line, ";\n"...)); err != nil {
				return 0, err
			}
			line = line[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return 0, classify(err)
	}
	if len(line) > 0 {
		_, _ = out.Write(append(line, ";\n"...)) // Flush has the error
	}
	return count, out.Flush()
}

func insertInto(table string) string { return "INSERT INTO `" + table + "` (" }

func appendRow(line []byte, columns []column, values []sql.RawBytes) []byte {
	line = append(line, '(')
	for i, v := range values {
		if i > 0 {
			line = append(line, ',')
		}
		switch {
		case v == nil:
			line = append(line, "NULL"...)
		case columns[i].kind == numberColumn:
			line = append(line, v...)
		case columns[i].kind == binaryColumn:
			line = fmt.Appendf(line, "x'%x'", []byte(v))
		default:
			line = appendText(line, v)
		}
	}
	return append(line, ')')
}

func appendText(line, text []byte) []byte {
	line = append(line, '\'')
	for _, b := range text {
		switch b {
		case 0:
			line = append(line, '\\', '0')
		case '\n':
			line = append(line, '\\', 'n')
		case '\r':
			line = append(line, '\\', 'r')
		case 0x1a:
			line = append(line, '\\', 'Z')
		case '\\', '\'':
			line = append(line, '\\', b)
		default:
			line = append(line, b)
		}
	}
	return append(line, '\'')
}

// KeptPhoto is a photo that rows name.
type KeptPhoto struct {
	ID        string
	Developed bool // false: only what was sent is there
}

// Photos lists the photos that the rows name, each once: uploads, portraits and whatever else
// has a column photo_id. Those that are to be deleted are not in it.
func (s *Snapshot) Photos(ctx context.Context) ([]KeptPhoto, error) {
	var reads []string
	for _, t := range s.tables {
		switch {
		case t.Name == "photo_removals":
		case t.Name == "photos" && t.has("state"):
			reads = append(reads, "SELECT id, state <> 'processing' AS developed FROM photos WHERE state NOT IN ('bad', 'removed')")
			if t.has("cover_id") {
				reads = append(reads, "SELECT cover_id AS id, 1 AS developed FROM photos WHERE cover_id <> '' AND cover_ready")
			}
		case t.Name == "photos":
			reads = append(reads, "SELECT id, 1 AS developed FROM photos")
		case t.has("photo_id"):
			reads = append(reads, "SELECT photo_id AS id, 1 AS developed FROM `"+t.Name+"` WHERE photo_id <> ''")
		}
	}
	if len(reads) == 0 {
		return nil, nil
	}
	rows, err := s.conn.QueryContext(ctx, "SELECT id, MIN(developed) FROM ("+strings.Join(reads, " UNION ALL ")+") named GROUP BY id ORDER BY id")
	if err != nil {
		return nil, classify(err)
	}
	defer func() { _ = rows.Close() }()
	var photos []KeptPhoto
	for rows.Next() {
		var p KeptPhoto
		if err := rows.Scan(&p.ID, &p.Developed); err != nil {
			return nil, err
		}
		photos = append(photos, p)
	}
	return photos, classify(rows.Err())
}

func (t Table) has(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.name == name })
}
