package conformance

import (
	"net/http"
	"strings"
	"time"

	"rowpost/providers"
)

// Body is an answer's body as servers, proxies and gateways send them.
type Body struct{ Name, ContentType, Text string }

// Bodies confirm nothing, whoever the provider is.
func Bodies() []Body {
	return []Body{
		{"nothing", "", ""},
		{"white space", "application/json", " \r\n\t"},
		{"a page", "text/html; charset=utf-8", "<!doctype html><html><head><title>Sign in</title></head><body>hello</body></html>"},
		{"a page called JSON", "application/json", "<html><body><h1>502 Bad Gateway</h1></body></html>"},
		{"XML", "application/xml", `<?xml version="1.0"?><ok/>`},
		{"a plain text", "text/plain", "OK"},
		{"JSON null", "application/json", "null"},
		{"a JSON array", "application/json", "[]"},
		{"a JSON string", "application/json", `"OK"`},
		{"the JSON string true", "application/json", `"true"`},
		{"the JSON number 0", "application/json", "0"},
		{"the JSON literal false", "application/json", "false"},
		{"JSON that broke off", "application/json", `{"ResultMessage":"O`},
		{"two JSON values", "application/json", "true true"},
		{"an error object", "application/json", `{"error":{"code":"5068","message":"Field error(s)","fieldErrors":[{"field":"email","error":"may not be empty"}]}}`},
		{"an OAuth error", "application/json", `{"error":"invalid_grant","error_description":"expired"}`},
		{"a problem document", "application/problem+json", `{"type":"about:blank","title":"Conflict","detail":"taken","success":false}`},
		{"JSON:API errors", "application/vnd.api+json", `{"errors":[{"code":"17","detail":"too long","source":{"pointer":"/data/attributes/email"}}]}`},
		{"deep nesting", "application/json", strings.Repeat("[", 1000) + strings.Repeat("]", 1000)},
		{"bytes that are no text", "application/octet-stream", "\xff\xfe\x00\x1b[31m\x80"},
		{"a long text", "text/plain", strings.Repeat("very long words ", 1000)},
	}
}

// Convention is what some statuses mean, whoever the provider is.
type Convention struct {
	Kind     providers.Kind
	Statuses []int
}

// Conventions are those of all statuses that are not 2xx, as far as they are of interest.
func Conventions() []Convention {
	return []Convention{
		{providers.Rejected, []int{400, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 426, 428, 431, 451, 499}},
		{providers.Fatal, []int{300, 301, 302, 303, 304, 307, 308, 399, 401, 501, 505}},
		{providers.Throttled, []int{429}},
		{providers.Transient, []int{425, 503}},
		{providers.Unknown, []int{408, 500, 502, 504, 507, 508, 520, 522, 524, 599, 100, 101, 103, 199, 0, -1, 600, 999}},
	}
}

// Response is an answer with this body.
func (b Body) Response(status int) providers.Response {
	h := http.Header{}
	if b.ContentType != "" {
		h.Set("Content-Type", b.ContentType)
	}
	return providers.Response{Status: status, Header: h, Body: []byte(b.Text), At: AnsweredAt}
}

// AnsweredAt is when all answers came: nothing may depend on the clock.
var AnsweredAt = time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)
