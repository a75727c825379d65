package conformance

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers"
)

func request(path, contentType, body string) providers.Request {
	return providers.Request{Path: path, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name string
		q    providers.Request
		want map[string]string
	}{
		{"nested JSON and a path", request("/v1/a%2Fb/x", "application/json; charset=utf-8", `{"c":{"d":"1","e":2.50},"f":""}`), map[string]string{"id": "a/b", "c.d": "1", "c.e": "2.50", "f": ""}},
		{"a form", request("/v1/a/x", "application/x-www-form-urlencoded", "b=1+%2B&c="), map[string]string{"id": "a", "b": "1 +", "c": ""}},
		{"lists and null", request("/v1/a/x", "application/json", `{"c":["1","2"],"d":["3"],"e":null}`), map[string]string{"id": "a", "c": listText([]string{"1", "2"}), "d": "3", "e": nullText}},
		{"a form field twice is a list", request("/v1/a/x", "application/x-www-form-urlencoded", "b=1&b=2"), map[string]string{"id": "a", "b": listText([]string{"1", "2"})}},
		{"no body", request("/v1/a/x", "", ""), map[string]string{"id": "a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode("/v1/{id}/x", c.q)
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestDecodeSeesWhatIsWrong(t *testing.T) {
	const form, object = "application/x-www-form-urlencoded", "application/json"
	for _, c := range []struct {
		name, says string
		q          providers.Request
	}{
		{"a slash that is not escaped", "other segments", request("/v1/a/b/x", "", "")},
		{"another path", "described as v1", request("/v2/a/x", "", "")},
		{"a query in the path", "not what", request("/v1/a?b/x", "", "")},
		{"a field in path and body", "there twice", request("/v1/a/x", form, "id=1")},
		{"a form that is none", "invalid", request("/v1/a/x", form, "b=%zz")},
		{"JSON that broke off", "no JSON object", request("/v1/a/x", object, `{"a":`)},
		{"JSON that is followed", "something follows", request("/v1/a/x", object, `{"a":"b"} {}`)},
		{"an empty object inside", "is empty", request("/v1/a/x", object, `{"a":{}}`)},
		{"a body of no type", "without a content type", request("/v1/a/x", "", "a")},
		{"a body of another type", "cannot read it", request("/v1/a/x", "application/xml", "<a/>")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := decode("/v1/{id}/x", c.q); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
		})
	}
}
