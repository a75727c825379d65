package invisiblecollector_test

import (
	"maps"
	"testing"

	"rowpost/providers"
	"rowpost/providers/invisiblecollector"
	"rowpost/providers/providertest"
)

func FuzzSettle(f *testing.F) { providertest.FuzzSettle(f, invisiblecollector.New(), cases) }

const (
	john = `{"gid":"` + gid + `","name":"John Doe Inc.","externalId":"123","vatNumber":"PT543219876","address":"Invisible Avenue, 456",` +
		`"zipCode":"1234-543","city":"Lisbon","country":"PT","email":"john@example.com","phone":"55598745","locale":"pt"}`
	joao = `{"gid":"` + gid + `","name":"João Sá, Lda.","externalId":"0042","vatNumber":"PT509442013","country":"PT","mobile":"+351912345678","locale":"pt"}`
)

func unsettled(field string) providers.Outcome {
	return providers.Outcome{Kind: providers.Unknown, Code: "unsettled", Field: field}
}

func settled() providers.Outcome { return providers.Outcome{Kind: providers.Succeeded, ID: gid} }

func answer(operation, name, body string, want providers.Outcome, says string) providertest.LookupCase {
	return providertest.LookupCase{AnswerCase: providertest.AnswerCase{
		Name: name, Operation: operation, Status: 200, Body: body, Want: want, Says: says,
	}}
}

// about makes a case one of another request.
func about(sent map[string]string, c providertest.LookupCase) providertest.LookupCase {
	c.Sent = sent
	return c
}

func unknownCustomer(operation string) providertest.LookupCase {
	return providertest.LookupCase{AnswerCase: providertest.AnswerCase{
		Name: "no such customer", Operation: operation, Status: 404, Body: `{"code":404,"message":"Customer not found"}`,
		Want: providers.Outcome{Kind: providers.Unknown, Code: "http_404"}, Says: "may still be under way (404, Customer not found)",
	}}
}

func updateLookups() []providertest.LookupCase {
	const op = "update_customer"
	minimal := map[string]string{"id": "A/7", "country": "PRT"}
	withCity := maps.Clone(minimal)
	withCity["city"] = "Faro"
	renamed := map[string]string{"id": "A/7", "externalId": "B/7", "country": "PRT"}
	return []providertest.LookupCase{
		answer(op, "all that was sent is there", john, settled(), ""),
		unknownCustomer(op),
		answer(op, "the customer without what was sent", `{"gid":"`+gid+`","country":"PT"}`, unsettled("name"), "another name than was sent, or none"),
		answer(op, "an error in a 200", `{"code":404,"message":"Customer not found","gid":"`+gid+`"}`, unsettled(""), "is no customer"),
		answer(op, "another customer", `{"gid":"161d2feb-81c2-4694-a74a-13cecbe7d2ce","country":"PT"}`, unsettled(""), "another customer"),
		about(minimal, answer(op, "a customer of that external id, country in two letters", `{"gid":"`+gid+`","externalId":"A/7","country":"PT"}`, settled(), "")),
		about(minimal, answer(op, "another country", `{"externalId":"A/7","country":"ES"}`, unsettled("country"), "another country")),
		about(minimal, answer(op, "a country that is no code", `{"externalId":"A/7","country":"Portugal"}`, unsettled("country"), "another country")),
		about(minimal, answer(op, "no word about whom", `{"country":"PT"}`, unsettled(""), "does not say about whom")),
		about(renamed, answer(op, "the external id that was sent", `{"gid":"`+gid+`","externalId":"B/7","country":"PRT"}`, unsettled(""), "another customer")),
		about(renamed, answer(op, "an external id that was not changed", `{"gid":"`+gid+`","externalId":"A/7","country":"PRT"}`, unsettled("externalId"), "another externalId")),
		about(withCity, answer(op, "a city in other letters", `{"externalId":"A/7","country":"PT","city":"FARO"}`, unsettled("city"), "another city")),
		about(withCity, answer(op, "a city twice", `{"externalId":"A/7","country":"PT","city":"Lagos","city":"Faro"}`, unsettled("city"), "another city")),
		{AnswerCase: providertest.AnswerCase{
			Name: "too many requests", Status: 429, Header: map[string]string{"Retry-After": "7"},
			Want: providers.Outcome{Kind: providers.Throttled, Code: "http_429", RetryAfter: 7e9}, Says: "too many requests",
		}},
		{AnswerCase: providertest.AnswerCase{
			Name: "a wrong token", Status: 401, Body: `{"code":401,"message":"Credentials are required to access this resource"}`,
			Want: providers.Outcome{Kind: providers.Fatal, Code: "http_401"}, Says: "Credentials are required",
		}},
		{AnswerCase: providertest.AnswerCase{
			Name: "a server that fails", Status: 500, Want: providers.Outcome{Kind: providers.Transient, Code: "http_500"}, Says: "internal server error",
		}},
		{AnswerCase: providertest.AnswerCase{
			Name: "an answer that broke off", Status: 200, Body: john, Incomplete: true,
			Want: providers.Outcome{Kind: providers.Transient, Code: "bad_response"}, Says: "broke off",
		}},
	}
}

func createLookups() []providertest.LookupCase {
	const op = "create_customer"
	byVAT := map[string]string{"name": "Ana & Filhos", "vatNumber": "PT1+2", "country": "PT"}
	return []providertest.LookupCase{
		answer(op, "one customer, as sent", joao, settled(), ""),
		answer(op, "a list of one", `[`+joao+`]`, settled(), ""),
		answer(op, "a list of two", `[`+joao+`,`+joao+`]`, unsettled(""), "not exactly one customer"),
		answer(op, "an empty list", `[]`, unsettled(""), "not exactly one customer"),
		answer(op, "a customer without a gid", `{"name":"João Sá, Lda.","externalId":"0042","vatNumber":"PT509442013","country":"PT","mobile":"+351912345678"}`, unsettled(""), "no gid"),
		answer(op, "a customer that was there before under another name", `{"gid":"`+gid+`","name":"João","externalId":"0042","vatNumber":"PT509442013","country":"PT"}`, unsettled("name"), "another name"),
		unknownCustomer(op),
		about(byVAT, answer(op, "found by VAT number", `{"gid":"`+gid+`","name":"Ana & Filhos","vatNumber":"PT1+2","country":"PT"}`, settled(), "")),
	}
}

// TestLookupByVATNumber: what stands in a query is escaped, and arrives as it was.
func TestLookupByVATNumber(t *testing.T) {
	op := invisiblecollector.New().Operations()[1]
	asked := providers.Request{Body: []byte(`{"name":"Ana","vatNumber":"PT1+2 &x=ü","country":"PT"}`)}
	q, ok := op.(providers.Lookup).Lookup(asked)
	if want := "vat=PT1%2B2+%26x%3D%C3%BC"; !ok || q.Path != "/customers/find" || q.Query != want {
		t.Errorf("%v, %s?%s, want the query %s", ok, q.Path, q.Query, want)
	}
}
