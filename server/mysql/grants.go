package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"

	"warmcabin/server/cabin"
	migrations "warmcabin/sql"
)

// AppendOnly are the tables that say what happened: the application's own database user may
// add to them and read them, and neither change nor delete (sql/grants.sql).
var AppendOnly = []string{"audit", "audit_seals", "booking_events", "contact_openings", "handover_reads", "handovers", "ledger_corrections", "name_versions", "proxy_consents", "report_events", "talk_events", "visit_reports", "visits"}

var accountForm = regexp.MustCompile(`^([A-Za-z0-9_]{1,32})@([A-Za-z0-9_.%:-]{1,60})$`)

// GrantTo gives an account the rights of sql/grants.sql in the DSN's database, and no more;
// account is USER@HOST. The DSN's user must be allowed to. Safe to repeat: after a migration
// that brought a table, or one by one on several machines.
func GrantTo(ctx context.Context, dsn, account string) error {
	m := accountForm.FindStringSubmatch(account)
	if m == nil {
		return cabin.Invalid("grant-to", "要写成 用户@主机，如 warmcabin@% 或 warmcabin@127.0.0.1。")
	}
	pool, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	quoted := fmt.Sprintf("'%s'@'%s'", m[1], m[2])
	for line := range strings.Lines(migrations.Grants) {
		line = strings.TrimSuffix(strings.TrimSpace(line), ";")
		if !strings.HasPrefix(line, "GRANT ") {
			continue
		}
		if _, err := pool.ExecContext(ctx, strings.Replace(line, " TO application", " TO "+quoted, 1)); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}
