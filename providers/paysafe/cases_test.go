package paysafe_test

import (
	"time"

	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/providertest"
)

const address = `"type":"EMAIL","value":"Anna@example.com"`

var cases = providertest.Cases{
	Requests: []providertest.RequestCase{
		{Name: "an address", Fields: map[string]string{"customerId": "1020304050", "type": "EMAIL", "value": "Anna@example.com"}},
		{Name: "a verified number", Fields: map[string]string{
			"customerId": "00012345678901234567", "type": "MOBILE", "value": "+4915112345678", "verificationId": "a1b2-c3d4",
		}},
		{Name: "a number called an address", Code: mapping.CodeBadFormat, Field: "value", Fields: map[string]string{"customerId": "1", "type": "EMAIL", "value": "+4915112345678"}},
		{Name: "an address called a number", Code: mapping.CodeBadFormat, Field: "value", Fields: map[string]string{"customerId": "1", "type": "MOBILE", "value": "anna@example.com"}},
		{Name: "a number without its country", Code: mapping.CodeBadFormat, Field: "value", Fields: map[string]string{"customerId": "1", "type": "MOBILE", "value": "015112345678"}},
		{Name: "an address with a line break", Code: mapping.CodeBadFormat, Field: "value", Fields: map[string]string{"customerId": "1", "type": "EMAIL", "value": "anna\n@example.com"}},
		{Name: "two at signs", Code: mapping.CodeBadFormat, Field: "value", Fields: map[string]string{"customerId": "1", "type": "EMAIL", "value": "a@b@example.com"}},
	},
	Answers: []providertest.AnswerCase{
		{
			Name: "verified", Status: 200, Body: `{"customerId":"1020304050",` + address + `,"status":"VERIFIED","creationTime":"2026-03-02T09:30:00Z"}`,
			Want: providers.Outcome{Kind: providers.Succeeded},
		},
		{
			Name: "the id as a number, the address in small letters", Status: 200, Body: `{"customerId":1020304050,"type":"EMAIL","value":"anna@example.com","status":"VERIFIED"}`,
			Want: providers.Outcome{Kind: providers.Succeeded},
		},
		{
			Name: "an error beside the customer", Status: 200, Body: `{"customerId":"1020304050",` + address + `,"status":"VERIFIED","error":{"code":"5068","message":"no"}}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "5068"}, Says: "no",
		},
		{
			Name: "not verified", Status: 200, Body: `{"customerId":"1020304050",` + address + `,"status":"NOT_VERIFIED"}`,
			Want: providers.Outcome{Kind: providers.Succeeded, Warning: true, Code: "NOT_VERIFIED"}, Says: "does not regard it as verified",
		},
		{
			Name: "another customer", Status: 200, Body: `{"customerId":"1020304051",` + address + `,"status":"VERIFIED"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "the contact that was asked for",
		},
		{
			Name: "another customer, its id rounded", Status: 200, Body: `{"customerId":1.02030405e9,` + address + `,"status":"VERIFIED"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "the contact that was asked for",
		},
		{
			Name: "no customer", Status: 200, Body: `{` + address + `,"status":"VERIFIED"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "the contact that was asked for",
		},
		{
			Name: "another value", Status: 200, Body: `{"customerId":"1020304050","type":"EMAIL","value":"old@example.com","status":"VERIFIED"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "the contact that was asked for",
		},
		{
			Name: "another type", Status: 200, Body: `{"customerId":"1020304050","type":"MOBILE","status":"VERIFIED"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "the contact that was asked for",
		},
		{
			Name: "two values", Status: 200, Body: `{"customerId":"1020304050",` + address + `,"value":"old@example.com","status":"VERIFIED"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "the contact that was asked for",
		},
		{
			Name: "a status that no page names", Status: 200, Body: `{"customerId":"1020304050",` + address + `,"status":"REMOVED"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "the contact that was asked for",
		},
		{
			Name: "taken by another customer", Status: 409, Body: `{"error":{"code":"DW-CUSTOMER-CONFLICT","message":"Customer conflict","details":[],"fieldErrors":[]}}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "DW-CUSTOMER-CONFLICT"}, Says: "Customer conflict",
		},
		{
			Name: "a field at fault", Status: 400, Body: `{"error":{"code":"5068","message":"Field error(s)","details":[],"fieldErrors":[{"field":"value","error":"must be an e-mail address"}]}}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "5068", Field: "value"}, Says: "Field error(s): value: must be an e-mail address",
		},
		{
			Name: "too fast", Status: 429, Header: map[string]string{"Retry-After": "Mon, 02 Mar 2026 09:31:00 GMT", "Date": "Mon, 02 Mar 2026 09:30:30 GMT"},
			Want: providers.Outcome{Kind: providers.Throttled, Code: "http_429", RetryAfter: 30 * time.Second}, Says: "too many requests",
		},
		{
			Name: "not available says not applied", Status: 503,
			Want: providers.Outcome{Kind: providers.Transient, Code: "http_503"}, Says: "service unavailable",
		},
		{
			Name: "an internal error leaves it open", Status: 500, Body: `{"error":{"code":"5000","message":"Internal error"}}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "5000"}, Says: "Internal error",
		},
	},
}
