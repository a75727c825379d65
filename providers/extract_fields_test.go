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
		{"objects in a bare map (Django)", `{"address":{"zip":["bad"]},"email":["worse"]}`, "address.zip, email", "address.zip: bad (and 1 more)"},
		{"a list of properties in a context (HubSpot)", `{"message":"Invalid","errors":[{"message":"bad","code":"X","context":{"propertyName":["email"]}}]}`, "email", "Invalid: email: bad"},
		{"a path in parts called field (Shopify)", `{"userErrors":[{"field":["input","email"],"message":"bad"}]}`, "input.email", "input.email: bad"},
		{"a map of lists of faults (Zendesk)", `{"error":"RecordInvalid","description":"Invalid","details":{"email":[{"description":"bad","error":"InvalidValue"}]}}`, "email", "Invalid: email: bad"},
		{"what was sent, with its faults (Xero)", `{"Message":"Invalid","Elements":[{"Name":"cell","ValidationErrors":[{"Message":"bad"}]}]}`, "", "Invalid: bad"},
		{"capital letters and a frame (QuickBooks)", `{"Fault":{"Error":[{"Message":"Invalid","Detail":"bad","code":"2010","element":"PrimaryEmailAddr"}],"type":"ValidationFault"}}`, "PrimaryEmailAddr", "PrimaryEmailAddr: bad"},
		{"capital letters in a bare list (FluentValidation)", `[{"PropertyName":"Email","ErrorMessage":"bad"}]`, "Email", "Email: bad"},
		{"an issue beside a description (PayPal)", `{"name":"INVALID_REQUEST","message":"Invalid","details":[{"field":"/payer/email","value":"cell","location":"body","issue":"X","description":"bad"}]}`, "payer.email", "Invalid: payer.email: bad"},
		{"params in a frame (Recurly)", `{"error":{"type":"validation","message":"Invalid","params":[{"param":"first_name","message":"bad"}]}}`, "first_name", "Invalid: first_name: bad"},
		{"params that are what was sent", `{"message":"Invalid","params":{"email":"cell"}}`, "", "Invalid"},
		{"a source that is a text (Lexware)", `{"IssueList":[{"i18nKey":"missing_entity","source":"company.name","type":"validation_failure"}]}`, "company.name", "company.name: missing_entity"},
		{"a location (Google)", `{"error":{"code":400,"message":"bad","errors":[{"reason":"invalid","message":"bad","locationType":"parameter","location":"email"}]}}`, "email", "bad"},
		{"messages without fields (Jira)", `{"errorMessages":["bad","worse"],"errors":{}}`, "", "bad (and 1 more)"},
		{"a list of fields (AWS)", `{"message":"Invalid","fieldList":[{"path":"/email","message":"bad"}]}`, "email", "Invalid: email: bad"},
		{"embedded errors (Micronaut)", `{"message":"Invalid","_embedded":{"errors":[{"message":"bad","path":"c.email"}]}}`, "c.email", "Invalid: c.email: bad"},
		{"a message that is a list of texts (NestJS)", `{"statusCode":400,"message":["bad","worse"],"error":"Bad Request"}`, "", "Bad Request: bad (and 1 more)"},
		{"a message that is a list of faults (NestJS)", `{"statusCode":400,"message":[{"property":"email","children":[],"constraints":{"isEmail":"bad"}}],"error":"Bad Request"}`, "email", "Bad Request: email: bad"},
		{"a message that is a map (Flask)", `{"message":{"email":"bad"}}`, "email", "email: bad"},
		{"a location that is none, and a code that is none (express-validator)", `{"errors":[{"type":"field","value":"cell","msg":"bad","path":"email","location":"body"}]}`, "email", "email: bad"},
		{"a location alone that is none", `{"errors":[{"msg":"bad","location":"body"}]}`, "", "bad"},
		{"a property that an object lacks (JSON Schema)", `{"errors":[{"instancePath":"/contact","params":{"missingProperty":"email"},"message":"bad"}]}`, "contact.email", "contact.email: bad"},
		{"a property that the whole lacks (JSON Schema)", `{"errors":[{"instancePath":"","params":{"missingProperty":"email"},"message":"bad"}]}`, "email", "email: bad"},
		{"a text with its language (OData)", `{"error":{"code":"X/1","message":{"lang":"en","value":"Invalid"},"innererror":{"errordetails":[{"code":"X/1","message":"bad","propertyref":"Email"}]}}}`, "Email", "Invalid: Email: bad"},
		{"params in data (WordPress)", `{"code":"rest_invalid_param","message":"Invalid","data":{"status":400,"params":{"email":"bad"}}}`, "email", "Invalid: email: bad"},
		{"params in data that are what was sent", `{"code":"E1","message":"Invalid","data":{"params":{"email":"cell"}}}`, "", "Invalid"},
		{"a path beside a kind of error, in a frame of a frame (Strapi)", `{"error":{"name":"ValidationError","message":"Invalid","details":{"errors":[{"path":["email"],"message":"bad","name":"ValidationError"}]}}}`, "email", "Invalid: email: bad"},
		{"a status of its own (ServiceStack)", `{"responseStatus":{"errorCode":"X","message":"Invalid","errors":[{"errorCode":"X","fieldName":"Email","message":"bad"}]}}`, "Email", "Invalid: Email: bad"},
		{"a parameter's name apart (Magento)", `{"message":"bad","parameters":{"fieldName":"email"}}`, "email", "bad"},
		{"a code for words (GitHub)", `{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}`, "title", "Validation Failed"},
		{"a code for all words, and no message (Eloqua)", `[{"type":"ObjectValidationError","property":"emailAddress","value":"cell"}]`, "emailAddress", "emailAddress: ObjectValidationError"},
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
