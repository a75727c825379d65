package providertest

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers"
)

// body is an answer's body as servers, proxies and gateways send them.
type body struct {
	name, contentType, text string
}

// bodies confirm nothing, whoever the provider is.
var bodies = []body{
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

// statuses are the conventions, row by row.
var statuses = []struct {
	kind     providers.Kind
	statuses []int
}{
	{providers.Rejected, []int{400, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 426, 428, 431, 451, 499}},
	{providers.Fatal, []int{300, 301, 302, 303, 304, 307, 308, 399, 401, 501, 505}},
	{providers.Throttled, []int{429}},
	{providers.Transient, []int{425, 503}},
	{providers.Unknown, []int{408, 500, 502, 504, 507, 508, 520, 522, 524, 599, 100, 101, 103, 199, 0, -1, 600, 999}},
}

func (b body) response(status int) providers.Response {
	h := http.Header{}
	if b.contentType != "" {
		h.Set("Content-Type", b.contentType)
	}
	return providers.Response{Status: status, Header: h, Body: []byte(b.text), At: answeredAt}
}

// checkStatuses holds each status with each body against the conventions: what is not
// 2xx is decided by the status alone, however the body reads.
func (s *subject) checkStatuses(t *testing.T) {
	q := s.request(t)
	all := append([]body{{"the body of a success", "application/json", s.success.Body}}, bodies...)
	for _, row := range statuses {
		for _, status := range row.statuses {
			want, special := s.cases.Statuses[status]
			if !special {
				want = row.kind
			}
			for _, b := range all {
				out := s.Interpret(q, b.response(status))
				if out.Kind != want {
					t.Errorf("status %d with %s is %v, want %v", status, b.name, out.Kind, want)
				}
				checkOutcome(t, status, out)
			}
		}
	}
}

// checkAnswers holds the provider's own answers against what they mean.
func (s *subject) checkAnswers(t *testing.T) {
	for _, c := range s.cases.Answers {
		t.Run(c.Name, func(t *testing.T) {
			got := s.Interpret(s.request(t), c.response())
			checkOutcome(t, c.Status, got)
			if !strings.Contains(got.Message, c.Says) || c.Says == "" && got.Message != c.Want.Message {
				t.Errorf("message %q, want it to say %q", got.Message, c.Says)
			}
			want := c.Want
			want.Message = got.Message
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// checkNoFalseSuccess tries all that resembles a success and is none.
func (s *subject) checkNoFalseSuccess(t *testing.T) {
	q := s.request(t)
	good := s.success.response()
	if out := s.Interpret(q, good); out.Kind != providers.Succeeded {
		t.Fatalf("the success itself is %v: %s", out.Kind, out.Message)
	}
	never := func(what string, r providers.Response) {
		t.Helper()
		out := s.Interpret(q, r)
		if out.Kind == providers.Succeeded {
			t.Errorf("%s with status %d was taken for a success", what, r.Status)
		}
		checkOutcome(t, r.Status, out)
	}
	if s.statusConfirms() {
		return
	}
	for _, status := range []int{200, 201, 202, 203, 204, 205, 206, 207, 226, 299} {
		for _, b := range bodies {
			never(b.name, b.response(status))
		}
	}
	for _, status := range []int{202, 203, 204, 206, 299} {
		r := good
		r.Status = status
		never("the body of a success", r)
	}
	r := good
	r.Incomplete = true
	never("a body that was cut", r)
	if out := s.Interpret(q, r); out.Kind != providers.Unknown {
		t.Errorf("a body that was cut is %v, want %v", out.Kind, providers.Unknown)
	}
	for n := range len(strings.TrimSpace(s.success.Body)) {
		r := good
		r.Body = good.Body[:n]
		never("the beginning of the body of a success", r)
	}
}

// checkRedirects: they are a matter of configuration, and the message says which,
// without what an address may carry.
func (s *subject) checkRedirects(t *testing.T) {
	variable := strings.ToUpper(s.provider.Name) + "_BASE_URL"
	for _, location := range []string{"https://user:pw@api.example/next?token=hush#hush", "/next?token=hush", "://\x7f", ""} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			r := providers.Response{Status: status, Header: http.Header{"Location": {location}}, At: answeredAt}
			out := s.Interpret(s.request(t), r)
			if out.Kind != providers.Fatal || !strings.Contains(out.Message, variable) || strings.Contains(out.Message, "hush") {
				t.Errorf("status %d to %q: %v, %q", status, location, out.Kind, out.Message)
			}
			if strings.Contains(location, "api.example") && !strings.Contains(out.Message, "https://api.example/next") {
				t.Errorf("the message does not say where the answer points: %q", out.Message)
			}
		}
	}
}

// checkWaits: what an answer asks to wait is handed on for those that will be repeated.
func (s *subject) checkWaits(t *testing.T) {
	for _, status := range []int{429, 503} {
		r := providers.Response{Status: status, Header: http.Header{"Retry-After": {"7"}}, At: answeredAt}
		if out := s.Interpret(s.request(t), r); out.RetryAfter != 7*time.Second {
			t.Errorf("status %d with Retry-After: 7 asks to wait %v", status, out.RetryAfter)
		}
	}
}

// checkOutcome holds for any outcome.
func checkOutcome(t failer, status int, o providers.Outcome) {
	t.Helper()
	if o.Kind > providers.Fatal {
		t.Fatalf("kind %d", o.Kind)
	}
	if o.Kind == providers.Succeeded && (status < 200 || status > 299) {
		t.Fatalf("status %d was taken for a success", status)
	}
	if o.RetryAfter < 0 {
		t.Fatalf("a wait of %v", o.RetryAfter)
	}
	if plain := o.Kind == providers.Succeeded && !o.Warning; plain != (o.Code == "") || !plain && o.Message == "" {
		t.Fatalf("status %d: code %q and message %q for the kind %v", status, o.Code, o.Message, o.Kind)
	}
	for _, text := range []string{o.ID, o.Code, o.Message, o.Field} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsRune(text, '\u202e') {
			t.Fatalf("status %d: %q is not fit for a terminal", status, text)
		}
		if n := utf8.RuneCountInString(text); n > providers.MaxMessage {
			t.Fatalf("status %d: a text of %d characters", status, n)
		}
	}
}
