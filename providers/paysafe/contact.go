package paysafe

import (
	"net/http"
	"strings"

	"rowpost/mapping"
	"rowpost/providers"
)

const (
	typeEmail  = "EMAIL"
	typeMobile = "MOBILE"

	pathStart = "/v2/customer-persons/"
	pathEnd   = "/contact-info"
)

// header is shared by all requests; nobody writes to it.
var header = http.Header{
	"Accept":       {"application/json"},
	"Content-Type": {"application/json"},
}

// updateContactInfo changes one attribute by each call: an address and a number are two requests.
type updateContactInfo struct {
	description providers.OperationDescription
	path        *providers.Path
	body        *providers.JSONBody
	kind, value int // positions in the schema
}

func newUpdateContactInfo() *updateContactInfo {
	const path = pathStart + "{customerId}" + pathEnd
	s := &mapping.Schema{
		Fields: []mapping.Field{
			{Name: "customerId", Required: true, Format: mapping.FormatDigits, MaxLen: 20, Help: "the customer"},
			{Name: "type", Required: true, Enum: []string{typeEmail, typeMobile}, Help: "what is changed; an address and a number are two requests"},
			{Name: "value", Required: true, MaxLen: 150, Help: "the e-mail address (at most 150 characters), or the mobile number as + and digits (E.164)"},
			{Name: "verificationId", Help: "for brands that verify changes: the id of the verification, obtained beforehand (flow WALLET_UPDATE)"},
		},
		Key: []mapping.KeyField{{Field: "customerId", Of: "customer"}},
	}
	return &updateContactInfo{
		path:  providers.NewPath(s, path),
		body:  providers.NewJSONBody(s, "customerId"),
		kind:  s.Index("type"),
		value: s.Index("value"),
		description: providers.OperationDescription{
			Name:         "update_contact_info",
			Help:         "change a customer's e-mail address or mobile number",
			Method:       http.MethodPatch,
			Path:         path,
			Schema:       s,
			SafeToRepeat: false,
			RepeatNote:   "once it was applied, a repeat may be refused with 409, as the value is taken",
		},
	}
}

func (u *updateContactInfo) Describe() providers.OperationDescription { return u.description }

// Build also checks the value's shape, which depends on the type.
func (u *updateContactInfo) Build(r mapping.Record) (providers.Request, error) {
	if err := checkValue(r.Values[u.kind].Text, r.Values[u.value].Text); err != nil {
		return providers.Request{}, err
	}
	path, err := u.path.Build(r)
	if err != nil {
		return providers.Request{}, err
	}
	body, err := u.body.Encode(r)
	if err != nil {
		return providers.Request{}, err
	}
	return providers.Request{Method: http.MethodPatch, Path: path, Header: header, Body: body}, nil
}

// shapes are what value must look like, by type. The length is left to the schema: it
// allows the 150 characters of an address, and a number in E.164 is far below the 50
// that the API takes.
var shapes = map[string]struct {
	mapping.Field
	hint string // where the shape's own says nothing
}{
	typeEmail:  {mapping.Field{Name: "value", Format: mapping.FormatEmail}, "transform: [trim, email] takes blanks away and checks it; for a number the type is MOBILE"},
	typeMobile: {mapping.Field{Name: "value", Format: mapping.FormatE164}, ""},
}

func checkValue(kind, value string) error {
	shape, known := shapes[kind]
	if !known {
		return nil
	}
	refused := shape.Refuse(value)
	if refused == nil {
		return nil
	}
	refused.Msg = "with the type " + kind + " " + refused.Msg
	if refused.Hint == "" {
		refused.Hint = shape.hint
	}
	return refused
}

// conventions: {"error":{"code","message","fieldErrors":[{"field","error"}]}}, the shape of the vendor's other APIs.
var conventions = providers.Conventions{
	Provider: name,
	Errors: []providers.Pointer{{
		Code: "/error/code", Message: "/error/message", Field: "/error/fieldErrors/0/field",
	}},
}

const (
	want = "the contact that was asked for, with its status, by status 200"

	statusVerified    = "VERIFIED"
	statusNotVerified = "NOT_VERIFIED"
)

// Interpret takes 200 with the customer that was asked for and a known status for a
// success. Type and value, where the answer has them, must be those of the request. An
// answer about another customer or value confirms nothing.
func (u *updateContactInfo) Interpret(q providers.Request, r providers.Response) providers.Outcome {
	if r.Status < 200 || r.Status > 299 {
		return conventions.Failure(r)
	}
	answer, isObject := providers.ParseObject(r.Body)
	if r.Status != http.StatusOK || r.Incomplete || !isObject || !repeats(q, answer) {
		return conventions.Unconfirmed(r, want)
	}
	doubt := conventions.Unconfirmed(r, want)
	if doubt.Kind == providers.Rejected {
		return doubt
	}
	switch status, _ := answer.Text("status"); status {
	case statusVerified:
		return providers.Outcome{Kind: providers.Succeeded}
	case statusNotVerified:
		return providers.Outcome{
			Kind: providers.Succeeded, Warning: true, Code: statusNotVerified,
			Message: "the contact was changed, but Paysafe does not regard it as verified",
		}
	}
	return doubt
}

// repeats says whether an answer is about what the request asked for.
func repeats(q providers.Request, answer providers.Object) bool {
	asked, ok := providers.ParseObject(q.Body)
	return ok && sameCustomer(q.Path, answer) && sameMember(asked, answer, "type") && sameMember(asked, answer, "value")
}

// sameCustomer compares the id in the path with the answer's, which comes as a string,
// or as a number, which has lost its leading zeros.
func sameCustomer(path string, answer providers.Object) bool {
	id := strings.TrimSuffix(strings.TrimPrefix(path, pathStart), pathEnd)
	return id != "" && (answer.Is("customerId", id) || answer.IsNumber("customerId", strings.TrimLeft(id, "0")))
}

// sameMember lets an answer leave a member out. Case is no difference: the API may
// store an address in small letters.
func sameMember(asked, answer providers.Object, member string) bool {
	if !answer.Has(member) {
		return true
	}
	mine, _ := asked.Text(member)
	theirs, _ := answer.Text(member)
	return strings.EqualFold(mine, theirs)
}
