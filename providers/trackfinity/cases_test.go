package trackfinity_test

import (
	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/providertest"
)

var cases = providertest.Cases{
	Requests: []providertest.RequestCase{
		{Name: "the vendor's example", Fields: map[string]string{
			"customer_id": "191", "firstname": "Test", "zip": "66666", "email": "test@testmail.example", "country": "US",
		}},
		{
			Name: "by subscription, with fields cleared", Fields: map[string]string{"subscription_id": "00042", "city": "Zürich & Umgebung"},
			Cleared: []string{"address2", "custom5"},
		},
		{Name: "a password", Fields: map[string]string{"customer_id": "191", "password": "open sesame&1"}},
		{
			Name: "bytes that are no text", Code: mapping.CodeBadEncoding, Field: "city",
			Fields: map[string]string{"customer_id": "191", "city": "Z\xfcrich"},
		},
		{
			Name: "a password is never cleared", Code: mapping.CodeBadValue, Field: "password",
			Fields: map[string]string{"customer_id": "191"}, Cleared: []string{"password"},
		},
		{Name: "by customer", Operation: "lock_customer", Fields: map[string]string{"customer_id": "191"}},
		{Name: "by subscription", Operation: "unlock_customer", Fields: map[string]string{"subscription_id": "S 1"}},
	},
	Answers: []providertest.AnswerCase{
		{Name: "true", Status: 200, Body: "true", Want: providers.Outcome{Kind: providers.Succeeded}},
		{Name: "true in white space, called HTML", Status: 200, Body: "\r\n true\n", Header: map[string]string{"Content-Type": "text/html"}, Want: providers.Outcome{Kind: providers.Succeeded}},
		{
			Name: "false", Status: 200, Body: "false",
			Want: providers.Outcome{Kind: providers.Rejected, Code: "refused"}, Says: "gives no reason",
		},
		{
			Name: "an object that calls itself an error", Status: 200, Body: `{"error":"customer is closed"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "refused"}, Says: "customer is closed",
		},
		{
			Name: "an object with a message confirms nothing", Status: 200, Body: `{"message":"customer updated"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: `a JSON object that says "customer updated"`,
		},
		{
			Name: "the string true confirms nothing", Status: 200, Body: `"true"`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: `the JSON string "true"`,
		},
		{
			Name: "a page", Status: 200, Body: "<html><title>Login</title></html>",
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: `a page titled "Login"`,
		},
		{
			Name: "a redirect to https", Status: 301, Header: map[string]string{"Location": "https://tenant.example/api/customer/set_customer_details"},
			Want: providers.Outcome{Kind: providers.Fatal, Code: "http_301"}, Says: "set TRACKFINITY_BASE_URL",
		},
		{
			Name: "an invalid parameter or a wrong address", Status: 404,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "http_404"}, Says: "not found",
		},
		{Name: "locked", Operation: "lock_customer", Status: 200, Body: "true", Want: providers.Outcome{Kind: providers.Succeeded}},
		{Name: "unlocked", Operation: "unlock_customer", Status: 200, Body: "true", Want: providers.Outcome{Kind: providers.Succeeded}},
	},
}
