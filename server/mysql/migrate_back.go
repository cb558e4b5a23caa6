package mysql

import (
	"database/sql"
	"fmt"

	"github.com/golang-migrate/migrate/v4"

	"warmcabin/server/cabin"
)

// sealedNamesSchema is the migration that made room for sealed names.
const sealedNamesSchema = 46

// mayGoBack refuses steps that would lose what residents are called: going back behind
// sealedNamesSchema drops the sealed names, which no SQL can open (CodeConflict). The
// migration itself refuses as well, but leaves the database half way.
func mayGoBack(m *migrate.Migrate, pool *sql.DB, steps int) error {
	now, dirty, err := m.Version()
	if err != nil || dirty || now < sealedNamesSchema { // who is half way is told by Steps
		return nil
	}
	all, err := versionsKnown()
	if err != nil {
		return err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i] > now {
			continue
		}
		if steps == 0 {
			break
		}
		if steps++; all[i] == sealedNamesSchema {
			return noSealedNames(pool)
		}
	}
	return nil
}

func noSealedNames(pool *sql.DB) error {
	var sealed int
	if err := pool.QueryRow(`SELECT COUNT(*) FROM persons WHERE sealed_name IS NOT NULL`).Scan(&sealed); err != nil {
		return err
	}
	if sealed == 0 {
		return nil
	}
	return cabin.E(cabin.CodeConflict, fmt.Sprintf("还有 %d 个加密的姓名，退回以前的结构会丢掉它们。请先停下 serve 和 worker、做好备份，运行 warmcabin vault open-names 解开，再退回（密钥丢了、打不开的怎么办，它会说）。什么都没有改动。", sealed))
}
