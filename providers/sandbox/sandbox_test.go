package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves a sandbox for the time of a test.
func start(t testing.TB, o Options) *Sandbox {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask is a request of a test. What it leaves out is as it should be.
type ask struct {
	provider, method, path, body string
	header                       map[string]string // "" takes the header away
}

type answer struct {
	status int
	header http.Header
	body   string
	err    error // of the connection, or while the body came
}

// valid gives a request that is applied, for each provider.
func valid(provider string) ask {
	switch provider {
	case cleverbridge:
		return ask{
			provider: provider, method: "POST", path: "/subscription/updatecontact",
			body: `{"ContactType":"BillingContact","Contact":{"CountryId":"DE","LanguageId":"en","City":"Köln","EMail":"a@b.example"},"SubscriptionId":"S67661151"}`,
		}
	case trackfinity:
		return ask{provider: provider, method: "PATCH", path: "/api/customer/set_customer_details", body: "customer_id=191&firstname=J%C3%B6rg&zip=00666"}
	case invisibleCollector:
		return ask{provider: provider, method: "PUT", path: "/customers/123", body: `{"country":"PT","city":"Lisbon","email":"a@b.example"}`}
	}
	return ask{provider: paysafe, method: "PATCH", path: "/v2/customer-persons/700100200/contact-info", body: `{"type":"EMAIL","value":"anna@example.org"}`}
}

func providerNames() []string {
	return []string{cleverbridge, trackfinity, invisibleCollector, paysafe}
}

// client asks a sandbox with the right credentials, unless a request says otherwise.
type client struct {
	t     testing.TB
	s     *Sandbox
	http  *http.Client
	token string
}

func newClient(t testing.TB, s *Sandbox) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, s: s, http: &http.Client{Transport: transport}}
}

func (c *client) defaults(provider string) map[string]string {
	h := map[string]string{"Content-Type": "application/json; charset=utf-8"}
	switch provider {
	case cleverbridge:
		r, _ := http.NewRequestWithContext(c.t.Context(), "GET", "http://x", http.NoBody)
		r.SetBasicAuth(cleverbridgeUser, cleverbridgePassword)
		h["Authorization"] = r.Header.Get("Authorization")
	case trackfinity:
		h["Content-Type"] = typeForm
		h["Api-Key"], h["Api-Username"] = trackfinityKey, trackfinityUser
	case invisibleCollector:
		h["Authorization"] = "Bearer " + collectorToken
	case paysafe:
		h["Authorization"] = "Bearer " + c.token
	}
	return h
}

func (c *client) do(a ask) answer {
	c.t.Helper()
	return c.doCtx(c.t.Context(), a)
}

func (c *client) doCtx(ctx context.Context, a ask) answer {
	c.t.Helper()
	if a.provider == paysafe && c.token == "" {
		c.login()
	}
	r, err := http.NewRequestWithContext(ctx, a.method, c.s.URL(a.provider)+a.path, strings.NewReader(a.body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, value := range c.defaults(a.provider) {
		r.Header.Set(name, value)
	}
	for name, value := range a.header {
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
	res, err := c.http.Do(r)
	if err != nil {
		return answer{err: err}
	}
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body), errors.Join(err, res.Body.Close())}
}

// tokenAsk is the request for an access token.
func tokenAsk() ask {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(url.QueryEscape(paysafeClient), url.QueryEscape(paysafeSecret))
	return ask{
		provider: paysafe, method: "POST", path: "/v1/auth/brands/" + paysafeBrand + "/token", body: "grant_type=client_credentials",
		header: map[string]string{"Authorization": r.Header.Get("Authorization"), "Content-Type": typeForm},
	}
}

func (c *client) login() {
	c.t.Helper()
	c.token = "none yet"
	got := c.do(tokenAsk())
	var grant struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(got.body), &grant); err != nil || grant.AccessToken == "" {
		c.t.Fatalf("no token: %d %s", got.status, got.body)
	}
	c.token = grant.AccessToken
}

// expect does a request and holds its status and a part of its body against what is
// wanted.
func (c *client) expect(a ask, status int, part string) answer {
	c.t.Helper()
	got := c.do(a)
	if got.err != nil {
		c.t.Fatal(got.err)
	}
	if got.status != status || !strings.Contains(got.body, part) {
		c.t.Errorf("answered %d %s, want %d with %s", got.status, got.body, status, part)
	}
	return got
}

func TestStartRefusesBadOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"an address others can reach": {Addr: "0.0.0.0:0"},
		"all interfaces":              {Addr: ":8080"},
		"a host name":                 {Addr: "example.org:80"},
		"no port":                     {Addr: "127.0.0.1"},
		"negative latency":            {Latency: -1},
		"a share above 1":             {Faults: Faults{Slow: 1.5}},
		"shares above 1 together":     {Faults: Faults{ResetAfter: 0.6, Truncated: 0.6}},
		"a ledger in no folder":       {LedgerFile: t.TempDir() + "/none/ledger"},
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := Start(t.Context(), o); err == nil {
				_ = s.Close()
				t.Error("started")
			}
		})
	}
}

func TestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s)
	hold := make(chan struct{})
	arrived := make(chan struct{})
	s.Hook(cleverbridge, func(Call) Answer { close(arrived); return Answer{Hold: hold} })
	result := make(chan answer)
	go func() { result <- c.do(valid(cleverbridge)) }()
	<-arrived
	cancel()
	if got := <-result; got.err == nil {
		t.Errorf("the held request was answered: %d", got.status)
	}
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error("closing again:", err)
	}
}

func TestCloseWaitsForWhatItServes(t *testing.T) {
	s := start(t, Options{})
	arrived, release := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	s.Hook(trackfinity, func(Call) Answer {
		close(arrived)
		<-release
		finished.Store(true)
		return Answer{End: ResetAfter}
	})
	result := make(chan answer, 1)
	go func() { result <- newClient(t, s).do(valid(trackfinity)) }()
	<-arrived
	time.AfterFunc(20*time.Millisecond, func() { close(release) })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !finished.Load() {
		t.Error("closed while a request was still served")
	}
	<-result
}

func TestEnvironment(t *testing.T) {
	s := start(t, Options{})
	values := map[string]string{}
	for _, v := range s.Environment() {
		values[v.Name] = v.Value
	}
	for _, provider := range providerNames() {
		if got := values[strings.ToUpper(provider)+"_BASE_URL"]; got != s.URL(provider) {
			t.Errorf("%s: base URL %q", provider, got)
		}
	}
	if len(values) != 12 || len(s.Environment()) != 12 {
		t.Errorf("%d variables, want the 12 that are documented", len(values))
	}
}

func TestAppliesWhatIsValid(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	for provider, want := range map[string]string{
		cleverbridge:       `{"ResultMessage":"OK"}`,
		trackfinity:        `true`,
		invisibleCollector: `"gid":"`,
		paysafe:            `"status":"VERIFIED"`,
	} {
		t.Run(provider, func(t *testing.T) {
			c.expect(valid(provider), 200, want)
			if got := s.Stats(provider); got.Applied != 1 || got.Answers[200] < 1 {
				t.Errorf("stats: %+v", got)
			}
		})
	}
}

func TestRefusesForm(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	cases := []struct {
		name   string
		change func(*ask)
		status int
	}{
		{"another path", func(a *ask) { a.path = "/v9" + a.path }, 404},
		{"no path", func(a *ask) { a.path = "" }, 404},
		{"another method", func(a *ask) { a.method = "DELETE" }, 405},
		{"no content type", func(a *ask) { a.header = map[string]string{"Content-Type": ""} }, 400},
		{"another content type", func(a *ask) { a.header = map[string]string{"Content-Type": "text/plain"} }, 400},
		{"another charset", func(a *ask) {
			media, _, _ := strings.Cut(c.defaults(a.provider)["Content-Type"], ";")
			a.header = map[string]string{"Content-Type": media + "; charset=latin1"}
		}, 400},
		{"a compressed body", func(a *ask) { a.header = map[string]string{"Content-Encoding": "gzip"} }, 400},
		{"a query", func(a *ask) { a.path += "?dry=1" }, 400},
		{"no body", func(a *ask) { a.body = "" }, 400},
		{"invalid UTF-8", func(a *ask) {
			a.body = strings.NewReplacer("ö", "\xf6", "%C3%B6", "%F6", "DE", "D\xe9", "PT", "P\xe9", "anna", "ann\xe9").Replace(a.body)
		}, 400},
		{"a body without end", func(a *ask) { a.body += strings.Repeat(" ", maxBody) }, 400},
		{"wrong credentials", func(a *ask) { a.header = map[string]string{"Authorization": "Bearer wrong", "Api-Key": "wrong"} }, 401},
		{"no credentials", func(a *ask) { a.header = map[string]string{"Authorization": "", "Api-Key": ""} }, 401},
	}
	for _, provider := range providerNames() {
		for _, tc := range cases {
			t.Run(provider+"/"+tc.name, func(t *testing.T) {
				a := valid(provider)
				tc.change(&a)
				if got := c.do(a); got.status != tc.status {
					t.Errorf("answered %d %s %v, want %d", got.status, got.body, got.err, tc.status)
				}
			})
		}
		if got := s.Stats(provider).Applied; got != 0 {
			t.Errorf("%s: %d of the refused requests were applied", provider, got)
		}
	}
	if got := c.do(ask{provider: "nobody", method: "GET", path: "/x"}); got.status != 404 {
		t.Errorf("outside of all providers: %d", got.status)
	}
}
