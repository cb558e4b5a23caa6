package cabin

import (
	"errors"
	"fmt"
)

// Code is the stable, machine-readable name of a failure. Phones and tests match on it;
// people read Error.Message. The one map from Code to HTTP status is api/error.go.
type Code string

// The codes in use. A new one needs a row in api/error.go; a test holds the two together.
const (
	CodeInvalid        Code = "invalid"             // the input is wrong; Fields says where
	CodeUnauthorized   Code = "unauthorized"        // no session, or one that ended
	CodeForbidden      Code = "forbidden"           // a session without the right
	CodeNotFound       Code = "not_found"           // it does not exist, or this person may not know that it does
	CodeFactor         Code = "second_factor"       // the right is there, and sleeps until the second factor was given
	CodeFactorUnset    Code = "second_factor_unset" // the same, and there is no second factor yet
	CodeFourEyes       Code = "four_eyes"           // two admins must agree to it: ask
	CodeConflict       Code = "conflict"            // it changed meanwhile, or the command does not fit its state
	CodeSlotTaken      Code = "slot_taken"          // somebody else has this time
	CodeKeyReused      Code = "key_reused"          // an Idempotency-Key came again with another body
	CodeLimitReached   Code = "limit_reached"       // a preset's cap (open bookings, photos…)
	CodeTooMany        Code = "too_many"            // a rate limit; RetryAfter says when to try again
	CodeTooLarge       Code = "too_large"           // a body over its limit
	CodeUnsupported    Code = "unsupported"         // a content type we do not take
	CodeLoginRefused   Code = "login_refused"       // WeChat refused the login code
	CodeUpstream       Code = "upstream"            // WeChat did not answer
	CodeUnavailable    Code = "unavailable"         // a part of ours is down; nothing was done
	CodeInternal       Code = "internal"            // our fault; the log knows more
	CodeOutcomeUnknown Code = "outcome_unknown"     // the connection broke while committing; ask again with the same key
)

// Field says what is wrong with one input, in words that tell how to mend it.
type Field struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// Error is the one error type that reaches people. Message is a Chinese sentence for the
// person; Err is the cause, for the log only, never sent.
type Error struct {
	Code       Code
	Message    string
	Fields     []Field
	RetryAfter int // seconds; with CodeTooMany and CodeUnavailable
	Err        error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.Err }

// E makes an Error. The optional cause is kept for the log.
func E(code Code, message string, cause ...error) *Error {
	e := &Error{Code: code, Message: message}
	if len(cause) > 0 {
		e.Err = cause[0]
	}
	return e
}

// Invalid makes a CodeInvalid error about one field.
func Invalid(path, message string) *Error {
	return &Error{Code: CodeInvalid, Message: message, Fields: []Field{{Path: path, Message: message}}}
}

// CodeOf returns the code of the first Error in err's chain, CodeInternal when there is
// none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
