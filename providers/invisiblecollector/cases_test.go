package invisiblecollector_test

import (
	"slices"

	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/providertest"
)

const gid = "061d2feb-81c2-4694-a74a-13cecbe7d2ce"

var cases = providertest.Cases{
	Lookups: slices.Concat(updateLookups(), createLookups()),
	Requests: []providertest.RequestCase{
		{Name: "the vendor's example", Fields: map[string]string{
			"id": gid, "name": "John Doe Inc.", "externalId": "123", "vatNumber": "PT543219876",
			"address": "Invisible Avenue, 456", "zipCode": "1234-543", "city": "Lisbon", "country": "PT",
			"email": "john@example.com", "phone": "55598745", "locale": "pt",
		}},
		{Name: "an external id that needs escapes", Fields: map[string]string{"id": "A/7 ü?#%", "country": "PRT", "locale": "fr-fr"}},
		{Name: "a path that climbs", Code: mapping.CodeBadFormat, Field: "id", Fields: map[string]string{"id": "..", "country": "PT"}},
		{Name: "an empty id", Code: mapping.CodeRequired, Field: "id", Fields: map[string]string{"id": "", "country": "PT"}},
		{Name: "a control character in the id", Code: mapping.CodeBadFormat, Field: "id", Fields: map[string]string{"id": "1\r\n2", "country": "PT"}},
		{Name: "a new customer", Operation: "create_customer", Fields: map[string]string{
			"name": "João Sá, Lda.", "externalId": "0042", "vatNumber": "PT509442013", "country": "PT", "mobile": "+351912345678",
		}},
	},
	Answers: []providertest.AnswerCase{
		{
			Name: "a refusal with the gid of the customer in the way", Status: 200, Body: `{"code":409,"message":"Customer already registered","gid":"` + gid + `"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "409"}, Says: "Customer already registered",
		},
		{
			Name: "an object that is no customer", Status: 200, Body: `{"message":"Unprocessable request"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "does not confirm",
		},
		{
			Name: "a refusal to register, with a gid", Operation: "create_customer", Status: 200, Body: `{"success":false,"gid":"` + gid + `"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "refused"}, Says: "says that it failed",
		},
		{Name: "updated", Status: 200, Body: `{"name":"John Doe Inc.","gid":"` + gid + `","locale":"pt"}`, Want: providers.Outcome{Kind: providers.Succeeded, ID: gid}},
		{Name: "updated, keys missing", Status: 200, Body: `{"name":"John Doe Inc."}`, Want: providers.Outcome{Kind: providers.Succeeded}},
		{
			Name: "an error in a 200", Status: 200, Body: `{"code":422,"message":"Unprocessable request"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "422"}, Says: "Unprocessable request",
		},
		{
			Name: "not JSON", Status: 200, Body: `updated`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "a body that is not JSON",
		},
		{
			Name: "unknown customer", Status: 404, Body: `{"code":404,"message":"Customer not found"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "http_404"}, Says: "Customer not found",
		},
		{
			Name: "a code of its own, as a string", Status: 422, Body: `{"code":"E17","message":"Unprocessable request"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "E17"}, Says: "Unprocessable request",
		},
		{
			Name: "invalid JSON", Status: 400, Body: `{"code":"400","message":"Invalid JSON"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "http_400"}, Says: "Invalid JSON",
		},
		{
			Name: "wrong token", Status: 401, Body: `{"code":401,"message":"Credentials are required to access this resource"}`,
			Want: providers.Outcome{Kind: providers.Fatal, Code: "http_401"}, Says: "Credentials are required",
		},
		{Name: "created", Operation: "create_customer", Status: 200, Body: `{"gid":"` + gid + `"}`, Want: providers.Outcome{Kind: providers.Succeeded, ID: gid}},
		{Name: "created by 201", Operation: "create_customer", Status: 201, Body: `{"gid":"` + gid + `"}`, Want: providers.Outcome{Kind: providers.Succeeded, ID: gid}},
		{
			Name: "created without a gid", Operation: "create_customer", Status: 200, Body: `{"name":"João"}`,
			Want: providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}, Says: "expected the customer's gid",
		},
		{
			Name: "already registered", Operation: "create_customer", Status: 409, Body: `{"code":409,"message":"Customer already registered","gid":"` + gid + `"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "http_409", ID: gid}, Says: "Customer already registered",
		},
		{
			Name: "already registered, by whom it does not say", Operation: "create_customer", Status: 409, Body: `{"code":409,"message":"Customer already registered"}`,
			Want: providers.Outcome{Kind: providers.Rejected, Code: "http_409"}, Says: "Customer already registered",
		},
	},
}
