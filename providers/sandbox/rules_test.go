package sandbox

import (
	"strings"
	"testing"
)

// probe is one request that shows a rule.
type probe struct {
	rule     string // its beginning
	old, new string // in the provider's valid request
	status   int
	part     string
}

func probes() []probe {
	return []probe{
		{"cleverbridge: SubscriptionId ending in 404", "S67661151", "S1404", 404, "Item not found."},
		{"cleverbridge: SubscriptionId ending in 410", "S67661151", "S1410", 200, "not active"},
		{"cleverbridge: no ContactType", `"LanguageId":"en",`, "", 400, "Missing required field."},
		{"cleverbridge: an unknown field", "City", "Town", 402, "Town"},
		{"trackfinity: customer_id or subscription_id ending in 404", "191", "1404", 404, "customer_id"},
		{"trackfinity: customer_id or subscription_id ending in 410", "191", "1410", 200, "false"},
		{"trackfinity: an unknown parameter", "firstname", "vorname", 404, "vorname"},
		{"trackfinity: no id", "customer_id=191&", "", 400, ""},
		{"trackfinity: REMOVE", "00666", "REMOVE", 200, "true"},
		{"invisiblecollector: id ending in 404", "/123", "/1404", 404, "Customer not found"},
		{"invisiblecollector: id ending in 404", "/123", "/00000000-0000-0000-0000-000000000000", 404, "Customer not found"},
		{"invisiblecollector: a country", "PT", "XX", 422, "Unprocessable request"},
		{"invisiblecollector: an update", `"city":"Lisbon",`, ``, 200, `"country":"PT"`},
		{"paysafe: customerId ending in 404", "700100200", "1404", 400, "customerId"},
		{"paysafe: a value", "example.org", "taken.example", 409, "DW-CUSTOMER-CONFLICT"},
		{"paysafe: a value", `EMAIL","value":"anna@example.org`, `MOBILE","value":"+4917000409`, 409, "DW-CUSTOMER-CONFLICT"},
		{"paysafe: an e-mail", "example.org", "unverified.example", 200, "NOT_VERIFIED"},
		{"paysafe: verificationId", `{"type"`, `{"verificationId":"expired","type"`, 400, "verificationId"},
		{"paysafe: a type other", "EMAIL", "FAX", 400, `"field":"type"`},
		{"paysafe: an expired or unknown access token", "", "", 401, ""},
	}
}

// elsewhere has the rules that take more than one request to show, and the test that
// does it.
func elsewhere() map[string]string {
	return map[string]string{
		"all: wrong credentials":                         "TestRefusesForm",
		"all: every well-formed id":                      "TestCleverbridgeKeepsContactsApart",
		"cleverbridge: with limits on":                   "TestLimitsAreEnforced",
		"paysafe: with limits on":                        "TestLimitsAreEnforced",
		"invisiblecollector: GET":                        "TestCollectorCustomersHaveTwoNames",
		"invisiblecollector: a new customer without":     "TestCollectorRegistersOnce",
		"invisiblecollector: a new customer with the ex": "TestCollectorRegistersOnce",
		"declared: what its file says":                   "TestDeclaredRefuses",
		"declared: a wrong field":                        "TestDeclaredRefuses",
		"declared: an id ending":                         "TestDeclaredRefuses",
		"declared: an idempotency key":                   "TestDeclaredKnowsKeysAgain",
	}
}

func TestRules(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	for _, rule := range Rules() {
		shown := 0
		for prefix := range elsewhere() {
			if strings.HasPrefix(rule, prefix) {
				shown++
			}
		}
		for _, p := range probes() {
			if !strings.HasPrefix(rule, p.rule) {
				continue
			}
			shown++
			t.Run(p.rule, func(t *testing.T) {
				provider, _, _ := strings.Cut(rule, ":")
				a := (&refusal{old: p.old, new: p.new}).ask(provider)
				if p.status == 401 {
					a.header = map[string]string{"Authorization": "Bearer unknown"}
				}
				newClientFor(t, c).expect(a, p.status, p.part)
			})
		}
		if shown == 0 {
			t.Errorf("no test shows the rule %q", rule)
		}
	}
}
