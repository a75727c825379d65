package providers

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Codes of an [Outcome] for answers that name no code of their own. Answers with
// another status than 2xx have http_ and the status: see [HTTPCode].
const (
	// CodeBadResponse: the status is one of success, and the body does not confirm it.
	CodeBadResponse = "bad_response"
	// CodeRefused: the status is one of success, and the body says that it failed.
	CodeRefused = "refused"
)

// HTTPCode is the code of an answer that has none but its status: http_404.
func HTTPCode(status int) string { return "http_" + strconv.Itoa(status) }

// Classify says what a status means by the conventions that hold for all APIs, and
// false for 2xx: there the provider's own rule about the body decides.
//
//	3xx                      Fatal      never followed for a write
//	401, 501, 505            Fatal      meets every row
//	429                      Throttled  not applied
//	425, 503                 Transient  not applied
//	408, 500, other 5xx      Unknown    nobody knows
//	400 and other 4xx        Rejected   the row's own
//	1xx and what is none     Unknown
func Classify(status int) (Kind, bool) {
	switch {
	case status >= 200 && status <= 299:
		return Unknown, false
	case status == http.StatusUnauthorized, status == http.StatusNotImplemented,
		status == http.StatusHTTPVersionNotSupported, status >= 300 && status <= 399:
		return Fatal, true
	case status == http.StatusTooManyRequests:
		return Throttled, true
	case status == http.StatusTooEarly, status == http.StatusServiceUnavailable:
		return Transient, true
	case status == http.StatusRequestTimeout:
		return Unknown, true
	case status >= 400 && status <= 499:
		return Rejected, true
	}
	return Unknown, true
}

// Conventions turns the answers of one API that are no success into outcomes. The
// zero value serves an API without ways of its own.
type Conventions struct {
	Provider string    // its name, for the variable that a redirect's message names
	Errors   []Pointer // where its error answers hold what; tried before the common shapes
}

// Failure is the outcome of an answer with a status that is not 2xx.
func (c Conventions) Failure(r Response) Outcome {
	kind, decided := Classify(r.Status)
	if !decided {
		return c.Unconfirmed(r, "an answer that confirms the change")
	}
	info := ExtractError(r, c.Errors...)
	if r.Status >= 300 && r.Status <= 399 {
		info = ErrorInfo{Message: c.redirect(r)}
	}
	out := Outcome{Kind: kind, Code: info.Code, Message: info.Message, Field: info.Field}
	if out.Code == "" || out.Code == strconv.Itoa(r.Status) {
		out.Code = HTTPCode(r.Status)
	}
	if kind == Throttled || kind == Transient || kind == Unknown {
		out.RetryAfter = RetryAfter(r)
	}
	return out
}

// redirect says where the answer points, without the query, which may hold a token.
func (c Conventions) redirect(r Response) string {
	to := "elsewhere"
	if u, err := url.Parse(r.Header.Get("Location")); err == nil && (u.Host != "" || u.Path != "") {
		to = "to " + (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	}
	variable := "the base URL"
	if c.Provider != "" {
		variable = strings.ToUpper(c.Provider) + "_BASE_URL"
	}
	return CleanMessage(fmt.Sprintf("redirects are never followed for writes: set %s to where the API is; the answer points %s", variable, to))
}

// Unconfirmed is the outcome of an answer whose status is 2xx and whose body is not
// the one that confirms. A complete body that says itself that it failed (false, an
// error member, success: false, a code from 400 to 599 with a message) is Rejected;
// any other leaves in doubt whether the request was applied. Want says, for people,
// what would have confirmed it: "the JSON literal true".
func (c Conventions) Unconfirmed(r Response, want string) Outcome {
	doc, isJSON := decodeJSON(r.Body)
	if isJSON && !r.Incomplete && saysFailed(doc) {
		info := extractJSON(doc, c.Errors)
		out := Outcome{Kind: Rejected, Code: info.Code, Message: info.Message, Field: info.Field}
		if out.Code == "" {
			out.Code = CodeRefused
		}
		if out.Message == "" {
			out.Message = "the answer says that it failed and gives no reason"
		}
		return out
	}
	return Outcome{
		Kind: Unknown, Code: CodeBadResponse,
		Message: CleanMessage(fmt.Sprintf("the answer does not confirm the change: expected %s, got %s with status %d", want, describeBody(r, doc, isJSON), r.Status)),
	}
}

// describeBody names the sort of a body, and of a page its title, which is often the reason.
func describeBody(r Response, doc any, isJSON bool) string {
	switch {
	case r.Incomplete:
		return "an answer that broke off"
	case len(bytes.TrimSpace(r.Body)) == 0:
		return "an empty body"
	case !isJSON && isMarkup(r):
		if title := htmlTitle(r.Body); title != "" {
			return "a page titled " + strconv.Quote(title)
		}
		return "a page"
	case !isJSON:
		return "a body that is not JSON"
	}
	switch v := doc.(type) {
	case map[string]any:
		if words := membersOf(v).first(messageNames...); words != "" {
			return "a JSON object that says " + strconv.Quote(CleanMessage(words))
		}
		return "another JSON object"
	case []any:
		return "a JSON array"
	case string:
		return "the JSON string " + strconv.Quote(CleanMessage(v))
	case nil:
		return "null"
	}
	return "another JSON value"
}

// saysFailed tells the answers that call themselves a failure from those that merely
// confirm nothing. A mere message is neither: "customer updated" is one, too.
func saysFailed(doc any) bool {
	if doc == false {
		return true
	}
	o, ok := doc.(map[string]any)
	if !ok {
		return false
	}
	for _, name := range []string{"error", "errors", "fieldErrors"} {
		if !isBlank(o[name]) {
			return true
		}
	}
	for _, name := range []string{"success", "ok"} {
		if o[name] == false {
			return true
		}
	}
	for _, name := range []string{"status", "result"} {
		switch strings.ToLower(asText(o[name])) {
		case "error", "fail", "failed", "failure":
			return true
		}
	}
	code, err := strconv.Atoi(asText(o["code"]))
	return err == nil && code >= 400 && code <= 599 && asText(o["message"]) != ""
}

// isBlank tells the values by which APIs say that there is no error.
func isBlank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	text := asText(v)
	return text == "" || text == "0"
}
