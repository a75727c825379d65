// Package cleverbridge describes the subscription API of Cleverbridge, as far as it
// changes the contact of a subscription.
//
// Facts are from the vendor's guide "Update Customer Contact Information" and its API
// reference; what no page says is listed as an assumption in the description.
package cleverbridge

import (
	"net/http"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

const (
	name = "cleverbridge"
	// updatePath is the path of all the guide's examples but one: its curl line doubles
	// the first segment.
	updatePath = "/subscription/updatecontact"
)

// New gives the provider.
func New() providers.Provider {
	return provider{[]providers.Operation{newUpdateContact()}}
}

type provider struct{ operations []providers.Operation }

func (p provider) Operations() []providers.Operation { return p.operations }

func (provider) Describe() providers.Description {
	return providers.Description{
		Name:    name,
		Title:   "Cleverbridge",
		Docs:    "Update Customer Contact Information (Cleverbridge integration guide)",
		BaseURL: "https://rest.cleverbridge.com",
		Auth: providers.Auth{
			Scheme:   providers.Basic,
			Username: "CLEVERBRIDGE_USERNAME",
			Password: "CLEVERBRIDGE_PASSWORD",
		},
		Variables: []providers.Variable{
			{Name: "CLEVERBRIDGE_USERNAME", Help: "user name of the API account", Required: true},
			{Name: "CLEVERBRIDGE_PASSWORD", Help: "password of the API account", Required: true, Secret: true},
		},
		Limit: providers.Limit{
			Windows:  []providers.Window{{N: 10, Per: time.Second}},
			InFlight: 4,
		},
		Published: providers.Limit{
			Windows:  []providers.Window{{N: 30, Per: time.Second}},
			InFlight: 4,
		},
		Check: &providers.Check{
			Request: providers.Request{
				Method: http.MethodPost,
				Path:   updatePath,
				Header: header,
				Body:   []byte("{}"),
			},
			Accepted: []int{http.StatusBadRequest, http.StatusPaymentRequired},
			Help:     "an update with an empty body: it names no subscription and so touches none; a refusal of its content (400, 402) shows that the credentials were taken",
		},
		Assumptions: []string{
			"fields that are not sent stay as they are",
			"repeating an update sets the same state again; the customer may get a second notice of it",
			"an update with an empty body is refused for its content only after the credentials were checked",
			"Salutation, SalutationId, Company, CompanyTypeId, Street2, State, StateId, Phone1, Phone2, Fax, VatId and Url belong to the same contact object in the vendor's schema, but not to this guide's example",
		},
	}
}

// header is shared by all requests; nobody writes to it.
var header = http.Header{
	"Accept":       {"application/json"},
	"Content-Type": {"application/json"},
}

func schema() *mapping.Schema {
	return &mapping.Schema{
		Fields: []mapping.Field{
			{Name: "ContactType", Required: true, Enum: []string{"LicenseeContact", "BillingContact", "DeliveryContact"}, Help: "which of the subscription's contacts"},
			{Name: "Contact.CountryId", Required: true, Format: mapping.FormatCountry2, Help: "ISO 3166-1 alpha-2 code of the country"},
			{Name: "Contact.LanguageId", Required: true, Format: mapping.FormatLanguage, Help: "ISO 639-1 code of the language"},
			{Name: "Contact.City"},
			{Name: "Contact.EMail", Format: mapping.FormatEmail, Help: "e-mail address"},
			{Name: "Contact.Firstname"},
			{Name: "Contact.Lastname"},
			{Name: "Contact.PostalCode"},
			{Name: "Contact.Street1", Help: "street and number"},
			{Name: "Contact.Street2", Help: "second line of the address"},
			{Name: "Contact.Title", Help: "title before the name"},
			{Name: "Contact.Salutation"},
			{Name: "Contact.SalutationId", Enum: []string{"MR", "MS", "MRS", "MIS"}},
			{Name: "Contact.Company"},
			{Name: "Contact.CompanyTypeId", Enum: []string{"COM", "GOV", "MIS", "NPR", "UNI"}, Help: "sort of company"},
			{Name: "Contact.State", Help: "name of the state"},
			{Name: "Contact.StateId", Help: "code of the state"},
			{Name: "Contact.Phone1"},
			{Name: "Contact.Phone2"},
			{Name: "Contact.Fax"},
			{Name: "Contact.VatId", Help: "VAT number"},
			{Name: "Contact.Url", Help: "web site"},
			{Name: "SubscriptionId", Required: true, Help: "the subscription, with or without the initial S; it must be active"},
		},
		Key: []mapping.KeyField{{Field: "SubscriptionId", Of: "subscription", Prefix: "S"}},
	}
}

type updateContact struct {
	description providers.OperationDescription
	body        *providers.JSONBody
}

func newUpdateContact() *updateContact {
	s := schema()
	return &updateContact{
		body: providers.NewJSONBody(s),
		description: providers.OperationDescription{
			Name:         "update_contact",
			Help:         "update a contact of a subscription",
			Method:       http.MethodPost,
			Path:         updatePath,
			Schema:       s,
			SafeToRepeat: true,
			RepeatNote:   "it sets a state, so a repeat changes nothing more; the customer may get a second notice",
		},
	}
}

func (u *updateContact) Describe() providers.OperationDescription { return u.description }

func (u *updateContact) Build(r mapping.Record) (providers.Request, error) {
	body, err := u.body.Encode(r)
	if err != nil {
		return providers.Request{}, err
	}
	return providers.Request{Method: http.MethodPost, Path: updatePath, Header: header, Body: body}, nil
}

// conventions: a refusal's words are in the same member as the OK.
var conventions = providers.Conventions{
	Provider: name,
	Errors:   []providers.Pointer{{Message: "/ResultMessage"}},
}

// Interpret takes only 200 with the ResultMessage OK for a success; another
// ResultMessage in a 200 is a refusal. 402 means invalid parameters, not payment.
func (u *updateContact) Interpret(_ providers.Request, r providers.Response) providers.Outcome {
	if r.Status < 200 || r.Status > 299 {
		return conventions.Failure(r)
	}
	answer, isObject := providers.ParseObject(r.Body)
	if !isObject || r.Incomplete {
		return conventions.Unconfirmed(r, want)
	}
	if r.Status == http.StatusOK && answer.Is("ResultMessage", "OK") {
		return providers.Outcome{Kind: providers.Succeeded}
	}
	message, _ := answer.Text("ResultMessage")
	if message = providers.CleanMessage(message); message == "" || message == "OK" {
		return conventions.Unconfirmed(r, want)
	}
	return providers.Outcome{Kind: providers.Rejected, Code: providers.CodeRefused, Message: message}
}

const want = "the ResultMessage OK with status 200"
