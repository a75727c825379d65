package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rowpost/providers"
	"rowpost/providers/declared"
)

// acme has one of each thing that a file can say of requests.
const acme = `version: 1
name: acme
title: Acme
docs: made for this test
auth: {bearer: ACME_TOKEN}
variables: [{name: ACME_TOKEN, help: the token}]
limit: {windows: [1000/s]}
published_limit: {windows: [2/m]}
headers: {X-Api-Version: "7"}
errors: [{code: /error/code, message: /error/message, field: /error/fields/0/name}]
answers: [{statuses: [400], codes: [bad_row], means: rejected}]
check: {method: GET, path: /me, accepted: [204], help: who is calling}
operations:
  - name: update_contact
    help: change a contact
    method: PATCH
    path: /contacts/{id}
    query: {mode: import}
    body: json
    constants: [{name: data.type, value: contact}]
    fields:
      - {name: id, format: digits}
      - {name: notify, in: query, type: boolean}
      - {name: source, in: header, as: X-Source, enum: [web, shop]}
      - {name: email, as: data.attributes.email, required: true, format: email, max_len: 40}
      - {name: score, as: data.attributes.score, type: integer, clear_null: true}
      - {name: active, as: data.attributes.active, type: boolean}
      - {name: tags, as: data.attributes.tags, separator: ","}
      - {name: city, as: data.attributes.city, clear: NONE}
      - {name: pin, as: data.attributes.pin, secret: true}
      - {name: phone, as: data.attributes.phone}
      - {name: mobile, as: data.attributes.mobile}
    groups: [{exactly_one: [phone, mobile]}]
    key: [{field: id, of: contact, prefix: ""}]
    success: {statuses: [200], conditions: [{pointer: /data/type, equals: contact}, {pointer: /data/id, same_as: id}]}
    refusal: {message: /problem}
    existing_id: {pointer: /data/id, statuses: [409]}
    id: {pointer: /data/id, required: true}
    repeat_note: "its key is known again"
    idempotency_header: Idempotency-Key
  - name: close_contact
    help: close a contact
    method: POST
    path: /contacts/{id}/close
    body: none
    fields: [{name: id}]
    key: [{field: id, of: contact}]
    success: {statuses: [204], body: empty}
    repeat_note: nothing is documented
`

func acmeProvider(t testing.TB) *declared.Provider {
	t.Helper()
	p, err := declared.Parse("acme.yaml", []byte(acme))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const acmeBody = `{"data":{"type":"contact","attributes":{"email":"a@b.example","score":7,"active":true,"tags":["x","y"],"pin":"1234","phone":"1"}}}`

// acmeAsk is a request that is applied; the pairs of texts are exchanged in what stands
// before its headers, and in its body.
func acmeAsk(t testing.TB, pairs ...string) ask {
	t.Helper()
	text := "PATCH /contacts/191?mode=import&notify=true " + acmeBody
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the request has no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	parts := strings.SplitN(text, " ", 3)
	return ask{provider: "acme", method: parts[0], path: parts[1], body: parts[2], header: map[string]string{
		"Authorization": "Bearer sandbox-acme-token", "X-Api-Version": "7", "Idempotency-Key": "key-1", "X-Source": "web",
	}}
}

func startAcme(t testing.TB, o Options) (*Sandbox, *client) {
	t.Helper()
	o.Declared = []*declared.Provider{acmeProvider(t)}
	s := start(t, o)
	return s, newClient(t, s)
}

func TestDeclaredApplies(t *testing.T) {
	s, c := startAcme(t, Options{})
	c.expect(acmeAsk(t), 200, `{"data":{"id":"191","type":"contact"}}`)
	c.expect(ask{
		provider: "acme", method: "POST", path: "/contacts/191/close",
		header: map[string]string{"Authorization": "Bearer sandbox-acme-token", "X-Api-Version": "7", "Content-Type": ""},
	}, 204, "")
	c.expect(ask{provider: "acme", method: "GET", path: "/me", header: map[string]string{"Authorization": "Bearer sandbox-acme-token"}}, 204, "")
	ledger := s.Ledger()
	if len(ledger) != 2 || ledger[0].Object != "191" || ledger[1].Operation != "close_contact" {
		t.Fatalf("ledger: %+v", ledger)
	}
	for field, want := range map[string]string{"email": "a@b.example", "tags": "x,y", "score": "7", "source": "web", "notify": "true", "pin": "[redacted]"} {
		if got := ledger[0].Fields[field]; got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	cleared := acmeAsk(t, `"score":7`, `"score":null,"city":"NONE"`)
	cleared.header["Idempotency-Key"] = "key-2"
	c.expect(cleared, 200, "")
	state, _ := s.State("acme", "191")
	if _, has := state["score"]; has || state["email"] != "a@b.example" {
		t.Errorf("after clearing the score the contact has %v", state)
	}
}

func TestDeclaredRefuses(t *testing.T) {
	tests := []struct {
		name   string
		pairs  []string
		header [2]string
		status int
		part   string
	}{
		{"another token", nil, [2]string{"Authorization", "Bearer other"}, 401, `"code":"unauthorized"`},
		{"no token", nil, [2]string{"Authorization", ""}, 401, ""},
		{"a header of the provider is missing", nil, [2]string{"X-Api-Version", ""}, 400, "X-Api-Version"},
		{"no idempotency key", nil, [2]string{"Idempotency-Key", ""}, 400, "Idempotency-Key"},
		{"another content type", nil, [2]string{"Content-Type", typeForm}, 415, ""},
		{"another method", []string{"PATCH", "PUT"}, [2]string{}, 405, ""},
		{"another path", []string{"/contacts/", "/contact/"}, [2]string{}, 404, ""},
		{"a path with one segment more", []string{"/191", "/191/x"}, [2]string{}, 404, ""},
		{"no JSON", []string{`{"data"`, `{data`}, [2]string{}, 400, "not valid JSON"},
		{"a name twice", []string{`"score":7`, `"score":7,"score":8`}, [2]string{}, 400, "twice"},
		{"another fixed parameter", []string{"mode=import", "mode=test"}, [2]string{}, 400, `"name":"mode"`},
		{"an unknown parameter", []string{"&notify", "&other=1&notify"}, [2]string{}, 400, `"name":"other"`},
		{"a parameter of another type", []string{"notify=true", "notify=yes"}, [2]string{}, 400, `"name":"notify"`},
		{"a header that is none of its values", nil, [2]string{"X-Source", "fax"}, 400, `"name":"X-Source"`},
		{"another constant", []string{`"contact"`, `"person"`}, [2]string{}, 400, `"name":"data.type"`},
		{"an unknown member", []string{`"score":7`, `"other":7`}, [2]string{}, 400, `"name":"data.attributes.other"`},
		{"an object where a text should be", []string{`"a@b.example"`, `{}`}, [2]string{}, 400, `"name":"data.attributes.email"`},
		{"a required field is missing", []string{`"email":"a@b.example",`, ``}, [2]string{}, 400, "data.attributes.email is required"},
		{"a required field is empty", []string{`a@b.example`, ``}, [2]string{}, 400, "data.attributes.email is required"},
		{"a text of the wrong shape", []string{`a@b.example`, `ab`}, [2]string{}, 400, `"name":"data.attributes.email"`},
		{"a text that is too long", []string{`a@b`, strings.Repeat("a", 40) + `@b`}, [2]string{}, 400, `"name":"data.attributes.email"`},
		{"a number in quotes", []string{`7`, `"7"`}, [2]string{}, 400, "data.attributes.score has the wrong type"},
		{"null where it clears nothing", []string{`true,"tags"`, `null,"tags"`}, [2]string{}, 400, `"name":"data.attributes.active"`},
		{"a list with a number in it", []string{`"y"`, `8`}, [2]string{}, 400, `"name":"data.attributes.tags"`},
		{"both of a group", []string{`"phone":"1"`, `"phone":"1","mobile":"2"`}, [2]string{}, 400, `"code":"bad_row"`},
		{"none of a group", []string{`,"phone":"1"`, ``}, [2]string{}, 400, `"name":"data.attributes.phone"`},
		{"an id of the wrong shape", []string{"/191", "/19x"}, [2]string{}, 400, `"name":"id"`},
		{"an id that is not there", []string{"/191", "/1404"}, [2]string{}, 404, `"code":"not_found"`},
		{"an object that is in the way", []string{"/191", "/1409"}, [2]string{}, 409, `"data":{"id":"sandbox`},
		{"a refusal with 200", []string{"/191", "/1410"}, [2]string{}, 200, `{"problem":`},
	}
	s, c := startAcme(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := acmeAsk(t, tt.pairs...)
			if tt.header[0] != "" {
				a.header[tt.header[0]] = tt.header[1]
			}
			newClientFor(t, c).expect(a, tt.status, tt.part)
		})
	}
	if n := len(s.Ledger()); n > 0 {
		t.Errorf("%d refused requests were applied", n)
	}
}

func TestDeclaredKnowsKeysAgain(t *testing.T) {
	s, c := startAcme(t, Options{})
	first, again := c.do(acmeAsk(t)), c.do(acmeAsk(t))
	if first.status != 200 || again.status != 200 || first.body != again.body {
		t.Errorf("the same request with its key is answered %d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	if n := s.Count("acme", "191"); n != 1 {
		t.Errorf("it was applied %d times", n)
	}
	c.expect(acmeAsk(t, "a@b.example", "c@d.example"), 422, "another request")
	lost := acmeAsk(t, "a@b.example", "lost@b.example")
	lost.header["Idempotency-Key"] = "key-3"
	s.Script("acme", "update_contact", Answer{End: ResetAfter})
	// A connection of its own: on one that was used before, net/http repeats by itself what
	// has a key.
	if a := newClient(t, s).do(lost); a.err == nil {
		t.Fatal("the connection was not reset")
	}
	c.expect(lost, 200, "")
	if n := s.Count("acme", "191"); n != 2 {
		t.Errorf("with a repeat after a lost answer there are %d changes, want 2", n)
	}
}

func TestDeclaredLimits(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	s, c := startAcme(t, Options{Limits: true, now: func() time.Time { return now }})
	for i := range 2 {
		a := acmeAsk(t)
		a.header["Idempotency-Key"] = strconv.Itoa(i)
		c.expect(a, 200, "")
	}
	refused := c.do(acmeAsk(t))
	if refused.status != 429 || refused.header.Get("Retry-After") != "60" || !strings.Contains(refused.body, `"code":"too_many_requests"`) {
		t.Errorf("the third in a minute: %d %v %s", refused.status, refused.header, refused.body)
	}
	if n := s.Stats("acme").Applied; n != 2 {
		t.Errorf("%d were applied, want 2", n)
	}
}

func TestDeclaredFaultsComeByChance(t *testing.T) {
	_, c := startAcme(t, Options{Faults: Faults{TooMany: 1, RetryAfter: 3 * time.Second}})
	a := c.do(acmeAsk(t))
	if a.status != 429 || a.header.Get("Retry-After") != "3" {
		t.Errorf("answered %d %v", a.status, a.header)
	}
}

func TestDeclaredNamesAreUnique(t *testing.T) {
	p, err := declared.Parse("x.yaml", []byte(strings.ReplaceAll(strings.ReplaceAll(acme, "ACME_", "PAYSAFE_"), "name: acme", "name: paysafe")))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range [][]*declared.Provider{{p}, {acmeProvider(t), acmeProvider(t)}} {
		if s, err := Start(t.Context(), Options{Declared: list}); err == nil {
			t.Errorf("two providers of one name are served: %v", s.Close())
		}
	}
}

// TestDeclaredTakesWhatIsBuilt lets the importer's requests meet the simulation of the same
// file, and its reading of answers the simulation's answers: neither uses the other's code.
func TestDeclaredTakesWhatIsBuilt(t *testing.T) {
	files, err := filepath.Glob("../declared/testdata/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.Base(file), ".yaml")
			text := strings.ReplaceAll(string(data), strings.ToUpper(name)+"_", "X"+strings.ToUpper(name)+"_")
			p, err := declared.Parse(file, []byte(strings.Replace(text, "name: "+name, "name: x"+name, 1)))
			if err != nil {
				t.Fatal(err)
			}
			s := start(t, Options{Declared: []*declared.Provider{p}})
			for _, sample := range p.Samples() {
				q, err := sample.Operation.Build(sample.Record)
				if err != nil {
					t.Fatal(err)
				}
				got := sendDeclared(t, s, p.Describe(), q)
				if out := sample.Operation.Interpret(q, got); out.Kind != providers.Succeeded {
					t.Errorf("%s: %d %s is read as %+v", sample.Operation.Describe().Name, got.Status, got.Body, out)
				}
			}
		})
	}
}

// sendDeclared sends a built request with the credentials that the sandbox gives.
func sendDeclared(t *testing.T, s *Sandbox, d providers.Description, q providers.Request) providers.Response {
	t.Helper()
	vars := map[string]string{}
	for _, v := range s.Environment() {
		vars[v.Name] = v.Value
	}
	target := s.URL(d.Name) + q.Path
	if q.Query != "" {
		target += "?" + q.Query
	}
	r, err := http.NewRequestWithContext(t.Context(), q.Method, target, strings.NewReader(string(q.Body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = q.Header.Clone()
	switch d.Auth.Scheme {
	case providers.Basic:
		r.SetBasicAuth(vars[d.Auth.Username], vars[d.Auth.Password])
	case providers.Bearer:
		r.Header.Set("Authorization", "Bearer "+vars[d.Auth.Token])
	case providers.Headers:
		for _, h := range d.Auth.Headers {
			r.Header.Set(h.Header, h.Prefix+vars[h.Variable])
		}
	case providers.OAuth2:
		access, _ := s.sim(d.Name).tokens.give(time.Now())
		r.Header.Set("Authorization", "Bearer "+access)
	case providers.NoAuth:
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil {
		t.Fatal(err)
	}
	return providers.Response{Status: res.StatusCode, Header: res.Header, Body: body}
}

// FuzzDeclaredRead reads any path and body: it takes or refuses them, with an answer that
// is JSON.
func FuzzDeclaredRead(f *testing.F) {
	f.Add("/contacts/191?mode=import", acmeBody)
	f.Add("/contacts/%ff?mode=%", `{"data":[[{"a":null}]]}`)
	f.Add("/contacts/1?notify=a&notify=b", `{"":{"":1}}`)
	sim := newDeclared(acmeProvider(f), Options{}.withDefaults())
	f.Fuzz(func(t *testing.T, target, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://127.0.0.1/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		path, query, _ := strings.Cut(target, "?")
		r.URL.RawQuery = query
		r.Header = http.Header{"Content-Type": {typeJSON}, "X-Api-Version": {"7"}, "Idempotency-Key": {"k"}}
		c := &call{sim: sim, request: r, path: path, body: []byte(body)}
		if c.route() != nil {
			return
		}
		refusal := c.endpoint.parse(c)
		if refusal == nil && c.object == "" {
			t.Error("taken without an object")
		}
		if refusal != nil && (refusal.status < 400 || refusal.status > 499 || !json.Valid(refusal.body)) {
			t.Errorf("refused with %d %q", refusal.status, refusal.body)
		}
	})
}
