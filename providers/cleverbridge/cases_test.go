package cleverbridge_test

import (
	"time"

	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/providertest"
)

var cases = providertest.Cases{
	Requests: []providertest.RequestCase{
		{Name: "the vendor's example", Fields: map[string]string{
			"ContactType": "BillingContact", "SubscriptionId": "S67661151",
			"Contact.CountryId": "DE", "Contact.LanguageId": "en", "Contact.City": "Berlin",
			"Contact.EMail": "anna.test@example.com", "Contact.Firstname": "Anna", "Contact.Lastname": "Test",
			"Contact.PostalCode": "50667", "Contact.Street1": "Goethestr", "Contact.Title": "Miss",
		}},
		{Name: "only what is required, without the S", Fields: map[string]string{
			"ContactType": "DeliveryContact", "SubscriptionId": "67661151",
			"Contact.CountryId": "CH", "Contact.LanguageId": "de",
		}},
		{Name: "texts that need care", Fields: map[string]string{
			"ContactType": "LicenseeContact", "SubscriptionId": "S1",
			"Contact.CountryId": "DE", "Contact.LanguageId": "de", "Contact.PostalCode": "01067",
			"Contact.Company": `Müller & "Söhne" <GmbH>`, "Contact.Street1": "Haus 3\nHinterhof", "Contact.Street2": "",
		}},
		{Name: "bytes that are no text", Code: mapping.CodeBadEncoding, Field: "Contact.City", Fields: map[string]string{
			"ContactType": "BillingContact", "SubscriptionId": "S1", "Contact.CountryId": "DE", "Contact.LanguageId": "de",
			"Contact.City": "K\xf6ln",
		}},
	},
	Answers: []providertest.AnswerCase{
		{Name: "OK", Status: 200, Body: `{"ResultMessage":"OK"}`, Want: providers.Outcome{Kind: providers.Succeeded}},
		{Name: "OK among others, with white space", Status: 200, Body: "\ufeff{ \"Id\" : [1,{\"ResultMessage\":\"no\"}] , \"ResultMessage\" : \"OK\" }\n", Want: providers.Outcome{Kind: providers.Succeeded}},
		{
			Name: "a refusal in a 200", Status: 200, Body: `{"ResultMessage":"Subscription is not active."}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "refused"}, Says: "Subscription is not active.",
		},
		{
			Name: "another case of OK is a refusal", Status: 200, Body: `{"ResultMessage":"ok"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "refused"}, Says: "ok",
		},
		{
			Name: "another case of the member confirms nothing", Status: 200, Body: `{"resultMessage":"OK"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "another JSON object",
		},
		{
			Name: "no message", Status: 200, Body: `{}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "expected the ResultMessage OK",
		},
		{
			Name: "two messages confirm nothing", Status: 200, Body: `{"ResultMessage":"OK","ResultMessage":"Item not found."}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "another JSON object",
		},
		{
			Name: "a page", Status: 200, Body: "<html><title>Maintenance</title></html>",
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: `a page titled "Maintenance"`,
		},
		{
			Name: "unknown subscription", Status: 404, Body: `{"ResultMessage":"Item not found."}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "http_404"}, Says: "Item not found.",
		},
		{
			Name: "missing field", Status: 400, Body: `{"ResultMessage":"Missing required field."}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "http_400"}, Says: "Missing required field.",
		},
		{
			Name: "402 is no matter of payment", Status: 402, Body: `{"ResultMessage":"Invalid parameters."}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "http_402"}, Says: "Invalid parameters.",
		},
		{
			Name: "wrong credentials", Status: 401,
			Want: providers.Outcome{Kind: providers.Fatal, Code: "http_401"}, Says: "unauthorized",
		},
		{
			Name: "too fast", Status: 429, Body: "<html><head><title>429 Too Many Requests</title></head></html>",
			Header: map[string]string{"Content-Type": "text/html", "Retry-After": "60"},
			Want:   providers.Outcome{Kind: providers.Throttled, Code: "http_429", RetryAfter: time.Minute}, Says: "429 Too Many Requests",
		},
	},
}
