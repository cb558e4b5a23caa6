package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"warmcabin/server/cabin"
)

// statuses is the one map from a code to its HTTP status.
var statuses = map[cabin.Code]int{
	cabin.CodeInvalid: http.StatusUnprocessableEntity, cabin.CodeUnauthorized: http.StatusUnauthorized,
	cabin.CodeForbidden: http.StatusForbidden, cabin.CodeNotFound: http.StatusNotFound,
	cabin.CodeFourEyes: http.StatusConflict,
	cabin.CodeFactor:   http.StatusForbidden, cabin.CodeFactorUnset: http.StatusForbidden,
	cabin.CodeConflict: http.StatusConflict, cabin.CodeSlotTaken: http.StatusConflict,
	cabin.CodeKeyReused: http.StatusConflict, cabin.CodeLimitReached: http.StatusConflict,
	cabin.CodeTooMany: http.StatusTooManyRequests, cabin.CodeTooLarge: http.StatusRequestEntityTooLarge,
	cabin.CodeUnsupported: http.StatusUnsupportedMediaType, cabin.CodeLoginRefused: http.StatusUnauthorized,
	cabin.CodeUpstream: http.StatusBadGateway, cabin.CodeUnavailable: http.StatusServiceUnavailable,
	cabin.CodeInternal: http.StatusInternalServerError, cabin.CodeOutcomeUnknown: http.StatusServiceUnavailable,
}

// Problem is RFC 9457's problem+json: Detail is for the person, Code for the program.
type Problem struct {
	Type         string        `json:"type"`
	Title        string        `json:"title"`
	Status       int           `json:"status"`
	Detail       string        `json:"detail" doc:"a Chinese sentence for the person"`
	Code         cabin.Code    `json:"code" doc:"stable, for programs"`
	RequestID    string        `json:"requestId,omitempty"`
	Fields       []cabin.Field `json:"fields,omitempty"`
	Alternatives []Slot        `json:"alternatives,omitempty" doc:"with slot_taken: the nearest free times"`
	Booking      *Booking      `json:"booking,omitempty" doc:"with conflict, after a command to a booking: the booking as it is now"`
	retryAfter   int
}

func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus is huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	return h
}

// problem turns any error into what is sent, once. Causes are logged, never sent.
func problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	e, ok := errors.AsType[*cabin.Error](err)
	if !ok {
		e = cabin.E(cabin.CodeInternal, "系统出错了，我们会尽快处理，请稍后再试。", err)
	}
	status := statuses[e.Code]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if status >= 500 && !left(ctx) {
		logger(ctx).ErrorContext(ctx, "request failed", "code", e.Code, "cause", causeText(e.Err), "request", requestID(ctx))
	}
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: sentence(e.Message),
		Code: e.Code, RequestID: requestID(ctx), Fields: e.Fields, retryAfter: e.RetryAfter,
	}
}

// sentence ends a message that came without its full stop.
func sentence(message string) string {
	if last, _ := utf8.DecodeLastRuneInString(message); unicode.IsPunct(last) {
		return message
	}
	return message + "。"
}

func causeText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// frameworkProblem is for what Huma itself refuses: a body that is no JSON, a field out of bounds.
func frameworkProblem(status int, msg string, errs ...error) huma.StatusError {
	if len(errs) == 1 {
		if p, ok := errors.AsType[*Problem](errs[0]); ok {
			return p
		}
	}
	code, detail := cabin.CodeInvalid, "填写的内容有误，请检查后再提交。"
	switch {
	case status == http.StatusRequestEntityTooLarge:
		code, detail = cabin.CodeTooLarge, "内容太大了，请减少一些。"
	case status == http.StatusUnsupportedMediaType:
		code, detail = cabin.CodeUnsupported, "不支持这种格式。"
	case status == http.StatusRequestTimeout:
		code, detail = cabin.CodeUnavailable, "网络太慢，没有收完您的内容，请再试一次。"
	case status == http.StatusNotFound:
		code, detail = cabin.CodeNotFound, "没有找到。"
	case status >= 500:
		code, detail = cabin.CodeInternal, "系统出错了，我们会尽快处理，请稍后再试。"
	default:
		status = http.StatusUnprocessableEntity
	}
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			p.Fields = append(p.Fields, cabin.Field{Path: fieldPath(detail.Location), Message: fieldMessage(detail.Message)})
		}
	}
	return p
}

func fieldPath(location string) string {
	for _, prefix := range []string{"body.", "query.", "path.", "header."} {
		if len(location) > len(prefix) && location[:len(prefix)] == prefix {
			return location[len(prefix):]
		}
	}
	return location
}

// fieldMessage puts the words that Huma keeps in its code into Chinese; what the
// validation says is Chinese already, see init.
func fieldMessage(words string) string {
	switch {
	case strings.ContainsFunc(words, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
		return words
	case strings.HasSuffix(words, "parameter is missing"):
		return "缺少这一项"
	case words == "invalid integer":
		return "请填写整数"
	case words == "File required":
		return "请选择文件"
	}
	return "这一项的内容不对"
}

// Huma's own words for what is wrong, in Chinese: people read them.
func init() {
	huma.NewError = frameworkProblem
	huma.ErrorFormatter = func(format string, values ...any) string {
		if !strings.Contains(format, "%") {
			return format
		}
		return fmt.Sprintf(format, values...)
	}
	validation.MsgExpectedMinLength = "至少要写 %d 个字"
	validation.MsgExpectedMaxLength = "写得太长了，请精简一些" // the bound is rough: cabin.CheckText holds the true one
	validation.MsgExpectedMaxItems = "最多 %d 项"
	validation.MsgExpectedMinItems = "至少 %d 项"
	validation.MsgExpectedRequiredProperty = "请填写 %s"
	validation.MsgExpectedMinimumNumber = "不能小于 %v"
	validation.MsgExpectedMaximumNumber = "不能大于 %v"
	validation.MsgExpectedOneOf = "请从这些里面选：%s"
	validation.MsgExpectedRFC3339DateTime = "时间的格式不对"
	validation.MsgExpectedRFC3339Date = "日期的格式不对"
	validation.MsgExpectedInteger = "请填写整数"
	validation.MsgExpectedNumber = "请填写数字"
	validation.MsgExpectedString = "请填写文字"
	validation.MsgExpectedArray = "请填写列表"
	validation.MsgExpectedObject = "格式不对"
	validation.MsgExpectedBoolean = "请选择是或否"
	validation.MsgExpectedMatchPattern = "格式不对"
	validation.MsgUnexpectedProperty = "不认识这一项"
}
