package cli

import (
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowpost/batch"
	"rowpost/providers"
)

// argsOf lets a shell read a command line in which curl is a function that tells its words.
func argsOf(t interface{ Fatal(...any) }, line string, env ...string) []string {
	cmd := exec.Command("sh", "-c", `curl() { for w in "$@"; do printf '%s\0' "$w"; done; }; `+line)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// described is a provider of which nothing but descriptions is asked, and its operation.
type described struct {
	d  providers.Description
	op providers.OperationDescription
}

func (p described) Describe() providers.Description   { return p.d }
func (p described) Operations() []providers.Operation { return []providers.Operation{call{nil, p.op}} }

func (p described) target() batch.Target {
	return batch.Target{Provider: p, Operation: p.Operations()[0]}
}

type call struct {
	providers.Operation
	op providers.OperationDescription
}

func (c call) Describe() providers.OperationDescription { return c.op }

func needShell(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no POSIX shell")
	}
}

func TestCurlLine(t *testing.T) {
	needShell(t)
	request := providers.Request{
		Method: "PUT", Path: "/c/a%20b", Query: "x=[1]", Body: []byte(`{"p":"` + markOf(2) + `"}`),
		Header: http.Header{"Content-Type": {"application/json"}},
	}
	for _, tc := range []struct {
		name    string
		auth    providers.Auth
		baseURL string
		want    []string // the words that differ
	}{
		{
			"a user and a password",
			providers.Auth{Scheme: providers.Basic, Username: "U", Password: "P"},
			"https://x.example/v1/",
			[]string{"-u", "me:p w$1", "https://x.example/v1/c/a%20b?x=[1]"},
		},
		{
			"a token",
			providers.Auth{Scheme: providers.Bearer, Token: "P"},
			"https://x.example",
			[]string{"-H", "Authorization: Bearer p w$1", "https://x.example/c/a%20b?x=[1]"},
		},
		{
			"headers, and an address that nobody set",
			providers.Auth{Scheme: providers.Headers, Headers: []providers.AuthHeader{{Header: "api-key", Variable: "P"}}},
			"",
			[]string{"-H", "Api-Key: p w$1", "https://later.example/c/a%20b?x=[1]"},
		},
		{
			"a token that is fetched",
			providers.Auth{Scheme: providers.OAuth2, Username: "U", Password: "P", TokenPath: "/t/{B}/token"},
			"https://x.example",
			[]string{"-H", "Authorization: Bearer ", "https://x.example/c/a%20b?x=[1]"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := providers.Description{Name: "acme", Auth: tc.auth}
			line := curlText(described{d: d}.target(), tc.baseURL, request, shellSecrets{[]string{markOf(2)}, []string{"PIN"}})
			got := argsOf(t, line, "U=me", "P=p w$1", "PIN=it's", "ACME_BASE_URL=https://later.example")
			want := append([]string{"-X", "PUT"}, tc.want[:2]...)
			want = append(want, "-H", "Content-Type: application/json", "--data-raw", `{"p":"it's"}`, "--globoff", tc.want[2])
			if !slices.Equal(got, want) {
				t.Errorf("%s\ngot  %q\nwant %q", line, got, want)
			}
		})
	}
}

// TestCurlOfWhatIsMadeOnSending holds that keys and signatures have their headers, and that a
// text before a variable stays what it is.
func TestCurlOfWhatIsMadeOnSending(t *testing.T) {
	needShell(t)
	p := described{
		providers.Description{Name: "acme", Auth: providers.Auth{
			Scheme:    providers.Headers,
			Headers:   []providers.AuthHeader{{Header: "Authorization", Prefix: "To`ken! ", Variable: "P"}},
			Signature: &providers.Signature{Header: "X-Sign", Prefix: "sha256=", TimestampHeader: "X-Time"},
		}},
		providers.OperationDescription{IdempotencyHeader: "Idempotency-Key"},
	}
	line := curlText(p.target(), "https://x.example", providers.Request{Method: "POST", Path: "/p"}, shellSecrets{})
	got := argsOf(t, line, "P=pw", "SIGNATURE=abc", "TIMESTAMP=17", "IDEMPOTENCY_KEY=k 1")
	want := []string{
		"-X", "POST", "-H", "Authorization: To`ken! pw", "-H", "X-Sign: sha256=abc", "-H", "X-Time: 17", "-H", "Idempotency-Key: k 1",
		"https://x.example/p",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\ngot  %q\nwant %q", line, got, want)
	}
}

func TestCurlFetchesTheToken(t *testing.T) {
	needShell(t)
	d := providers.Description{Name: "acme", Auth: providers.Auth{Scheme: providers.OAuth2, Username: "U", Password: "P", TokenPath: "/t/{B}/token", Scope: "a b"}}
	line, _, _ := strings.Cut(tokenLine(d, "https://x.example"), " | sed")
	line = strings.TrimPrefix(line, "ACME_TOKEN=$(")
	got := argsOf(t, line, "U=me", "P=pw", "B=brand 1")
	want := []string{"-sS", "-u", "me:pw", "-d", "grant_type=client_credentials", "--data-urlencode", "scope=a b", "https://x.example/t/brand 1/token"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	_, filter, _ := strings.Cut(tokenLine(d, "https://x.example"), " | ")
	filter = strings.TrimSuffix(strings.TrimSpace(filter), ")")
	out, err := exec.Command("sh", "-c", `printf '%s' '{"a":1,"access_token": "tok-1","b":"c"}' | `+filter).Output()
	if err != nil || strings.TrimSpace(string(out)) != "tok-1" {
		t.Errorf("%q, %v", out, err)
	}
}

// TestCurlQuotesAnything holds that a shell reads each word as it is, whatever is in it.
func TestCurlQuotesAnything(t *testing.T) {
	needShell(t)
	d := providers.Description{Name: "acme"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("a '\"\\$`!\n\t#&;|<>(){}[]*?~%é😀"))).Draw(t, "text")
		mark := markOf(0)
		body := text + mark + text
		line := curlText(described{d: d}.target(), "https://x.example", providers.Request{Method: "POST", Path: "/p", Body: []byte(body)}, shellSecrets{[]string{mark}, []string{"S"}})
		got := argsOf(t, line, "S="+text)
		if i := slices.Index(got, "--data-raw"); i < 0 || got[i+1] != text+text+text {
			t.Errorf("%s\n%q", line, got)
		}
	})
}

func TestVariableOf(t *testing.T) {
	for name, want := range map[string]string{"password": "PASSWORD", "Contact.PIN": "CONTACT_PIN", "1st": "_1ST", "ß": "_", "": "_"} {
		if got := variableOf(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}
