package providers_test

import (
	"strings"
	"testing"

	"rowpost/providers"
)

// The shapes in which well-known APIs and frameworks name the fields at fault.
func TestFieldsOfErrorAnswers(t *testing.T) {
	for _, c := range []struct{ name, body, field, message string }{
		{"a pointer with a position", `{"errors":[{"source":{"pointer":"/data/attributes/phones/0/number"},"detail":"bad"}]}`, "phones.number", "phones.number: bad"},
		{"a pointer as a URL's fragment", `{"errors":[{"pointer":"#/contact/eMail","detail":"bad"}]}`, "contact.eMail", "contact.eMail: bad"},
		{"a param in brackets (Stripe)", `{"error":{"type":"invalid_request_error","message":"bad","param":"address[postal_code]"}}`, "address.postal_code", "bad"},
		{"a param with a position", `{"error":{"message":"bad","param":"items[0][price]"}}`, "items.price", "bad"},
		{"a param beside a message (Chargebee)", `{"message":"bad","param":"customer[email]"}`, "customer.email", "bad"},
		{"violations (Symfony)", `{"violations":[{"propertyPath":"address.zip","message":"bad"}]}`, "address.zip", "address.zip: bad"},
		{"violations of parameters (Bean Validation)", `{"parameterViolations":[{"path":"create.arg0.email","message":"bad"}]}`, "create.arg0.email", "create.arg0.email: bad"},
		{"violations in details (Google)", `{"error":{"code":400,"message":"Invalid","details":[{"@type":"x","fieldViolations":[{"field":"email","description":"bad"}]}]}}`, "email", "Invalid: email: bad"},
		{"invalid fields (Adyen)", `{"title":"Invalid","invalidFields":[{"name":"email","message":"bad"}]}`, "email", "Invalid: email: bad"},
		{"targets in details (Azure)", `{"error":{"code":"BadArgument","message":"Invalid","details":[{"code":"Null","target":"phone","message":"bad"}]}}`, "phone", "Invalid: phone: bad"},
		{"fields in a list of errors (Salesforce)", `[{"message":"bad","errorCode":"INVALID_EMAIL","fields":["Email"]}]`, "Email", "Email: bad"},
		{"model state (ASP.NET)", `{"Message":"Invalid","ModelState":{"model.Email":["bad"]}}`, "model.Email", "Invalid: model.Email: bad"},
		{"a bare map of lists (Django)", `{"email":["bad"],"zip":["worse"]}`, "email, zip", "email: bad (and 1 more)"},
		{"objects in a map (Django)", `{"errors":{"address":{"zip":["bad"]},"email":["worse"]}}`, "address.zip, email", "address.zip: bad (and 1 more)"},
		{"a path as a list (Zod)", `{"issues":[{"path":["contact",0,"email"],"message":"bad","code":"x"}]}`, "contact.email", "contact.email: bad"},
		{"a tree of lists (Zod)", `{"errors":{"email":{"_errors":["bad"]}}}`, "email", "email: bad"},
		{"an instance's path (JSON Schema)", `{"errors":[{"instancePath":"/contact/email","message":"bad"}]}`, "contact.email", "contact.email: bad"},
		{"locations with positions (FastAPI)", `{"detail":[{"loc":["body","items",2,"sku"],"msg":"bad"},{"loc":["body","email"],"msg":"worse"}]}`, "items.sku, email", "items.sku: bad (and 1 more)"},
		{"several, the first without a field", `{"errors":[{"message":"bad"},{"field":"a","message":"worse"},{"field":"a","message":"worst"},{"field":"b","message":"b"}]}`, "a, b", "bad (and 3 more)"},
		{"a bare map that is no list of faults", `{"id":["1"],"ok":true}`, "", "bad request"},
		{"a member of a position alone", `{"errors":{"0":["bad"]}}`, "0", "0: bad"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := providers.ExtractError(providers.Response{Status: 400, Body: []byte(c.body)})
			if got.Field != c.field || got.Message != c.message {
				t.Errorf("got %q and %q", got.Field, got.Message)
			}
		})
	}
}

func TestManyFieldsAreBounded(t *testing.T) {
	var list []string
	for range 300 {
		list = append(list, `{"field":"`+strings.Repeat("f", len(list)%100)+`","message":"x"}`)
	}
	got := providers.ExtractError(providers.Response{Status: 400, Body: []byte(`{"errors":[` + strings.Join(list, ",") + "]}")})
	if len(got.Field) > 128 || !strings.HasPrefix(got.Field, "f, ff, fff, ") || got.Message != "x (and 299 more)" {
		t.Errorf("got %+v", got)
	}
}
