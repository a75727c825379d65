package invisiblecollector

import (
	"net/http"

	"rowpost/mapping"
	"rowpost/providers"
)

const createPath = "/customers"

type create struct {
	description providers.OperationDescription
	body        *providers.JSONBody
}

func newCreate() *create {
	s := &mapping.Schema{
		Fields: customerFields("name", "vatNumber", "country"),
		Key: []mapping.KeyField{
			{Field: "externalId", Of: "customer"},
			{Field: "vatNumber", Of: "VAT number"},
		},
	}
	return &create{
		body: providers.NewJSONBody(s),
		description: providers.OperationDescription{
			Name:   "create_customer",
			Help:   "register a customer",
			Method: http.MethodPost,
			Path:   createPath,
			Schema: s,
			// A repeat after a lost answer makes no second customer if the API tells them
			// apart by VAT number or externalId, which no page says; and its 409 would
			// show a success as a failure.
			SafeToRepeat: false,
			RepeatNote:   "nothing is documented; if the first one was applied, a repeat may be answered by 409 with the gid of the customer it made",
			LookupNote:   "GET /customers/find by externalId, or by vatNumber where none was sent; applied if one customer is found that has every value that was sent",
		},
	}
}

func (c *create) Describe() providers.OperationDescription { return c.description }

func (c *create) Build(r mapping.Record) (providers.Request, error) {
	body, err := c.body.Encode(r)
	if err != nil {
		return providers.Request{}, err
	}
	return providers.Request{Method: http.MethodPost, Path: createPath, Header: header, Body: body}, nil
}

// Interpret takes 200 or 201 (RFC 9110: created) with the new customer's gid for a
// success. A 409 names the customer that is already registered by its gid: the outcome
// is a refusal with that ID.
func (c *create) Interpret(_ providers.Request, r providers.Response) providers.Outcome {
	answer, isObject := providers.ParseObject(r.Body)
	gid := ""
	if isObject && !r.Incomplete {
		gid, _ = answer.Text("gid")
		gid = providers.CleanID(gid)
	}
	doubt := conventions.Unconfirmed(r, "the customer's gid with status 200 or 201")
	switch {
	case r.Status < 200 || r.Status > 299:
		out := conventions.Failure(r)
		if r.Status == http.StatusConflict {
			out.ID = gid
		}
		return out
	case doubt.Kind == providers.Rejected || isObject && (answer.Has("code") || answer.Has("message")):
		return doubt // an error's body holds a gid too, that of the customer in the way
	case gid != "" && (r.Status == http.StatusOK || r.Status == http.StatusCreated):
		return providers.Outcome{Kind: providers.Succeeded, ID: gid}
	}
	return doubt
}
