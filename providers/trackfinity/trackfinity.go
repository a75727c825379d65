// Package trackfinity describes the customer API of Trackfinity: setting a customer's
// details, locking and unlocking a customer.
//
// Facts are from the vendor's pages "Set Customer Details", "Lock Customer", "Unlock
// Customer" and "Ping"; what no page says is listed as an assumption in the description.
package trackfinity

import (
	"bytes"
	"net/http"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

const name = "trackfinity"

// New gives the provider.
func New() providers.Provider {
	return provider{[]providers.Operation{newSetDetails(), newLock(), newUnlock()}}
}

type provider struct{ operations []providers.Operation }

func (p provider) Operations() []providers.Operation { return p.operations }

func (provider) Describe() providers.Description {
	return providers.Description{
		Name:  name,
		Title: "Trackfinity",
		Docs:  "Set Customer Details, PATCH /customer/set_customer_details (Trackfinity API reference)",
		Auth: providers.Auth{
			Scheme: providers.Headers,
			Headers: []providers.AuthHeader{
				{Header: "Api-Key", Variable: "TRACKFINITY_API_KEY"},
				{Header: "Api-Username", Variable: "TRACKFINITY_API_USERNAME"},
			},
		},
		Variables: []providers.Variable{
			{Name: "TRACKFINITY_API_KEY", Help: "API key of a full admin account; the caller's address must be on its allow list", Required: true, Secret: true},
			{Name: "TRACKFINITY_API_USERNAME", Help: "user name of that account", Required: true},
		},
		Limit: providers.Limit{
			Windows:  []providers.Window{{N: 2, Per: time.Second}},
			InFlight: 2,
		},
		Check: &providers.Check{
			Request:  providers.Request{Method: http.MethodGet, Path: "/api/service/ping", Header: pingHeader},
			Accepted: []int{http.StatusOK},
			Help:     "the API's own connection test",
		},
		Assumptions: []string{
			"no limit is published; 2 requests a second, 2 at once, is a guess on the careful side",
			"only status 200 with the JSON literal true confirms a change; false says that it failed, and any other body leaves it in doubt",
			"setting details, locking and unlocking set a state, so that a repeat changes nothing more",
			"a text REMOVE that comes from the table is never sent, as the API would clear the field",
			"an e-mail address has the shape of one",
			"the ping is answered with 200 only to a caller whose credentials were taken",
		},
	}
}

// The headers are shared by all requests; nobody writes to them.
var (
	header = http.Header{
		"Accept":       {"application/json"},
		"Content-Type": {"application/x-www-form-urlencoded"},
	}
	pingHeader = http.Header{"Accept": {"application/json"}}
)

// remove is the text by which the API clears a field (not the password).
const remove = "REMOVE"

// lookupFields name the customer. Which one counts when both are sent is not
// documented, so exactly one is.
func lookupFields() []mapping.Field {
	return []mapping.Field{
		{Name: "customer_id", Reserved: []string{remove}, Help: "the customer; this or subscription_id"},
		{Name: "subscription_id", Reserved: []string{remove}, Help: "a subscription of the customer; this or customer_id"},
	}
}

// detailFields are optional; the API wants at least one.
func detailFields() []mapping.Field {
	return []mapping.Field{
		{Name: "firstname", Clear: remove},
		{Name: "lastname", Clear: remove},
		{Name: "email", Clear: remove, Format: mapping.FormatEmail},
		{Name: "username", Clear: remove, Help: "the customer's new user name"},
		{Name: "password", Secret: true, Reserved: []string{remove}, Help: "the customer's new password; it cannot be cleared"},
		{Name: "address1", Clear: remove},
		{Name: "address2", Clear: remove},
		{Name: "city", Clear: remove},
		{Name: "state", Clear: remove},
		{Name: "country", Clear: remove, Help: "the vendor's example sends US"},
		{Name: "zip", Clear: remove},
		{Name: "custom1", Clear: remove},
		{Name: "custom2", Clear: remove},
		{Name: "custom3", Clear: remove},
		{Name: "custom4", Clear: remove},
		{Name: "custom5", Clear: remove},
	}
}

func newSchema(details []mapping.Field) *mapping.Schema {
	s := &mapping.Schema{
		Fields: append(lookupFields(), details...),
		Groups: []mapping.Group{{Kind: mapping.ExactlyOne, Fields: []string{"customer_id", "subscription_id"}}},
		Key: []mapping.KeyField{
			{Field: "customer_id", Of: "customer"},
			{Field: "subscription_id", Of: "subscription"},
		},
	}
	if len(details) > 0 {
		names := make([]string, len(details))
		for i, f := range details {
			names[i] = f.Name
		}
		s.Groups = append(s.Groups, mapping.Group{Kind: mapping.AtLeastOne, Fields: names})
	}
	return s
}

func newSetDetails() providers.Operation {
	return newPatch("set_customer_details", "set a customer's details", "/api/customer/set_customer_details", detailFields())
}

func newLock() providers.Operation {
	return newPatch("lock_customer", "lock a customer out", "/api/customer/lock", nil)
}

func newUnlock() providers.Operation {
	return newPatch("unlock_customer", "let a locked customer in again", "/api/customer/unlock", nil)
}

// patch is any of the operations: a form to a fixed address, answered by true.
type patch struct {
	description providers.OperationDescription
	body        *providers.FormBody
}

func newPatch(operation, help, path string, details []mapping.Field) *patch {
	s := newSchema(details)
	return &patch{
		body: providers.NewFormBody(s),
		description: providers.OperationDescription{
			Name:         operation,
			Help:         help,
			Method:       http.MethodPatch,
			Path:         path,
			Schema:       s,
			SafeToRepeat: true,
			RepeatNote:   "it sets a state, so a repeat changes nothing more",
		},
	}
}

func (p *patch) Describe() providers.OperationDescription { return p.description }

func (p *patch) Build(r mapping.Record) (providers.Request, error) {
	body, err := p.body.Encode(r)
	if err != nil {
		return providers.Request{}, err
	}
	return providers.Request{Method: http.MethodPatch, Path: p.description.Path, Header: header, Body: body}, nil
}

// conventions: no shape of an error is documented.
var conventions = providers.Conventions{Provider: name}

// Interpret takes only 200 with the JSON literal true for a success. A 200 that says
// that it failed (false, an object with an error) is a refusal; a page, the string
// "true" or any other object confirms nothing and leaves the change in doubt. 404 means
// an invalid parameter or a wrong address.
func (p *patch) Interpret(_ providers.Request, r providers.Response) providers.Outcome {
	switch {
	case r.Status < 200 || r.Status > 299:
		return conventions.Failure(r)
	case r.Status == http.StatusOK && !r.Incomplete && isTrue(r.Body):
		return providers.Outcome{Kind: providers.Succeeded}
	}
	return conventions.Unconfirmed(r, "the JSON literal true with status 200")
}

func isTrue(body []byte) bool {
	return string(bytes.Trim(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")) == "true"
}
