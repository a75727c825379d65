package providers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers"
)

func TestFailure(t *testing.T) {
	conventions := providers.Conventions{Provider: "acme", Errors: []providers.Pointer{{Message: "/fault"}}}
	location := func(l string) http.Header { return http.Header{"Location": {l}} }
	for _, c := range []struct {
		name string
		r    providers.Response
		want providers.Outcome
	}{
		{
			"a code that only repeats the status is none",
			providers.Response{Status: 404, Body: []byte(`{"code":404,"message":"m"}`)},
			providers.Outcome{Kind: providers.Rejected, Code: "http_404", Message: "m"},
		},
		{
			"a code of its own",
			providers.Response{Status: 404, Body: []byte(`{"code":17,"fault":"f","message":"m","field":"a"}`)},
			providers.Outcome{Kind: providers.Rejected, Code: "17", Message: "f", Field: "a"},
		},
		{
			"no wait for what is not repeated",
			providers.Response{Status: 400, Header: http.Header{"Retry-After": {"5"}}},
			providers.Outcome{Kind: providers.Rejected, Code: "http_400", Message: "bad request"},
		},
		{
			"a redirect to another scheme",
			providers.Response{Status: 301, Header: location("https://api.example/v1/x?token=secret"), Body: []byte("<title>Moved</title>")},
			providers.Outcome{Kind: providers.Fatal, Code: "http_301", Message: "redirects are never followed for writes: set ACME_BASE_URL to where the API is; the answer points to https://api.example/v1/x"},
		},
		{
			"a redirect to a path",
			providers.Response{Status: 302, Header: location("/login")},
			providers.Outcome{Kind: providers.Fatal, Code: "http_302", Message: "redirects are never followed for writes: set ACME_BASE_URL to where the API is; the answer points to /login"},
		},
		{
			"a redirect to nowhere",
			providers.Response{Status: 304},
			providers.Outcome{Kind: providers.Fatal, Code: "http_304", Message: "redirects are never followed for writes: set ACME_BASE_URL to where the API is; the answer points elsewhere"},
		},
		{
			"a success is never a failure's business",
			providers.Response{Status: 200},
			providers.Outcome{Kind: providers.Unknown, Code: "bad_response", Message: "the answer does not confirm the change: expected an answer that confirms the change, got an empty body with status 200"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, conventions.Failure(c.r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFailureOfAnAPIWithoutName(t *testing.T) {
	out := providers.Conventions{}.Failure(providers.Response{Status: 301})
	if !strings.Contains(out.Message, "set the base URL") {
		t.Errorf("message %q", out.Message)
	}
}

func TestUnconfirmed(t *testing.T) {
	for _, c := range []struct {
		name, body string
		kind       providers.Kind
		code, says string
	}{
		{"an error object", `{"error":{"code":"E1","message":"no"}}`, providers.Rejected, "E1", "no"},
		{"an error text", `{"error":"customer is closed"}`, providers.Rejected, "refused", "customer is closed"},
		{"errors", `{"errors":[{"detail":"too long"}]}`, providers.Rejected, "refused", "too long"},
		{"success: false", `{"success":false,"message":"no"}`, providers.Rejected, "refused", "no"},
		{"a status that is a word", `{"status":"FAILED"}`, providers.Rejected, "refused", "gives no reason"},
		{"a code of HTTP and a message", `{"code":422,"message":"no"}`, providers.Rejected, "422", "no"},
		{"false", ` false`, providers.Rejected, "refused", "gives no reason"},

		{"a message alone", `{"message":"customer updated"}`, providers.Unknown, "bad_response", `got a JSON object that says "customer updated"`},
		{"an error that is none", `{"error":null,"errors":[],"code":0}`, providers.Unknown, "bad_response", "got another JSON object"},
		{"an error that is false, zero or empty", `{"error":false,"errors":{},"fieldErrors":0}`, providers.Unknown, "bad_response", "got another JSON object"},
		{"a code and a message of success", `{"code":200,"message":"fine"}`, providers.Unknown, "bad_response", `says "fine"`},
		{"a list", `[1]`, providers.Unknown, "bad_response", "got a JSON array"},
		{"a text", `"true"`, providers.Unknown, "bad_response", `got the JSON string "true"`},
		{"null", `null`, providers.Unknown, "bad_response", "got null"},
		{"a number", `1`, providers.Unknown, "bad_response", "got another JSON value"},
		{"a page", "<title>Log\nin</title>", providers.Unknown, "bad_response", `got a page titled "Log in"`},
		{"a page without a title", "<p>", providers.Unknown, "bad_response", "got a page with"},
		{"no JSON", "OK", providers.Unknown, "bad_response", "got a body that is not JSON"},
		{"nothing", " ", providers.Unknown, "bad_response", "got an empty body"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := providers.Conventions{}.Unconfirmed(providers.Response{Status: 200, Body: []byte(c.body)}, "a nod")
			if out.Kind != c.kind || out.Code != c.code || !strings.Contains(out.Message, c.says) {
				t.Errorf("got %v, %s, %q", out.Kind, out.Code, out.Message)
			}
		})
	}
}

func TestUnconfirmedWhenCut(t *testing.T) {
	r := providers.Response{Status: 200, Body: []byte(`{"error":"no"}`), Incomplete: true}
	if out := (providers.Conventions{}).Unconfirmed(r, "a nod"); out.Kind != providers.Unknown || !strings.Contains(out.Message, "broke off") {
		t.Errorf("got %v, %q", out.Kind, out.Message)
	}
}
