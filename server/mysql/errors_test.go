package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"warmcabin/server/mysql"
)

// TestLogText: what a row or a statement holds does not come into a log by the database's own
// words of an error.
func TestLogText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"redis: connection refused": "redis: connection refused",
		"Error 1062 (23000): Duplicate entry 'oAbC-123' for key 'persons_openid'":                        "Error 1062 (23000): Duplicate entry '…' for key 'persons_openid'",
		"Error 1062 (23000): Duplicate entry 'it's 13800000000' for key 'a.b'":                           "Error 1062 (23000): Duplicate entry '…' for key 'a.b'",
		"import: Error 1366 (22007): Incorrect string value: '楼道' for column `d`.`t`.`c` at row 1":       "import: Error 1366 (22007): Incorrect string value: '…' for column `d`.`t`.`c` at row 1",
		"Error 1292 (22007): Incorrect datetime value: '楼道' for column 'at' at row 1":                    "Error 1292 (22007): Incorrect datetime value: '…' for column 'at' at row 1",
		"Error 1064 (42000): You have an error in your SQL syntax near 'a note'\n and 'more'' at line 1": "Error 1064 (42000): You have an error in your SQL syntax near '…' at line 1",
		"Error 1406 (22001): Data too long for column 'note' at row 1":                                   "Error 1406 (22001): Data too long for column 'note' at row 1",
		"Error 1213 (40001): Deadlock found when trying to get lock; try restarting transaction":         "Error 1213 (40001): Deadlock found when trying to get lock; try restarting transaction",
		"commit: Error 1452: Cannot add or update a child row: a foreign key constraint fails (`b`.`c`)": "commit: Error 1452: Cannot add or update a child row: a foreign key constraint fails (`b`.`c`)",
	} {
		if got := mysql.LogText(text); got != want {
			t.Errorf("%s\nbecame %s", text, got)
		}
	}
}

// TestLogTextOfRealErrors holds it to what this database says.
func TestLogTextOfRealErrors(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	const openid = "oSecret-0123456789"
	insert := fmt.Sprintf(`INSERT INTO persons (openid, name, created_at) VALUES ('%s','甲','2026-01-01')`, openid)
	if _, err := s.x.Exec(insert); err != nil {
		t.Fatal(err)
	}
	for name, statement := range map[string]string{
		"twice":  insert,
		"syntax": `SELECT 1 FROM persons WHRE openid = '` + openid + `'`,
		"date":   `INSERT INTO persons (openid, name, created_at) VALUES ('x','甲','` + openid + `')`,
	} {
		_, err := s.x.Exec(statement)
		if err == nil || !strings.Contains(err.Error(), openid) {
			t.Fatalf("%s: the database does not quote it: %v", name, err)
		}
		if said := mysql.LogText(err.Error()); strings.Contains(said, openid) {
			t.Errorf("%s: %s", name, said)
		}
	}
}
