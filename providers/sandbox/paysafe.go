package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	paysafe      = "paysafe"
	paysafeBrand = "sandbox-brand"
	// RFC 6749, section 2.3.1 wants id and secret form-encoded within HTTP Basic. A
	// client that forgets it fails with these.
	paysafeClient = "sandbox/client+id:01"
	paysafeSecret = "not:a+secret/%41="
	opToken       = "token"
)

// paysafeAPI follows the vendor's pages Update Contact Info and, for tokens, the
// Embedded Wallets' guide to authentication. The shape of errors is that of the
// vendor's other APIs.
type paysafeAPI struct {
	sim *simulation
	// owners has by the hash of a value the hash of the customer who ever had it: a
	// value stays its owner's after a change. It is kept for all customers.
	owners map[uint64]uint64
}

func newPaysafe(o Options) *simulation {
	sim := &simulation{
		name: paysafe, trouble: paysafeTrouble, canonical: func(id string) string { return id },
		store: newStore(o.Keep), tokens: newTokens(o),
	}
	api := &paysafeAPI{sim: sim, owners: map[uint64]uint64{}}
	sim.authorize = api.authorize
	if o.Limits {
		sim.limiter = &bucket{every: time.Second, burst: 3}
	}
	sim.endpoints = []endpoint{
		{
			operation: "update_contact_info", method: http.MethodPatch, path: "/v2/customer-persons/{}/contact-info",
			media: typeJSON, parse: api.parse, apply: api.apply,
		},
		{operation: opToken, method: http.MethodPost, path: "/v1/auth/brands/{}/token", kind: token, media: typeForm, parse: anything, apply: api.grant},
	}
	return sim
}

type paysafeFieldError struct {
	Field string `json:"field"`
	Error string `json:"error"`
}

type paysafeError struct {
	Code        string              `json:"code"`
	Message     string              `json:"message"`
	Details     []string            `json:"details"`
	FieldErrors []paysafeFieldError `json:"fieldErrors,omitempty"`
}

func paysafeReply(status int, e paysafeError) reply {
	if e.Details == nil {
		e.Details = []string{}
	}
	return jsonReply(status, map[string]paysafeError{"error": e})
}

// paysafeTrouble uses the vendor's general codes.
func paysafeTrouble(status int, message string) reply {
	code := "1000"
	switch status {
	case http.StatusUnauthorized:
		code = "5279"
	case http.StatusTooManyRequests:
		code = "1200"
	case http.StatusBadRequest:
		code = "5023"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		code = "5269"
	}
	return paysafeReply(status, paysafeError{Code: code, Message: message})
}

func fieldError(field, message string) *reply {
	r := paysafeReply(http.StatusBadRequest, paysafeError{
		Code: "5068", Message: "Field error(s)", FieldErrors: []paysafeFieldError{{field, message}},
	})
	return &r
}

func (api *paysafeAPI) authorize(c *call) *reply {
	if api.sim.tokens.good(bearer(c), c.arrived) {
		return nil
	}
	r := paysafeTrouble(http.StatusUnauthorized, "The authentication credentials are invalid.").with("WWW-Authenticate", "Bearer")
	return &r
}

func (api *paysafeAPI) parse(c *call) *reply {
	if !isDigits(c.segment, 20) {
		return fieldError("customerId", "must be a number of at most 20 digits")
	}
	c.object = c.segment
	body, err := parseObject(c.body)
	if err != nil {
		r := paysafeTrouble(http.StatusBadRequest, "The request is not parseable.")
		return &r
	}
	c.fields = make(map[string]string, 3)
	for _, m := range body {
		text, ok := m.value.(string)
		if !slices.Contains([]string{"type", "value", "verificationId"}, m.name) {
			return fieldError(m.name, "unknown field")
		}
		if !ok || text == "" {
			return fieldError(m.name, "must be a text and not empty")
		}
		c.fields[m.name] = text
	}
	return checkContact(c)
}

func checkContact(c *call) *reply {
	value, ok := c.fields["value"]
	switch kind := c.fields["type"]; {
	case kind != "EMAIL" && kind != "MOBILE":
		return fieldError("type", "must be EMAIL or MOBILE")
	case !ok:
		return fieldError("value", "must not be null")
	case kind == "EMAIL" && (utf8.RuneCountInString(value) > 150 || !isEmail(value)):
		return fieldError("value", "must be an e-mail address of at most 150 characters")
	case kind == "MOBILE" && !isE164(value):
		return fieldError("value", "must be a number in E.164 form")
	}
	return nil
}

func isE164(text string) bool {
	digits, plus := strings.CutPrefix(text, "+")
	return plus && len(digits) >= 6 && isDigits(digits, 15)
}

func (api *paysafeAPI) apply(c *call) (reply, map[string]string) {
	kind, value := c.fields["type"], c.fields["value"]
	folded := strings.ToLower(value)
	switch {
	case strings.HasSuffix(c.object, "404"):
		return *fieldError("customerId", "customer not found"), nil
	case c.fields["verificationId"] == "expired":
		return *fieldError("verificationId", "verification has expired"), nil
	}
	key, self := fnv(fnvStart, folded), fnv(fnvStart, c.object)
	owner, owned := api.owners[key]
	if owned && owner != self || ends(kind, folded, "@taken.example", "0409") {
		return paysafeReply(http.StatusConflict, paysafeError{
			Code: "DW-CUSTOMER-CONFLICT", Message: "The value is used by another customer.",
		}), nil
	}
	api.owners[key] = self
	status := "VERIFIED"
	if ends(kind, folded, "@unverified.example", "0000") {
		status = "NOT_VERIFIED"
	}
	api.sim.store.merge(c.object, map[string]string{kind: value})
	return jsonReply(http.StatusOK, map[string]string{
		"customerId": c.object, "type": kind, "value": value, "status": status,
		"creationTime": c.arrived.UTC().Format(time.RFC3339),
	}), c.fields
}

// ends says whether a value of a kind has the ending that the rules have for it.
func ends(kind, value, email, mobile string) bool {
	if kind == "EMAIL" {
		return strings.HasSuffix(value, email)
	}
	return strings.HasSuffix(value, mobile)
}

// grant gives a token for the client's credentials (RFC 6749, sections 4.4 and 5).
// Under another brand's path they are as wrong as a wrong secret.
func (api *paysafeAPI) grant(c *call) (reply, map[string]string) {
	user, password, _ := c.request.BasicAuth()
	id, errID := url.QueryUnescape(user)
	secret, errSecret := url.QueryUnescape(password)
	if errors.Join(errID, errSecret) != nil ||
		!same(c.segment, paysafeBrand) || !same(id, paysafeClient) || !same(secret, paysafeSecret) {
		r := jsonReply(http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return r.with("WWW-Authenticate", `Basic realm="sandbox"`), nil
	}
	form, err := parseForm(c.body)
	refused := ""
	switch {
	case err != nil || form["grant_type"] == "":
		refused = "invalid_request"
	case form["grant_type"] != "client_credentials":
		refused = "unsupported_grant_type"
	}
	if refused != "" {
		return jsonReply(http.StatusBadRequest, map[string]string{"error": refused}), nil
	}
	api.sim.tally.gaveToken()
	access, life := api.sim.tokens.give(c.arrived)
	r := jsonReply(http.StatusOK, map[string]any{
		"access_token": access, "expires_in": seconds(life), "token_type": "Bearer", "scope": form["scope"],
	})
	return r.with("Cache-Control", "no-store"), nil
}

// anything is for endpoints of which apply does all.
func anything(*call) *reply { return nil }
