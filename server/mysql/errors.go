package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"regexp"
	"strings"

	driver_mysql "github.com/go-sql-driver/mysql"

	"warmcabin/server/cabin"
)

// Server error numbers that we act on.
const (
	errDuplicate     = 1062
	errLockTimeout   = 1205
	errDeadlock      = 1213
	errTooManyConns  = 1040
	errShutdown      = 1053
	errReadOnly      = 1290
	errWsrepNotReady = 1047
	errKilled        = 1927 // MariaDB, while it shuts down
)

// commitError marks a failure whose transaction may have been committed.
type commitError struct{ err error }

func (e *commitError) Error() string { return "commit: " + e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

func number(err error) uint16 {
	if e, ok := errors.AsType[*driver_mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

func retryable(err error) bool {
	n := number(err)
	return n == errDeadlock || n == errLockTimeout || errors.Is(err, errAgain)
}

func duplicate(err error) bool { return number(err) == errDuplicate }

// classify turns a driver's error into the one error type. A cabin.Error passes through.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*cabin.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*commitError](err); ok {
		return cabin.E(cabin.CodeOutcomeUnknown, "网络中断，不确定是否已经提交成功，请再点一次，不会重复。", e.err)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return cabin.E(cabin.CodeNotFound, "没有找到这条记录，或者您无权查看。", err)
	}
	if down(err) || retryable(err) {
		e := cabin.E(cabin.CodeUnavailable, "系统暂时繁忙，您填写的内容没有丢失，请稍后再试。", err)
		e.RetryAfter = 5
		return e
	}
	return cabin.E(cabin.CodeInternal, "系统出错了，我们会尽快处理，请稍后再试。", err)
}

func down(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, driver_mysql.ErrInvalidConn) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	switch number(err) {
	case errTooManyConns, errShutdown, errReadOnly, errWsrepNotReady, errKilled:
		return true
	}
	return false
}

var (
	serverSays  = regexp.MustCompile(`Error \d+(?: \([0-9A-Z]{5}\))?: `) // as the driver writes it
	namesOfOurs = regexp.MustCompile(` for (?:key|column) '[\w.]+'(?: at row \d+)?$`)
)

const quotedValues = "'…'"

// LogText is the text of an error as a log may hold it. The database quotes what a row or a
// statement holds (Duplicate entry 'an openid' for key 'persons_openid'): the values are
// taken out, what is said of the schema stays. All other texts pass.
func LogText(text string) string {
	at := serverSays.FindStringIndex(text)
	if at == nil {
		return text
	}
	said, names := text[at[1]:], ""
	if n := namesOfOurs.FindStringIndex(said); n != nil {
		said, names = said[:n[0]], said[n[0]:]
	}
	first, last := strings.IndexByte(said, '\''), strings.LastIndexByte(said, '\'')
	if first >= 0 {
		said = said[:first] + quotedValues + said[last+1:]
	}
	return text[:at[1]] + said + names
}
