package providers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers"
)

func TestExtractError(t *testing.T) {
	type info = providers.ErrorInfo
	for _, c := range []struct {
		name, contentType, body string
		want                    info
	}{
		{"problem document", "application/problem+json", `{"type":"https://example.com/p","title":"Invalid","detail":"too young","status":400}`, info{Message: "too young"}},
		{"problem document with a title only", "application/problem+json", `{"title":"Invalid"}`, info{Message: "Invalid"}},
		{"problem document with parameters", "application/problem+json", `{"title":"Invalid","invalid-params":[{"name":"age","reason":"must be positive"}]}`, info{Message: "Invalid: age: must be positive", Field: "age"}},
		{"JSON:API", "application/vnd.api+json", `{"errors":[{"code":"17","title":"Invalid","detail":"too long","source":{"pointer":"/data/attributes/email"}},{"detail":"b"}]}`, info{Code: "17", Message: "email: too long (and 1 more)", Field: "email"}},
		{"JSON:API, a parameter", "", `{"errors":[{"detail":"unknown","source":{"parameter":"sort"}}]}`, info{Message: "sort: unknown", Field: "sort"}},
		{"error.message", "", `{"error":{"code":404,"message":"no such customer"}}`, info{Code: "404", Message: "no such customer"}},
		{"error.fieldErrors", "", `{"error":{"code":"5068","message":"Field error(s)","details":[],"fieldErrors":[{"field":"email","error":"may not be empty"}]}}`, info{Code: "5068", Message: "Field error(s): email: may not be empty", Field: "email"}},
		{"error and its description", "", `{"error":"invalid_client","error_description":"unknown client"}`, info{Code: "invalid_client", Message: "unknown client"}},
		{"error and message", "", `{"timestamp":1,"status":404,"error":"Not Found","message":"no customer 5","path":"/x"}`, info{Message: "no customer 5"}},
		{"error alone", "", `{"error":"customer is closed"}`, info{Message: "customer is closed"}},
		{"param", "", `{"error":{"type":"invalid_request_error","message":"no such country","param":"address.country"}}`, info{Code: "invalid_request_error", Message: "no such country", Field: "address.country"}},
		{"message with a code as a number", "", `{"code":1234567890123456789,"message":"Customer not found"}`, info{Code: "1234567890123456789", Message: "Customer not found"}},
		{"message with a code as a string", "", `{"code":"E1","message":"m"}`, info{Code: "E1", Message: "m"}},
		{"a map of errors, by name", "", `{"message":"The data was invalid.","errors":{"zip":["b"],"email":["must be valid","must be new"]}}`, info{Message: "The data was invalid: email: must be valid (and 1 more)", Field: "email, zip"}},
		{"a map of errors with paths", "", `{"errors":{"$.Contact.EMail":["bad"]}}`, info{Message: "Contact.EMail: bad", Field: "Contact.EMail"}},
		{"locations", "", `{"detail":[{"loc":["body","email"],"msg":"field required","type":"missing"}]}`, info{Code: "missing", Message: "email: field required", Field: "email"}},
		{"a list of errors", "", `[{"errorCode":"X","message":"m"}]`, info{Code: "X", Message: "m"}},
		{"a list of texts", "", `{"errors":["a","b","c"]}`, info{Message: "a (and 2 more)"}},
		{"a bare JSON string", "", `"Customer not found"`, info{Message: "Customer not found"}},
		{"JSON called HTML", "text/html", `{"message":"m"}`, info{Message: "m"}},
		{"JSON after a byte order mark", "", "\ufeff{\"message\":\"m\"}", info{Message: "m"}},
		{"a page", "text/html", `<html><HEAD><Title lang=en> Bad &amp; worse </title>`, info{Message: "Bad & worse"}},
		{"a page called JSON, without a title", "application/json", `<html><body><h1>502 Bad Gateway</h1>`, info{Message: "502 Bad Gateway"}},
		{"a page that says nothing", "text/html", `<html></html>`, info{Message: "unprocessable entity"}},
		{"a plain text", "text/plain", "no\nsuch  customer", info{Message: "no such customer"}},
		{"JSON that broke off is no message", "text/plain", `{"message":"m`, info{Message: "unprocessable entity"}},
		{"an object that says nothing", "", `{"a":{"b":1}}`, info{Message: "unprocessable entity"}},
		{"other types in known places", "", `{"message":{"a":1},"code":[],"error":7,"errors":3,"detail":null}`, info{Message: "unprocessable entity"}},
		{"nothing", "", "", info{Message: "unprocessable entity"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := providers.Response{Status: http.StatusUnprocessableEntity, Header: http.Header{"Content-Type": {c.contentType}}, Body: []byte(c.body)}
			if diff := cmp.Diff(c.want, providers.ExtractError(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestExtractErrorAtPointers(t *testing.T) {
	r := providers.Response{Status: 400, Body: []byte(`{"message":"generic","fault":{"a/b":[{"text":"exact","no":7,"at":"x~y"}]}}`)}
	for _, c := range []struct {
		name    string
		pointer providers.Pointer
		want    providers.ErrorInfo
	}{
		{"they come first", providers.Pointer{Code: "/fault/a~1b/0/no", Message: "/fault/a~1b/0/text", Field: "/fault/a~1b/0/at"}, providers.ErrorInfo{Code: "7", Message: "exact", Field: "x~y"}},
		{"what they miss is found elsewhere", providers.Pointer{Code: "/fault/a~1b/0/no", Message: "/nowhere/at/all"}, providers.ErrorInfo{Code: "7", Message: "generic"}},
		{"an index out of range", providers.Pointer{Message: "/fault/a~1b/9/text"}, providers.ErrorInfo{Message: "generic"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, providers.ExtractError(r, c.pointer)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestExtractErrorWithAnUnknownStatus(t *testing.T) {
	if got := providers.ExtractError(providers.Response{Status: 599}).Message; got != "status 599" {
		t.Errorf("message %q", got)
	}
}

func FuzzExtractError(f *testing.F) {
	f.Add([]byte(`{"error":{"fieldErrors":[{"field":"a","error":"b"}]}}`), "/error/fieldErrors/0/field")
	f.Add([]byte(`<title>`), "/")
	f.Add([]byte(`{"errors":{"a":{"b":{"c":{"d":{"e":["x"]}}}}},"param":"a[b][0].c"}`), "/param")
	f.Add([]byte(`[{"loc":["body",0,"x"],"path":[[]],"fieldViolations":[{"field":"/~1~0/"}]}]`), "/0/loc")
	f.Add([]byte(strings.Repeat(`{"error":`, 500)), "/error/error")
	f.Add([]byte(`{"Elements":[{"ValidationErrors":[{"Message":"x"}]}],"message":{"lang":"en","value":"v"},"code":"rest_x","data":{"params":{"a":"b"}}}`), "")
	f.Add([]byte(`{"error":{"details":{"errors":[{"path":[0,"a"],"context":{"propertyName":["b"]}}]},"innererror":{"errordetails":[{"location":"c"}]}}}`), "")
	f.Add([]byte(`{"message":[{"property":"a","constraints":{"b":"c"}}],"_Embedded":{"ERRORS":[{"params":{"missingProperty":"/~1"},"instancePath":"/"}]}}`), "")
	f.Fuzz(func(t *testing.T, body []byte, pointer string) {
		r := providers.Response{Status: 400, Body: body}
		info := providers.ExtractError(r, providers.Pointer{Code: pointer, Message: pointer, Field: pointer})
		if info.Message == "" {
			t.Error("no message")
		}
		if len([]rune(info.Field)) > 128 {
			t.Errorf("a field of %d characters", len(info.Field))
		}
		for _, text := range []string{info.Code, info.Message, info.Field} {
			if providers.CleanMessage(text) != text {
				t.Errorf("%q is not clean", text)
			}
		}
	})
}
