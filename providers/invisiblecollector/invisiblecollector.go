// Package invisiblecollector describes the customer API of Invisible Collector:
// updating a customer and registering one.
//
// Facts are from the vendor's pages "PUT /customers/:id" and "POST /customers" and from
// its client libraries; what neither says is listed as an assumption in the description.
package invisiblecollector

import (
	"net/http"
	"slices"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

const name = "invisiblecollector"

// New gives the provider.
func New() providers.Provider {
	return provider{[]providers.Operation{newUpdate(), newCreate()}}
}

type provider struct{ operations []providers.Operation }

func (p provider) Operations() []providers.Operation { return p.operations }

func (provider) Describe() providers.Description {
	return providers.Description{
		Name:    name,
		Title:   "Invisible Collector",
		Docs:    "PUT /customers/:id and POST /customers (Invisible Collector API reference)",
		BaseURL: "https://api.invisiblecollector.com",
		Auth:    providers.Auth{Scheme: providers.Bearer, Token: "INVISIBLECOLLECTOR_TOKEN"},
		Variables: []providers.Variable{
			{Name: "INVISIBLECOLLECTOR_TOKEN", Help: "API token of the account", Required: true, Secret: true},
		},
		Limit: providers.Limit{
			Windows:  []providers.Window{{N: 5, Per: time.Second}},
			InFlight: 4,
		},
		Check: &providers.Check{
			Request: providers.Request{
				Method: http.MethodGet,
				Path:   "/customers/00000000-0000-0000-0000-000000000000",
				Header: getHeader,
			},
			Accepted: []int{http.StatusNotFound},
			Help:     "asks for a customer that cannot exist; 404 shows that the token was taken",
		},
		Assumptions: []string{
			"no limit is published; 5 requests a second, 4 at once, is a guess on the careful side",
			"whether an update keeps or empties the fields that are not sent is not documented: only what is mapped is sent, and no field can be cleared",
			"mobile is a field of the customer in the vendor's client libraries, but not on its pages",
			"country takes the two or three letters of ISO 3166-1, as the client libraries do",
			"the gid of a 409 answer is the id of the customer that is already registered",
			"registering a customer is confirmed by status 200 or 201 and the customer's gid",
			"a token is checked before a customer is looked up, so that 404 shows that it was taken",
			"GET /customers/{id} and GET /customers/find, which are in the client libraries and on no page read here, answer the customer as an update does; a search may answer a list too, of which only a single customer settles a doubt",
			"a country may be answered in two letters where three were sent, and the other way round; any other difference leaves a request in doubt",
		},
	}
}

// The headers are shared by all requests; nobody writes to them.
var (
	header = http.Header{
		"Accept":       {"application/json"},
		"Content-Type": {"application/json; charset=utf-8"},
	}
	getHeader = http.Header{"Accept": {"application/json"}}
)

// customerFields are those of the body. Which are required differs by operation.
func customerFields(required ...string) []mapping.Field {
	fields := []mapping.Field{
		{Name: "name"},
		{Name: "externalId", Help: "the customer's id in your own system"},
		{Name: "vatNumber", Help: "the customer's number for tax purposes"},
		{Name: "address"},
		{Name: "zipCode"},
		{Name: "city"},
		{Name: "country", Format: mapping.FormatCountry, Help: "ISO 3166-1 code, two or three letters"},
		{Name: "email", Format: mapping.FormatEmail, Help: "where e-mail notifications go"},
		{Name: "phone", Help: "where SMS and voice notifications go"},
		{Name: "mobile"},
		{Name: "locale", Enum: []string{"pt", "es", "en", "fr-fr", "de", "zh-CN"}, Help: "language of the notifications; the API's default is pt"},
	}
	for i := range fields {
		fields[i].Required = slices.Contains(required, fields[i].Name)
	}
	return fields
}

// conventions: {"code":404,"message":"Customer not found"}, as the client libraries expect it.
var conventions = providers.Conventions{
	Provider: name,
	Errors:   []providers.Pointer{{Code: "/code", Message: "/message"}},
}

type update struct {
	description providers.OperationDescription
	path        *providers.Path
	body        *providers.JSONBody
}

func newUpdate() *update {
	const path = "/customers/{id}"
	id := mapping.Field{
		Name: "id", Required: true, Format: mapping.FormatPathSegment,
		Help: "the customer: its gid, or its externalId",
	}
	s := &mapping.Schema{
		Fields: append([]mapping.Field{id}, customerFields("country")...),
		Key:    []mapping.KeyField{{Field: "id", Of: "customer"}},
	}
	return &update{
		path: providers.NewPath(s, path),
		body: providers.NewJSONBody(s, "id"),
		description: providers.OperationDescription{
			Name:         "update_customer",
			Help:         "update a customer",
			Method:       http.MethodPut,
			Path:         path,
			Schema:       s,
			SafeToRepeat: true,
			RepeatNote:   "the vendor documents the request as idempotent",
			LookupNote:   "GET /customers/{id}; applied if the customer has every value that was sent",
		},
	}
}

func (u *update) Describe() providers.OperationDescription { return u.description }

func (u *update) Build(r mapping.Record) (providers.Request, error) {
	path, err := u.path.Build(r)
	if err != nil {
		return providers.Request{}, err
	}
	body, err := u.body.Encode(r)
	if err != nil {
		return providers.Request{}, err
	}
	return providers.Request{Method: http.MethodPut, Path: path, Header: header, Body: body}, nil
}

// Interpret takes 200 and a JSON object that does not call itself an error for a
// success. Keys may be missing, the gid too.
func (u *update) Interpret(_ providers.Request, r providers.Response) providers.Outcome {
	if r.Status < 200 || r.Status > 299 {
		return conventions.Failure(r)
	}
	const want = "the customer as a JSON object with status 200"
	customer, isObject := providers.ParseObject(r.Body)
	if r.Status != http.StatusOK || r.Incomplete || !isObject {
		return conventions.Unconfirmed(r, want)
	}
	// An error's body holds a gid too, that of the customer in the way.
	if doubt := conventions.Unconfirmed(r, want); doubt.Kind == providers.Rejected || customer.Has("code") || customer.Has("message") {
		return doubt
	}
	gid, _ := customer.Text("gid")
	return providers.Outcome{Kind: providers.Succeeded, ID: providers.CleanID(gid)}
}
