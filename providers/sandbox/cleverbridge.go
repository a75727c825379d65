package sandbox

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	cleverbridge         = "cleverbridge"
	cleverbridgeUser     = "sandbox-user"
	cleverbridgePassword = "sandbox:not/a+secret" // a colon ends the user's name only once (RFC 7617)
)

// cleverbridgeAPI follows the vendor's guide Update Customer Contact Information,
// and its schema of a contact for the fields that the guide does not show.
type cleverbridgeAPI struct {
	sim   *simulation
	codes codes
	// fields of a contact, with the values that one may have if the schema lists them.
	fields map[string][]string
}

func newCleverbridge(o Options) *simulation {
	sim := &simulation{
		name: cleverbridge, trouble: resultMessage, perCaller: true, canonical: canonicalSubscription,
		store: newStore(o.Keep),
	}
	api := &cleverbridgeAPI{sim: sim, codes: newCodes(), fields: contactFields()}
	sim.authorize = api.authorize
	if o.Limits {
		sim.limiter = &lockout{n: 30, width: 4, span: time.Second, penalty: o.Lockout}
	}
	sim.endpoints = []endpoint{{
		operation: "update_contact", method: http.MethodPost, path: "/subscription/updatecontact",
		media: typeJSON, parse: api.parse, apply: api.apply,
	}}
	return sim
}

func contactFields() map[string][]string {
	fields := map[string][]string{
		"SalutationId":  {"MR", "MS", "MRS", "MIS"},
		"CompanyTypeId": {"COM", "GOV", "MIS", "NPR", "UNI"},
	}
	for name := range strings.FieldsSeq(`CountryId LanguageId City EMail Firstname Lastname PostalCode Street1 Street2
		Title Salutation Company State StateId Phone1 Phone2 Fax VatId Url`) {
		fields[name] = nil
	}
	return fields
}

// resultMessage is the documented shape of all answers, but for the 429, which is
// a page.
func resultMessage(status int, message string) reply {
	if status == http.StatusTooManyRequests {
		return htmlReply(status, message)
	}
	return jsonReply(status, map[string]string{"ResultMessage": message})
}

func (api *cleverbridgeAPI) authorize(c *call) *reply {
	user, password, ok := c.request.BasicAuth()
	if ok && len(c.request.Header["Authorization"]) == 1 && same(user, cleverbridgeUser) && same(password, cleverbridgePassword) {
		return nil
	}
	r := resultMessage(http.StatusUnauthorized, "Unauthorized.").with("WWW-Authenticate", `Basic realm="sandbox"`)
	return &r
}

// same compares credentials without telling by its time how much of them is right.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func cleverMissing() *reply {
	r := resultMessage(http.StatusBadRequest, "Missing required field.")
	return &r
}

// cleverInvalid is 402, which the vendor uses for invalid parameters.
func cleverInvalid(field string) *reply {
	r := resultMessage(http.StatusPaymentRequired, "Invalid parameter: "+field+".")
	return &r
}

func (api *cleverbridgeAPI) parse(c *call) *reply {
	body, err := parseObject(c.body)
	if err != nil {
		r := resultMessage(http.StatusBadRequest, "Invalid request body.")
		return &r
	}
	for _, m := range body {
		if !slices.Contains([]string{"ContactType", "Contact", "SubscriptionId"}, m.name) {
			return cleverInvalid(m.name)
		}
	}
	c.fields = make(map[string]string, 16)
	if refusal := api.parseHead(c, body); refusal != nil {
		return refusal
	}
	return api.parseContact(c, body)
}

func (api *cleverbridgeAPI) parseHead(c *call, body object) *reply {
	kind, hasKind := body.get("ContactType")
	id, hasID := body.get("SubscriptionId")
	if !hasKind || !hasID || kind == "" || id == "" {
		return cleverMissing()
	}
	text, ok := id.(string)
	if !ok || !isDigits(strings.TrimPrefix(text, "S"), 20) {
		return cleverInvalid("SubscriptionId")
	}
	c.object = canonicalSubscription(text)
	c.fields["SubscriptionId"] = text
	c.fields["ContactType"] = contactType(kind)
	if c.fields["ContactType"] == "" {
		return cleverInvalid("ContactType")
	}
	return nil
}

// contactType gives the name of a kind of contact, which may be sent as a number;
// "" if there is none.
func contactType(value any) string {
	if n, ok := value.(json.Number); ok {
		value = n.String()
	}
	switch value {
	case "0", "LicenseeContact":
		return "LicenseeContact"
	case "1", "BillingContact":
		return "BillingContact"
	case "2", "DeliveryContact":
		return "DeliveryContact"
	}
	return ""
}

func (api *cleverbridgeAPI) parseContact(c *call, body object) *reply {
	value, ok := body.get("Contact")
	if !ok {
		return cleverMissing()
	}
	contact, ok := value.(object)
	if !ok {
		return cleverInvalid("Contact")
	}
	for _, m := range contact {
		text, isText := m.value.(string)
		allowed, known := api.fields[m.name]
		if !isText || !known || text != "" && allowed != nil && !slices.Contains(allowed, text) {
			return cleverInvalid("Contact." + m.name)
		}
		c.fields["Contact."+m.name] = text
	}
	country, language := c.fields["Contact.CountryId"], c.fields["Contact.LanguageId"]
	switch {
	case country == "" || language == "":
		return cleverMissing()
	case len(country) != 2 || !api.codes.countries[country]:
		return cleverInvalid("Contact.CountryId")
	case !api.codes.languages[language]:
		return cleverInvalid("Contact.LanguageId")
	}
	return nil
}

func (api *cleverbridgeAPI) apply(c *call) (reply, map[string]string) {
	switch {
	case strings.HasSuffix(c.object, "404"):
		return resultMessage(http.StatusNotFound, "Item not found."), nil
	case strings.HasSuffix(c.object, "410"):
		return resultMessage(http.StatusOK, "The subscription is not active."), nil
	}
	kind := c.fields["ContactType"]
	set := make(map[string]string, len(c.fields))
	for name, value := range c.fields {
		if field, ok := strings.CutPrefix(name, "Contact."); ok {
			set[kind+"."+field] = value
		}
	}
	api.sim.store.merge(c.object, set)
	return resultMessage(http.StatusOK, "OK"), c.fields
}

// canonicalSubscription writes the initial S that may be left out.
func canonicalSubscription(id string) string {
	if strings.HasPrefix(id, "S") {
		return id
	}
	return "S" + id
}

// isDigits says whether a text is one to most decimal digits.
func isDigits(text string, most int) bool {
	if text == "" || len(text) > most {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
