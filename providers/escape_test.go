package providers_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
)

func TestEscapePathSegment(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"unreserved characters stay", "Az09-._~", "Az09-._~"},
		{"a slash is data", "a/b", "a%2Fb"},
		{"a blank is no plus", "a b+", "a%20b%2B"},
		{"what is escaped already is escaped again", "%2e%2e", "%252e%252e"},
		{"what ends a path", "a?b#c;d", "a%3Fb%23c%3Bd"},
		{"other scripts", "ü", "%C3%BC"},
		{"three dots are a name", "...", "..."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := providers.EscapePathSegment(c.in); err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestEscapePathSegmentRefuses(t *testing.T) {
	for _, c := range []struct{ name, in, code string }{
		{"nothing", "", mapping.CodeRequired},
		{"this", ".", mapping.CodeBadFormat},
		{"up", "..", mapping.CodeBadFormat},
		{"a line break", "a\nb", mapping.CodeBadFormat},
		{"NUL", "a\x00", mapping.CodeBadFormat},
		{"DEL", "a\x7f", mapping.CodeBadFormat},
		{"a control character beyond ASCII", "a\u0085", mapping.CodeBadFormat},
		{"bytes that are not UTF-8", "a\xff", mapping.CodeBadEncoding},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := providers.EscapePathSegment(c.in)
			var cell *mapping.CellError
			if !errors.As(err, &cell) || cell.Code != c.code || got != "" {
				t.Errorf("got %q, %v, want a refusal with code %s", got, err, c.code)
			}
		})
	}
}

func FuzzEscapePathSegment(f *testing.F) {
	for _, seed := range []string{"a/b", "..", "%2e", "\xff", "日本", " "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := providers.EscapePathSegment(text)
		if err != nil {
			return
		}
		if back, err := url.PathUnescape(got); err != nil || back != text {
			t.Errorf("%q comes back as %q, %v", text, back, err)
		}
		u, err := url.Parse("https://api.example/customers/" + got + "/contact")
		if err != nil || u.RawQuery != "" || u.Fragment != "" || u.Host != "api.example" || strings.Count(u.EscapedPath(), "/") != 3 {
			t.Errorf("%q changes the address: %v, %v", got, u, err)
		}
	})
}

func TestPath(t *testing.T) {
	s := &mapping.Schema{Fields: []mapping.Field{{Name: "brand"}, {Name: "id"}}}
	p := providers.NewPath(s, "/v2/{brand}/customers/{id}/contact")
	if got, err := p.Build(texts(s, "a b", "1/2")); err != nil || got != "/v2/a%20b/customers/1%2F2/contact" {
		t.Errorf("got %q, %v", got, err)
	}
	_, err := p.Build(texts(s, "x", ".."))
	var cell *mapping.CellError
	if !errors.As(err, &cell) || cell.Field != "id" {
		t.Errorf("got %v, want a refusal of the field id", err)
	}
}
