package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

const (
	trackfinity     = "trackfinity"
	trackfinityKey  = "sandbox-key-opens-nothing"
	trackfinityUser = "sandbox_admin"
	// remove is the text by which a field is emptied.
	remove = "REMOVE"
)

// trackfinityAPI follows the vendor's page Set Customer Details and those of its
// siblings. The shape of an error and the status for wrong credentials stand nowhere.
type trackfinityAPI struct {
	sim    *simulation
	fields []string
}

func newTrackfinity(o Options) *simulation {
	sim := &simulation{
		name: trackfinity, trouble: trackfinityTrouble, canonical: func(id string) string { return id },
		store: newStore(o.Keep),
	}
	api := &trackfinityAPI{sim: sim, fields: strings.Fields(`firstname lastname email username password address1 address2
		city state country zip custom1 custom2 custom3 custom4 custom5`)}
	sim.authorize = api.authorize
	sim.endpoints = []endpoint{
		{
			operation: "set_customer_details", method: http.MethodPatch, path: "/api/customer/set_customer_details",
			media: typeForm, parse: api.parseDetails, apply: api.applyDetails,
		},
		api.lockEndpoint("lock_customer", "/api/customer/lock", "true"),
		api.lockEndpoint("unlock_customer", "/api/customer/unlock", "false"),
		{operation: "ping", method: http.MethodGet, path: "/api/service/ping", kind: read, parse: answerTrue},
	}
	return sim
}

func (api *trackfinityAPI) lockEndpoint(operation, path, locked string) endpoint {
	return endpoint{
		operation: operation, method: http.MethodPatch, path: path, media: typeForm,
		parse: func(c *call) *reply { return api.parseCustomer(c, false) },
		apply: func(c *call) (reply, map[string]string) {
			if refusal := unlucky(c.object); refusal != nil {
				return *refusal, nil
			}
			api.sim.store.merge(c.object, map[string]string{"locked": locked})
			return *answerTrue(c), c.fields
		},
	}
}

func trackfinityTrouble(status int, message string) reply {
	if status >= http.StatusInternalServerError {
		return htmlReply(status, message)
	}
	return jsonReply(status, message)
}

func answerTrue(*call) *reply {
	r := jsonReply(http.StatusOK, true)
	return &r
}

func (api *trackfinityAPI) authorize(c *call) *reply {
	if same(only(c.request.Header, "Api-Key"), trackfinityKey) && same(only(c.request.Header, "Api-Username"), trackfinityUser) {
		return nil
	}
	r := trackfinityTrouble(http.StatusUnauthorized, "Unauthorized")
	return &r
}

// only gives a header's value, or "" if it stands twice.
func only(header http.Header, name string) string {
	values := header[name]
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

func trackBad(message string) *reply {
	r := trackfinityTrouble(http.StatusBadRequest, message)
	return &r
}

// trackInvalid is 404, which the vendor uses for invalid parameters.
func trackInvalid(field string) *reply {
	r := trackfinityTrouble(http.StatusNotFound, "Invalid parameter: "+field)
	return &r
}

// parseCustomer reads the form, and from it the customer. Precedence between the two
// ids is not documented, so a client that sends both is refused.
func (api *trackfinityAPI) parseCustomer(c *call, details bool) *reply {
	form, err := parseForm(c.body)
	if err != nil {
		return trackBad("Malformed parameters")
	}
	customer, hasCustomer := form["customer_id"]
	subscription, hasSubscription := form["subscription_id"]
	switch {
	case hasCustomer == hasSubscription:
		return trackBad("Exactly one of customer_id and subscription_id is needed")
	case hasCustomer && !isID(customer):
		return trackInvalid("customer_id")
	case hasSubscription && !isID(subscription):
		return trackInvalid("subscription_id")
	case hasCustomer:
		c.object = customer
	default:
		c.object = "subscription:" + subscription
	}
	for name := range form {
		isID := name == "customer_id" || name == "subscription_id"
		if !isID && (!details || !slices.Contains(api.fields, name)) {
			return trackInvalid(name)
		}
	}
	c.fields = form
	return nil
}

// isID takes any short text in one line: the page calls ids strings.
func isID(id string) bool {
	return id != "" && len(id) <= 64 && id != remove &&
		strings.IndexFunc(id, unicode.IsControl) < 0
}

func (api *trackfinityAPI) parseDetails(c *call) *reply {
	if refusal := api.parseCustomer(c, true); refusal != nil {
		return refusal
	}
	if len(c.fields) < 2 {
		return trackBad("At least one optional parameter must be passed in")
	}
	if c.fields["password"] == remove {
		return trackInvalid("password")
	}
	if email, ok := c.fields["email"]; ok && email != "" && email != remove && !isEmail(email) {
		return trackInvalid("email")
	}
	return nil
}

func (api *trackfinityAPI) applyDetails(c *call) (reply, map[string]string) {
	if refusal := unlucky(c.object); refusal != nil {
		return *refusal, nil
	}
	if _, ok := c.fields["password"]; ok {
		c.fields["password"] = "[redacted]" // ledger and state need not know it
	}
	set := maps.Clone(c.fields)
	var cleared []string
	for name, value := range set {
		if value == remove {
			cleared = append(cleared, name)
		}
	}
	for _, name := range append(cleared, "customer_id", "subscription_id") {
		delete(set, name)
	}
	api.sim.store.merge(c.object, set, cleared...)
	return *answerTrue(c), c.fields
}

// unlucky refuses the customers that always fail.
func unlucky(id string) *reply {
	switch {
	case strings.HasSuffix(id, "404"):
		if strings.HasPrefix(id, "subscription:") {
			return trackInvalid("subscription_id")
		}
		return trackInvalid("customer_id")
	case strings.HasSuffix(id, "410"):
		r := jsonReply(http.StatusOK, false)
		return &r
	}
	return nil
}

// isEmail checks the shape only: one @ between two texts without blanks and control
// characters.
func isEmail(text string) bool {
	name, host, ok := strings.Cut(text, "@")
	return ok && name != "" && host != "" && !strings.Contains(host, "@") &&
		strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) < 0
}
