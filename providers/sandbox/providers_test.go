package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// refusal is a change to a valid request, and what is answered then.
type refusal struct {
	name     string
	old, new string // in path and body
	status   int
	part     string
}

func (r *refusal) ask(provider string) ask {
	a := valid(provider)
	a.path = strings.Replace(a.path, r.old, r.new, 1)
	a.body = strings.Replace(a.body, r.old, r.new, 1)
	return a
}

func refusals() map[string][]refusal {
	return map[string][]refusal{
		cleverbridge: {
			{"no ContactType", `"ContactType":"BillingContact",`, ``, 400, `{"ResultMessage":"Missing required field."}`},
			{"empty SubscriptionId", `S67661151`, ``, 400, "Missing required field."},
			{"no Contact", `"Contact":{"CountryId":"DE","LanguageId":"en","City":"Köln","EMail":"a@b.example"},`, ``, 400, "Missing required field."},
			{"empty country", `"DE"`, `""`, 400, "Missing required field."},
			{"no language", `"LanguageId":"en",`, ``, 400, "Missing required field."},
			{"country that is none", `"DE"`, `"XX"`, 402, "CountryId"},
			{"country of three letters", `"DE"`, `"DEU"`, 402, "CountryId"},
			{"country in small letters", `"DE"`, `"de"`, 402, "CountryId"},
			{"language that is none", `"en"`, `"xx"`, 402, "LanguageId"},
			{"misspelt field", `EMail`, `Email`, 402, "Contact.Email"},
			{"unknown field outside", `"ContactType"`, `"Dry":"1","ContactType"`, 402, "Dry"},
			{"number for a text", `"Köln"`, `50667`, 402, "Contact.City"},
			{"null", `"Köln"`, `null`, 402, "Contact.City"},
			{"contact is a text", `{"CountryId":"DE","LanguageId":"en","City":"Köln","EMail":"a@b.example"}`, `"x"`, 402, "Contact"},
			{"unknown kind of contact", `BillingContact`, `Billing`, 402, "ContactType"},
			{"kind of contact by a wrong number", `"BillingContact"`, `3`, 402, "ContactType"},
			{"salutation out of the list", `"City":"Köln"`, `"SalutationId":"DR"`, 402, "SalutationId"},
			{"id with letters", `S67661151`, `SX`, 402, "SubscriptionId"},
			{"field twice", `"City":"Köln"`, `"City":"Köln","City":"Bonn"`, 400, "ResultMessage"},
			{"something behind the end", `"S67661151"}`, `"S67661151"}{}`, 400, "ResultMessage"},
			{"unknown subscription", `S67661151`, `S67661404`, 404, `{"ResultMessage":"Item not found."}`},
			{"inactive subscription", `S67661151`, `67661410`, 200, "not active"},
		},
		trackfinity: {
			{"no id", "customer_id=191&", "", 400, ""},
			{"both ids", "zip=", "subscription_id=5&zip=", 400, ""},
			{"nothing to change", "&firstname=J%C3%B6rg&zip=00666", "", 400, ""},
			{"broken escape", "00666", "%zz", 400, ""},
			{"parameter twice", "zip=00666", "zip=1&zip=2", 400, ""},
			{"empty id", "191", "", 404, `"Invalid parameter: customer_id"`},
			{"unknown parameter", "zip", "plz", 404, `"Invalid parameter: plz"`},
			{"malformed email", "zip=00666", "email=nobody", 404, `"Invalid parameter: email"`},
			{"password cleared", "zip=00666", "password=REMOVE", 404, `"Invalid parameter: password"`},
			{"unknown customer", "191", "19404", 404, "customer_id"},
			{"unknown subscription", "customer_id=191", "subscription_id=404", 404, "subscription_id"},
			{"a success that is none", "191", "19410", 200, "false"},
		},
		invisibleCollector: {
			{"not JSON", `{"country"`, `{country`, 400, `{"code":400,"message":"Invalid JSON"}`},
			{"not an object", `{"country":"PT","city":"Lisbon","email":"a@b.example"}`, `["PT"]`, 422, "Unprocessable"},
			{"no country", `"country":"PT",`, ``, 422, `{"code":422,"message":"Unprocessable request"}`},
			{"empty country", `PT`, ``, 422, "Unprocessable"},
			{"country that is none", `PT`, `XX`, 422, "Unprocessable"},
			{"country by its name", `PT`, `Portugal`, 422, "Unprocessable"},
			{"malformed email", `a@b.example`, `a@`, 422, "Unprocessable"},
			{"unknown locale", `"city":"Lisbon"`, `"locale":"fr"`, 422, "Unprocessable"},
			{"gid in the body", `"city"`, `"gid"`, 422, "Unprocessable"},
			{"null", `"Lisbon"`, `null`, 422, "Unprocessable"},
			{"unknown customer", `/123`, `/124404`, 404, `{"code":404,"message":"Customer not found"}`},
			{"slash that is not escaped", `/123`, `/12/3`, 404, "Not found."},
			{"dots", `/123`, `/%2E%2E`, 404, ""},
		},
		paysafe: {
			{"unknown type", "EMAIL", "PHONE", 400, `"fieldErrors":[{"field":"type"`},
			{"no value", `,"value":"anna@example.org"`, ``, 400, `"field":"value"`},
			{"empty value", "anna@example.org", "", 400, `"field":"value"`},
			{"malformed e-mail", "anna@example.org", "anna", 400, `"field":"value"`},
			{"e-mail too long", "anna@", strings.Repeat("a", 140) + "@", 400, `"field":"value"`},
			{"e-mail as mobile", "EMAIL", "MOBILE", 400, `"field":"value"`},
			{"mobile without plus", `EMAIL","value":"anna@example.org`, `MOBILE","value":"491700000001`, 400, `"field":"value"`},
			{"two attributes", `{"type"`, `{"mobile":"+491701","type"`, 400, `"field":"mobile"`},
			{"verification that is null", `{"type"`, `{"verificationId":null,"type"`, 400, `"field":"verificationId"`},
			{"expired verification", `{"type"`, `{"verificationId":"expired","type"`, 400, `"field":"verificationId"`},
			{"id with letters", `700100200`, `c-1`, 400, `"field":"customerId"`},
			{"id too long", `700100200`, `700100200700100200700`, 400, `"field":"customerId"`},
			{"not JSON", `{`, ``, 400, `"error":{"code":`},
			{"unknown customer", `700100200`, `700100404`, 400, `"field":"customerId"`},
			{"value of somebody", `example.org`, `Taken.example`, 409, `"code":"DW-CUSTOMER-CONFLICT"`},
		},
	}
}

func TestRefusesContent(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	for provider, list := range refusals() {
		for _, r := range list {
			t.Run(provider+"/"+r.name, func(t *testing.T) {
				a := r.ask(provider)
				if a.body == valid(provider).body && a.path == valid(provider).path {
					t.Fatal("the case changes nothing")
				}
				newClientFor(t, c).expect(a, r.status, r.part)
			})
		}
		if got := s.Stats(provider).Applied; got != 0 {
			t.Errorf("%s: %d of the refused requests were applied", provider, got)
		}
	}
}

// newClientFor lets a client report to a subtest.
func newClientFor(t *testing.T, c *client) *client {
	sub := *c
	sub.t = t
	return &sub
}

func wantState(t *testing.T, s *Sandbox, provider, object string, want map[string]string) {
	t.Helper()
	got, ok := s.State(provider, object)
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("%s %s: known %v, state differs:\n%s", provider, object, ok, diff)
	}
}

func TestCleverbridgeKeepsContactsApart(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	a := valid(cleverbridge)
	c.expect(a, 200, "OK")
	a.body = `{"SubscriptionId":"67661151","ContactType":2,"Contact":{"CountryId":"AT","LanguageId":"de","City":"Wien"}}`
	c.expect(a, 200, "OK")
	a.body = `{"SubscriptionId":"67661151","ContactType":"1","Contact":{"CountryId":"FR","LanguageId":"fr"}}`
	c.expect(a, 200, "OK")
	wantState(t, s, cleverbridge, "67661151", map[string]string{
		"BillingContact.CountryId": "FR", "BillingContact.LanguageId": "fr", "BillingContact.City": "Köln", "BillingContact.EMail": "a@b.example",
		"DeliveryContact.CountryId": "AT", "DeliveryContact.LanguageId": "de", "DeliveryContact.City": "Wien",
	})
}

func TestTrackfinityClearsAndLocks(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	a := valid(trackfinity)
	a.body = "customer_id=191&zip=00666&city=Bonn&password=hunter2-opens-nothing"
	c.expect(a, 200, "true")
	a.body = "customer_id=191&zip=REMOVE"
	c.expect(a, 200, "true")
	a.path, a.body = "/api/customer/lock", "customer_id=191"
	c.expect(a, 200, "true")
	wantState(t, s, trackfinity, "191", map[string]string{"city": "Bonn", "locked": "true", "password": "[redacted]"})
	a.path = "/api/customer/unlock"
	c.expect(a, 200, "true")
	wantState(t, s, trackfinity, "191", map[string]string{"city": "Bonn", "locked": "false", "password": "[redacted]"})
	a.body = "customer_id=191&zip=1"
	c.expect(a, 404, "zip")
	a.body = "subscription_id=191"
	c.expect(a, 200, "true")
	wantState(t, s, trackfinity, "subscription:191", map[string]string{"locked": "false"})
	c.expect(ask{provider: trackfinity, method: "GET", path: "/api/service/ping"}, 200, "true")
	c.expect(ask{provider: trackfinity, method: "GET", path: "/api/service/ping", header: map[string]string{"Api-Username": "x"}}, 401, "")
	if got := s.Ledger()[0].Fields["password"]; got != "[redacted]" {
		t.Errorf("the ledger has the password %q", got)
	}
}

func gidOf(t *testing.T, body string) string {
	t.Helper()
	var customer struct{ GID string }
	if err := json.Unmarshal([]byte(body), &customer); err != nil || !isUUID(customer.GID) {
		t.Fatalf("no gid in %s", body)
	}
	return customer.GID
}

func TestCollectorCustomersHaveTwoNames(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	a := valid(invisibleCollector)
	a.path = "/customers/A%2F1%20b"
	gid := gidOf(t, c.expect(a, 200, `"externalId":"A/1 b"`).body)
	a.path, a.body = "/customers/"+strings.ToUpper(gid), `{"country":"PRT","externalId":"new","phone":"5"}`
	if got := gidOf(t, c.expect(a, 200, `"city":"Lisbon"`).body); got != gid {
		t.Errorf("the gid changed to %s", got)
	}
	want := map[string]string{"country": "PRT", "city": "Lisbon", "email": "a@b.example", "externalId": "new", "phone": "5"}
	for _, name := range []string{"A/1 b", "new", gid} {
		wantState(t, s, invisibleCollector, name, want)
	}
	get := ask{provider: invisibleCollector, method: "GET", path: "/customers/new"}
	c.expect(get, 200, gid)
	get.path = "/customers/nobody404"
	c.expect(get, 404, "Customer not found")
	get.path = "/customers/find?email=a%40b.example&phone=5"
	c.expect(get, 200, gid)
	get.path = "/customers/find?email=a%40b.example&phone=6"
	c.expect(get, 404, "Customer not found")
	get.path = "/customers/find?name=x"
	c.expect(get, 422, "")
}

func TestCollectorRegistersOnce(t *testing.T) {
	s := start(t, Options{Keep: -1}) // conflicts do not depend on what is kept
	c := newClient(t, s)
	create := ask{
		provider: invisibleCollector, method: "POST", path: "/customers",
		body: `{"name":"Acme","vatNumber":"PT1","country":"PT","externalId":"9"}`,
	}
	gid := gidOf(t, c.expect(create, 200, `"name":"Acme"`).body)
	create.body = `{"name":"Acme 2","vatNumber":"PT1","country":"PT"}`
	c.expect(create, 409, `{"code":409,"message":"Customer already registered","gid":"`+gid+`"}`)
	create.body = `{"name":"Acme 3","vatNumber":"PT3","country":"PT","externalId":"9"}`
	c.expect(create, 409, gid)
	create.body = `{"name":"Acme 4","vatNumber":"PT4","country":"PT"}`
	c.expect(create, 200, "")
	create.body = `{"name":"","vatNumber":"PT5","country":"PT"}`
	c.expect(create, 422, "")
	update := valid(invisibleCollector)
	c.expect(update, 200, "")
	create.body = `{"name":"Acme 6","vatNumber":"PT6","country":"PT","externalId":"123"}`
	c.expect(create, 409, "")
}

func TestPaysafeValuesBelongToOne(t *testing.T) {
	s := start(t, Options{Keep: -1})
	c := newClient(t, s)
	first := valid(paysafe)
	second := first
	second.path = strings.Replace(first.path, "700100200", "700100201", 1)
	c.expect(first, 200, `"customerId":"700100200"`)
	c.expect(first, 200, `"value":"anna@example.org"`)
	second.body = strings.Replace(first.body, "anna", "Anna", 1)
	c.expect(second, 409, "DW-CUSTOMER-CONFLICT")
	first.body = `{"type":"EMAIL","value":"other@example.org","verificationId":"v-1"}`
	c.expect(first, 200, "")
	c.expect(second, 409, "DW-CUSTOMER-CONFLICT") // the old value stays taken
	second.body = `{"type":"MOBILE","value":"+4917000000000"}`
	c.expect(second, 200, `"status":"NOT_VERIFIED"`)
}

func TestPaysafeTokens(t *testing.T) {
	var elapsed atomic.Int64
	clock := func() time.Time {
		return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(elapsed.Load()))
	}
	s := start(t, Options{TokenLife: 1500 * time.Millisecond, now: clock})
	c := newClient(t, s)
	c.expect(tokenAsk(), 200, `"expires_in":2`)
	c.expect(valid(paysafe), 200, "")
	elapsed.Store(int64(1500 * time.Millisecond))
	c.expect(valid(paysafe), 401, `"error":{"code":`)
	c.login()
	c.expect(valid(paysafe), 200, "")
	s.RevokeTokens(paysafe)
	c.expect(valid(paysafe), 401, "")
	if got := s.Stats(paysafe).Tokens; got != 3 {
		t.Errorf("%d tokens were given, want 3", got)
	}

	for _, tc := range []struct {
		name   string
		change func(*ask)
		status int
		part   string
	}{
		{"another brand", func(a *ask) { a.path = "/v1/auth/brands/other/token" }, 401, "invalid_client"},
		{"credentials that are not form-encoded", func(a *ask) {
			r := http.Request{Header: http.Header{}}
			r.SetBasicAuth(paysafeClient, paysafeSecret)
			a.header["Authorization"] = r.Header.Get("Authorization")
		}, 401, "invalid_client"},
		{"no credentials", func(a *ask) { a.header["Authorization"] = "" }, 401, "invalid_client"},
		{"another grant", func(a *ask) { a.body = "grant_type=password" }, 400, "unsupported_grant_type"},
		{"no grant", func(a *ask) { a.body = "scope=x" }, 400, "invalid_request"},
		{"JSON", func(a *ask) { a.header["Content-Type"] = typeJSON }, 400, ""},
		{"GET", func(a *ask) { a.method = "GET" }, 405, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := tokenAsk()
			tc.change(&a)
			newClientFor(t, c).expect(a, tc.status, tc.part)
		})
	}
}
