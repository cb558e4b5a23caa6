package mysql

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// Factors are the second factors of admins and auditors.
type Factors struct{ db *DB }

// Factor is how somebody's second factor stands.
type Factor struct {
	ConfirmedAt *time.Time `db:"confirmed_at"` // nil: there is none
	UsedAt      *time.Time `db:"used_at"`
	Recovery    int        `db:"recovery"` // codes that are left
}

// factorOwner is whom a secret is sealed for: never the one of a contact.
func factorOwner(personID int64) int64 { return 1<<60 | 3<<56 | personID }

type factorRow struct {
	Sealed       []byte     `db:"sealed"`
	LastStep     int64      `db:"last_step"`
	Failures     int        `db:"failures"`
	FailingSince *time.Time `db:"failing_since"`
	Pending      []byte     `db:"pending"`
	PendingAt    *time.Time `db:"pending_at"`
}

func (r *factorRow) tries() cabin.FactorState {
	return cabin.FactorState{Failures: r.Failures, FailingSince: r.FailingSince}
}

// Of reads how a person's second factor stands.
func (s Factors) Of(ctx context.Context, personID int64) (f Factor, err error) {
	var rows []Factor
	err = s.db.selectAll(ctx, &rows, `SELECT f.confirmed_at, f.used_at, (SELECT COUNT(*) FROM recovery_codes c WHERE c.person_id = f.person_id AND c.used_at IS NULL) AS recovery
		FROM second_factors f WHERE f.person_id = ?`, personID)
	if err == nil && len(rows) > 0 {
		f = rows[0]
	}
	return f, err
}

// Begin keeps a fresh secret that waits for its first code, in place of another that waits.
// A factor that is in use stays in use until then.
func (s Factors) Begin(ctx context.Context, personID int64, secret string) error {
	sealed, err := s.db.sealer.Seal(factorOwner(personID), []byte(secret))
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		tx.later(`INSERT INTO second_factors (person_id, pending, pending_at) VALUES (?,?,?) ON DUPLICATE KEY UPDATE pending = VALUES(pending), pending_at = VALUES(pending_at)`, personID, sealed, tx.Now)
		return nil
	})
}

// factor reads a person's row and keeps it: codes of one person are looked at one by one.
func (tx *Tx) factor(personID int64) (*factorRow, error) {
	var rows []factorRow
	err := tx.selectAll(&rows, `SELECT sealed, last_step, failures, failing_since, pending, pending_at FROM second_factors WHERE person_id = ? FOR UPDATE`, personID)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return &factorRow{}, nil
	}
	return &rows[0], rows[0].tries().MayTry(tx.Now)
}

// step looks at a code of six digits; 0 is a wrong one.
func (tx *Tx) step(personID int64, sealed []byte, code string) (int64, error) {
	secret, err := tx.db.sealer.Open(factorOwner(personID), sealed)
	if err != nil {
		return 0, err
	}
	return cabin.FactorStep(string(secret), code, tx.Now)
}

// Confirm takes the waiting secret into use by its first code, in place of the one before,
// and gives out recovery codes, which are shown once. CodeInvalid for a wrong code,
// CodeTooMany after too many, CodeConflict when nothing waits or it waited for too long.
func (s Factors) Confirm(ctx context.Context, actor cabin.Actor, code string) (recovery []string, err error) {
	err = s.try(ctx, func(tx *Tx) error {
		f, err := tx.factor(actor.PersonID)
		if err != nil {
			return err
		}
		if f.Pending == nil || tx.Now.Sub(*f.PendingAt) > cabin.FactorPending {
			return cabin.E(cabin.CodeConflict, "这个密钥已经过期了，请重新开始绑定。")
		}
		step, err := tx.step(actor.PersonID, f.Pending, code)
		if err != nil {
			return err
		}
		if step == 0 {
			return tx.wrongCode(actor, f)
		}
		action, said := "factor.begin", "您的账号绑定了验证器"
		if f.Sealed != nil {
			action, said = "factor.replace", "您的账号换了验证器"
		}
		if _, err := tx.exec(`UPDATE second_factors SET sealed = pending, confirmed_at = ?, last_step = ?, used_at = ?, failures = 0, failing_since = NULL, pending = NULL, pending_at = NULL WHERE person_id = ?`,
			tx.Now, step, tx.Now, actor.PersonID); err != nil {
			return err
		}
		if recovery, err = tx.recoveryCodes(actor.PersonID); err != nil {
			return err
		}
		if err := tx.inform(cabin.FactorNotice(said, "以后管理员和审计的操作要输入它的验证码。不是您本人绑定的，请马上联系其他管理员。", tx.Now), actor.PersonID); err != nil {
			return err
		}
		return tx.audit(actor, guardedRole(actor), action, "person", actor.PersonID, nil)
	})
	return recovery, err
}

// Give takes a code of the factor in use, or a recovery code, once. CodeInvalid for a wrong
// one, CodeConflict for one that was taken already, CodeTooMany after too many.
func (s Factors) Give(ctx context.Context, actor cabin.Actor, code string, recovery bool) error {
	return s.try(ctx, func(tx *Tx) error {
		f, err := tx.factor(actor.PersonID)
		if err != nil {
			return err
		}
		if f.Sealed == nil {
			return cabin.E(cabin.CodeFactorUnset, "还没有绑定验证器，请先绑定。")
		}
		if recovery {
			return tx.giveRecovery(actor, f, code)
		}
		step, err := tx.step(actor.PersonID, f.Sealed, code)
		switch {
		case err != nil:
			return err
		case step == 0:
			return tx.wrongCode(actor, f)
		case step <= f.LastStep:
			return cabin.E(cabin.CodeConflict, "这个验证码已经用过了，请等下一个（最多 30 秒）。")
		}
		tx.later(`UPDATE second_factors SET last_step = ?, used_at = ?, failures = 0, failing_since = NULL WHERE person_id = ?`, step, tx.Now, actor.PersonID)
		return tx.audit(actor, guardedRole(actor), "factor.give", "person", actor.PersonID, nil)
	})
}

func (tx *Tx) giveRecovery(actor cabin.Actor, f *factorRow, code string) error {
	hash := cabin.RecoveryHash(actor.PersonID, code)
	res, err := tx.exec(`UPDATE recovery_codes SET used_at = ? WHERE person_id = ? AND hash = ? AND used_at IS NULL`, tx.Now, actor.PersonID, hash[:])
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return tx.wrongCode(actor, f)
	}
	tx.later(`UPDATE second_factors SET used_at = ?, failures = 0, failing_since = NULL WHERE person_id = ?`, tx.Now, actor.PersonID)
	if err := tx.inform(cabin.FactorNotice("您的账号用了一个恢复码", "每个恢复码只能用一次。快用完了就重新生成，不是您本人用的请马上联系其他管理员。", tx.Now), actor.PersonID); err != nil {
		return err
	}
	return tx.audit(actor, guardedRole(actor), "factor.recover", "person", actor.PersonID, nil)
}

// try runs a try of a code: one that is wrong is counted, in the same transaction, and told.
func (s Factors) try(ctx context.Context, do func(*Tx) error) error {
	var wrong error
	err := s.db.InTx(ctx, func(tx *Tx) error {
		wrong = nil
		err := do(tx)
		if e, ok := err.(*countedError); ok {
			wrong, err = e.error, nil
		}
		return err
	})
	if err == nil {
		err = wrong
	}
	return err
}

// countedError refuses without undoing what the transaction wrote.
type countedError struct{ error }

// wrongCode counts a wrong code and says how many are left.
func (tx *Tx) wrongCode(actor cabin.Actor, f *factorRow) error {
	next := f.tries().Failed(tx.Now)
	tx.later(`UPDATE second_factors SET failures = ?, failing_since = ? WHERE person_id = ?`, next.Failures, next.FailingSince, actor.PersonID)
	if err := tx.audit(actor, guardedRole(actor), "factor.wrong", "person", actor.PersonID, map[string]any{"failures": next.Failures}); err != nil {
		return err
	}
	if err := next.MayTry(tx.Now); err != nil {
		return &countedError{err}
	}
	return &countedError{cabin.Invalid("code", next.Wrong())}
}

// guardedRole is as what somebody uses their second factor.
func guardedRole(a cabin.Actor) cabin.Role {
	for _, g := range append(a.Asleep, a.Grants...) {
		if g.Role == cabin.Admin || g.Role == cabin.Auditor {
			return g.Role
		}
	}
	return cabin.Resident
}

// Recover gives out new recovery codes in place of those before, which are shown once.
func (s Factors) Recover(ctx context.Context, actor cabin.Actor) (codes []string, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		f, err := tx.factor(actor.PersonID)
		if err == nil && f.Sealed == nil {
			err = cabin.E(cabin.CodeConflict, "还没有绑定验证器，请先绑定。")
		}
		if err != nil {
			return err
		}
		if codes, err = tx.recoveryCodes(actor.PersonID); err != nil {
			return err
		}
		return tx.audit(actor, guardedRole(actor), "factor.codes", "person", actor.PersonID, nil)
	})
	return codes, err
}

func (tx *Tx) recoveryCodes(personID int64) ([]string, error) {
	if _, err := tx.exec(`DELETE FROM recovery_codes WHERE person_id = ?`, personID); err != nil {
		return nil, err
	}
	codes := cabin.NewRecoveryCodes()
	for _, c := range codes {
		code, _, err := cabin.FactorCode(c)
		if err != nil {
			return nil, err
		}
		hash := cabin.RecoveryHash(personID, code)
		tx.row(`INSERT INTO recovery_codes (person_id, hash) VALUES`, personID, hash[:])
	}
	return codes, nil
}

// Reset takes a lost second factor away: the person binds a new one before they can use the
// roles that ask for it. By the operator's command (the System), or two admins who agreed.
// CodeNotFound when there is none.
func (s Factors) Reset(ctx context.Context, actor cabin.Actor, personID int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error { return tx.resetFactor(actor, personID) })
}

func (tx *Tx) resetFactor(actor cabin.Actor, personID int64) error {
	res, err := tx.exec(`DELETE FROM second_factors WHERE person_id = ?`, personID)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return cabin.E(cabin.CodeNotFound, "这个人没有绑定验证器，不用重置。")
	}
	tx.later(`DELETE FROM recovery_codes WHERE person_id = ?`, personID)
	if err := tx.inform(cabin.FactorNotice("您的验证器被重置了", "原来的验证码和恢复码都不能用了。请到“我的 → 账号安全”绑定新的；不是您要求的，请马上联系其他管理员。", tx.Now), personID); err != nil {
		return err
	}
	role := cabin.Admin
	if actor.System {
		role = cabin.System
	}
	return tx.audit(actor, role, "factor.reset", "person", personID, nil)
}
