package batch

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"rowpost/providers"
)

// tokenAPI answers the token endpoint by token, all else by answer. Each token is
// t1, t2 and so on.
func tokenAPI(t *testing.T, token, answer func(http.ResponseWriter, *http.Request, int)) (*fakeAPI, *atomic.Int32) {
	t.Helper()
	var tokens atomic.Int32
	api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if !strings.HasSuffix(r.URL.Path, "/token") {
			answer(w, r, n)
			return
		}
		if token != nil {
			token(w, r, n)
		}
		if w.Header().Get("X-Answered") != "" {
			return
		}
		grant(w, fmt.Sprintf("t%d", tokens.Add(1)), 900)
	})
	return api, &tokens
}

// grant answers with a token that is good for so many seconds.
func grant(w http.ResponseWriter, token string, seconds int) {
	w.Header().Set("X-Answered", "yes")
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":%d}`, token, seconds)
}

// refuse answers the token endpoint's refusal, with the password in its words.
func refuse(code int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("X-Answered", "yes")
		w.Header().Set("Content-Type", "application/json") // else its words are not read
		w.WriteHeader(code)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"hunter2-opens-nothing is wrong"}`))
	}
}

// nothing leaves the answer to whoever asked for it: tokenAPI then gives a token.
func nothing(http.ResponseWriter, *http.Request, int) {}

// accepting answers ok to one token only.
func accepting(token string, calls *atomic.Int32) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, n int) {
		calls.Add(1)
		if r.Header.Get("Authorization") != "Bearer "+token {
			status(401)(w, r, n)
			return
		}
		ok(w, r, n)
	}
}

var tokenProvider = fakeProvider{name: "acme", scheme: providers.OAuth2, safe: true}

func TestOneTokenServesAllRows(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var sent, authorized atomic.Int32
		api, tokens := tokenAPI(t, func(_ http.ResponseWriter, r *http.Request, _ int) {
			want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:hunter2-opens-nothing"))
			if r.URL.Path == "/user/token" && r.Header.Get("Authorization") == want {
				authorized.Add(1)
			}
		}, accepting("t1", &sent))
		job := newJob(t, table(50), tokenProvider, api)
		setInFlight(job, "acme", 16)
		got, _ := lines(t, job)
		if tokens.Load() != 1 || authorized.Load() != 1 || sent.Load() != 50 || got[49].Status != Succeeded {
			t.Errorf("%d tokens, %d requests, last line %s", tokens.Load(), sent.Load(), got[49].Status)
		}
	})
}

func TestATokenThatExpiresIsRenewedOnce(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var sent, current atomic.Int32
		current.Store(1)
		api, tokens := tokenAPI(t, nil, func(w http.ResponseWriter, r *http.Request, n int) {
			if sent.Add(1) == 20 {
				current.Store(2) // the first token ends in the middle of the run
			}
			if r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", current.Load()) {
				status(401)(w, r, n)
				return
			}
			ok(w, r, n)
		})
		job := newJob(t, table(50), tokenProvider, api)
		setInFlight(job, "acme", 4)
		got, _ := lines(t, job)
		for _, r := range got {
			if r.Status != Succeeded {
				t.Errorf("row %d: %s %s", r.Row.Num, r.Status, r.Message)
			}
		}
		if tokens.Load() != 2 || sent.Load() > 50+4 {
			t.Errorf("%d tokens, %d requests for 50 rows", tokens.Load(), sent.Load())
		}
	})
}

func TestRefusedTokens(t *testing.T) {
	for _, tc := range []struct {
		name   string
		token  func(http.ResponseWriter, *http.Request, int)
		answer func(calls *atomic.Int32) func(http.ResponseWriter, *http.Request, int)
		first  string // the first line
		rest   string // the others
		calls  int32  // of the operation
		tokens int32
		kind   StopKind
	}{
		{
			"the client is refused: nothing is sent", refuse(401),
			func(c *atomic.Int32) func(http.ResponseWriter, *http.Request, int) { return accepting("t1", c) },
			"not_sent token_http_401", "not_sent token_http_401", 0, 0, Refused,
		},
		{
			"a new token is refused: one request", nil,
			func(c *atomic.Int32) func(http.ResponseWriter, *http.Request, int) { return accepting("other", c) },
			"failed http_401", "not_sent http_401", 1, 1, Refused,
		},
		{
			"the endpoint is in trouble and recovers", first(2, refuse(500), nothing),
			func(c *atomic.Int32) func(http.ResponseWriter, *http.Request, int) { return accepting("t1", c) },
			"succeeded ", "succeeded ", 3, 1, NotStopped,
		},
		{
			"the endpoint's own limit is beyond --max-wait",
			func(w http.ResponseWriter, r *http.Request, n int) {
				w.Header().Set("Retry-After", "86400")
				refuse(429)(w, r, n)
			},
			func(c *atomic.Int32) func(http.ResponseWriter, *http.Request, int) { return accepting("t1", c) },
			"not_sent token_http_429", "not_sent max_wait", 0, 0, Unavailable,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				var calls atomic.Int32
				api, tokens := tokenAPI(t, tc.token, tc.answer(&calls))
				got, sum := lines(t, newJob(t, table(3), tokenProvider, api))
				if s := fmt.Sprint(got[0].Status, " ", got[0].Code); s != tc.first {
					t.Errorf("first line: %s (%s), want %s", s, got[0].Message, tc.first)
				}
				if s := fmt.Sprint(got[2].Status, " ", got[2].Code); s != tc.rest {
					t.Errorf("last line: %s (%s), want %s", s, got[2].Message, tc.rest)
				}
				if calls.Load() != tc.calls || tokens.Load() != tc.tokens {
					t.Errorf("%d calls and %d tokens, want %d and %d", calls.Load(), tokens.Load(), tc.calls, tc.tokens)
				}
				var kind StopKind
				if s := sum.Lanes[0].Stop; s != nil {
					kind = s.Kind
				}
				if kind != tc.kind {
					t.Errorf("stop kind %d, want %d", kind, tc.kind)
				}
			})
		})
	}
}

func TestCheckTriesWithoutARow(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		for _, tc := range []struct {
			name   string
			answer func(http.ResponseWriter, *http.Request, int)
			kind   StopKind
		}{
			{"taken", status(404), NotStopped},
			{"refused", status(401), Refused},
			{"down", status(503), Unavailable},
			{"something else there", status(200), Refused},
		} {
			p := checkedProvider{fakeProvider{name: "acme", scheme: providers.Basic}, providers.Request{Method: http.MethodGet, Path: "/nobody"}}
			job := newJob(t, table(1), p.fakeProvider, newFakeAPI(t, tc.answer))
			c, err := Check(t.Context(), p, job.Accounts["acme"], job.Options)
			if err != nil {
				t.Fatal(err)
			}
			var kind StopKind
			if c.Stop != nil {
				kind = c.Stop.Kind
			}
			if kind != tc.kind {
				t.Errorf("%s: got %+v", tc.name, c)
			}
		}
	})
}

// checkedProvider can be tried by a request, or by its token alone if that is empty.
type checkedProvider struct {
	fakeProvider
	request providers.Request
}

func (p checkedProvider) Describe() providers.Description {
	d := p.fakeProvider.Describe()
	d.Check = &providers.Check{Request: p.request, Accepted: []int{404}}
	return d
}

// The token endpoint's words reach the user in three ways, and may repeat the password.
func TestWordsOfTheTokenEndpointAreRedacted(t *testing.T) {
	run := func(t *testing.T, token func(http.ResponseWriter, *http.Request, int)) []string {
		var sent atomic.Int32
		api, _ := tokenAPI(t, token, func(w http.ResponseWriter, r *http.Request, n int) {
			if sent.Add(1) > 2 {
				status(401)(w, r, n)
				return
			}
			ok(w, r, n)
		})
		job := newJob(t, table(5), tokenProvider, api)
		setInFlight(job, "acme", 1)
		got, sum := lines(t, job)
		if sum.Lanes[0].Stop == nil {
			t.Fatal(statuses(got))
		}
		return []string{sum.Lanes[0].Stop.Message, got[2].Message, got[4].Message}
	}
	for name, messages := range map[string]func(*testing.T) []string{
		"the first token": func(t *testing.T) []string { return run(t, refuse(401)) },
		"a renewal":       func(t *testing.T) []string { return run(t, first(1, nothing, refuse(401))) },
		"a check": func(t *testing.T) []string {
			api, _ := tokenAPI(t, refuse(401), ok)
			account := newJob(t, table(1), tokenProvider, api).Accounts["acme"]
			c, err := Check(t.Context(), checkedProvider{fakeProvider: tokenProvider}, account, DefaultOptions())
			if err != nil || c.Stop == nil {
				t.Fatalf("%+v, %v", c, err)
			}
			return []string{c.Stop.Message}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				for _, m := range messages(t) {
					if strings.Contains(m, "hunter2-opens-nothing") || !strings.Contains(m, redacted+" is wrong") {
						t.Errorf("got %q", m)
					}
				}
			})
		})
	}
}
