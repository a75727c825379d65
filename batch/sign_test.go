package batch

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"rowpost/providers"
)

// The first case is RFC 4231's test case 2; the others were worked out with openssl dgst.
func TestSign(t *testing.T) {
	const stamp = 1795388933
	body := func(what string) []providers.SignedPart {
		return []providers.SignedPart{{Is: providers.SignedBody}, {Text: what}}
	}
	for _, c := range []struct {
		name, key string
		spec      providers.Signature
		want      string
	}{
		{"hex of SHA-256", "Jefe", providers.Signature{Hash: providers.SHA256, Encoding: providers.Hex, Signed: body("")}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"base64 of SHA-1", "Jefe", providers.Signature{Hash: providers.SHA1, Encoding: providers.Base64, Signed: body("")}, "7/zfauXrL6LSdBbV8YTfnCWafHk="},
		{"a prefix", "Jefe", providers.Signature{Hash: providers.SHA1, Encoding: providers.Base64, Prefix: "v1=", Signed: body("")}, "v1=7/zfauXrL6LSdBbV8YTfnCWafHk="},
		{"a key in hex", "4a656665", providers.Signature{SecretEncoding: providers.Hex, Hash: providers.SHA1, Encoding: providers.Base64, Signed: body("")}, "7/zfauXrL6LSdBbV8YTfnCWafHk="},
		{"all parts", "Jefe", providers.Signature{Hash: providers.SHA512, Encoding: providers.Hex, TimestampHeader: "X-Time", Signed: []providers.SignedPart{
			{Is: providers.SignedMethod}, {Text: "\n"}, {Is: providers.SignedPath}, {Text: "\n"}, {Is: providers.SignedTarget}, {Text: "\n"}, {Is: providers.SignedTimestamp}, {Text: "."}, {Is: providers.SignedBody},
		}}, "249e2bd85731424dff70176270710f474730e05e9ef24cffa6afae206060e6df340ce10065ee4d79e52bac49867f4df2e245df8259395100d72c182f2117ae2e"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spec.Header, c.spec.Secret = "X-Sig", "ACME_KEY"
			d := providers.Description{Auth: providers.Auth{Signature: &c.spec}}
			s, err := newSigner(d, map[string]providers.Secret{"ACME_KEY": providers.NewSecret(c.key)})
			if err != nil {
				t.Fatal(err)
			}
			base, err := url.Parse("http://acme.example/v1")
			if err != nil {
				t.Fatal(err)
			}
			r := providers.Request{Method: http.MethodPut, Path: "/a%2Fb", Query: "x=1", Body: []byte("what do ya want for nothing?")}
			header := http.Header{}
			s.sign(header, r, target{base, "/v1"}.url(r), time.Unix(stamp, 0))
			if got := header.Get("X-Sig"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if want := map[bool]string{true: "1795388933"}[c.spec.TimestampHeader != ""]; header.Get("X-Time") != want {
				t.Errorf("the time is %q, want %q", header.Get("X-Time"), want)
			}
		})
	}
}

func TestTimestamps(t *testing.T) {
	at := time.Date(2026, time.March, 2, 10, 30, 0, 123456789, time.FixedZone("", 3600))
	for format, want := range map[providers.TimestampFormat]string{
		providers.UnixSeconds: "1772443800", providers.UnixMilliseconds: "1772443800123", providers.RFC3339: "2026-03-02T09:30:00Z",
	} {
		if got := timestamp(format, at); got != want {
			t.Errorf("%s: %s, want %s", format, got, want)
		}
	}
}

// A key that cannot be read is found before anything is sent, and named without its text.
func TestSignatureKeyMustBeReadable(t *testing.T) {
	d := providers.Description{Name: "acme", Auth: providers.Auth{Signature: &providers.Signature{Secret: "ACME_KEY", SecretEncoding: providers.Base64}}}
	a := Account{BaseURL: "https://acme.example", Values: map[string]providers.Secret{"ACME_KEY": providers.NewSecret("no base64!")}}
	err := a.Validate(d)
	if err == nil || !strings.Contains(err.Error(), "ACME_KEY") || strings.Contains(err.Error(), "no base64!") {
		t.Errorf("Validate says %v", err)
	}
	if _, err := newSender(d, a, DefaultOptions()); err == nil {
		t.Error("there is a sender")
	}
}

// Each attempt is signed anew, over the body as it goes out; a secret behind a prefix and
// the key of the signature are not told when the provider echoes them.
func TestRequestsAreSigned(t *testing.T) {
	var mu sync.Mutex
	var signed []http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		signed = append(signed, r.Header.Clone())
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(r.Header.Get("Authorization") + " signing-key-0815"))
	}))
	defer srv.Close()
	d := providers.Description{
		Name: "acme",
		Auth: providers.Auth{
			Scheme: providers.Headers, Headers: []providers.AuthHeader{{Header: "Authorization", Variable: "ACME_TOKEN", Prefix: "Token "}},
			Signature: &providers.Signature{
				Header: "X-Sig", Secret: "ACME_KEY", Hash: providers.SHA256, Encoding: providers.Hex,
				Signed: []providers.SignedPart{{Is: providers.SignedBody}},
			},
		},
		Variables: []providers.Variable{{Name: "ACME_TOKEN", Secret: true}, {Name: "ACME_KEY", Secret: true}},
	}
	a := Account{BaseURL: srv.URL, Values: map[string]providers.Secret{
		"ACME_TOKEN": providers.NewSecret("token-4711"), "ACME_KEY": providers.NewSecret("signing-key-0815"),
	}}
	s, err := newSender(d, a, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	got := sendOnce(t.Context(), s, post)
	if text := s.secrets.text(got.body); strings.Contains(text, "4711") || strings.Contains(text, "0815") {
		t.Errorf("the answer tells a secret: %s", text)
	}
	want := http.Header{}
	s.signer.sign(want, post, s.to.url(post), time.Now())
	if len(signed) != 1 || signed[0].Get("Authorization") != "Token token-4711" || signed[0].Get("X-Sig") != want.Get("X-Sig") {
		t.Errorf("the server got %v", signed)
	}
}
