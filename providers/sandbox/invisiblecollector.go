package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const (
	invisibleCollector = "invisiblecollector"
	collectorToken     = "5a11db0x-sandbox-token-opens-nothing"
)

// collectorAPI follows the vendor's page PUT /customers/:id and, for errors and the
// sibling operations, the fixtures of its public client libraries.
type collectorAPI struct {
	sim    *simulation
	codes  codes
	fields []string
	// holders has by the hash of an externalId or a vatNumber the gid of the customer
	// that has it. It is kept for all customers, as it decides about conflicts.
	holders map[uint64]string
}

func newInvisibleCollector(o Options) *simulation {
	sim := &simulation{name: invisibleCollector, trouble: collectorTrouble, store: newStore(o.Keep)}
	api := &collectorAPI{
		sim: sim, codes: newCodes(), holders: map[uint64]string{},
		fields: strings.Fields("name externalId vatNumber address zipCode city country email phone mobile locale"),
	}
	sim.authorize, sim.canonical = api.authorize, api.gid
	sim.endpoints = []endpoint{
		{operation: "find_customer", method: http.MethodGet, path: "/customers/find", kind: read, parse: api.parseFind, apply: api.find},
		{operation: "get_customer", method: http.MethodGet, path: "/customers/{}", kind: read, parse: api.parseID, apply: api.get},
		{operation: "update_customer", method: http.MethodPut, path: "/customers/{}", media: typeJSON, parse: api.parseUpdate, apply: api.update},
		{operation: "create_customer", method: http.MethodPost, path: "/customers", media: typeJSON, parse: api.parseCreate, apply: api.create},
	}
	return sim
}

type collectorError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	GID     string `json:"gid,omitempty"`
}

func collectorTrouble(status int, message string) reply {
	return jsonReply(status, collectorError{Code: status, Message: message})
}

func (api *collectorAPI) authorize(c *call) *reply {
	if same(bearer(c), collectorToken) {
		return nil
	}
	r := collectorTrouble(http.StatusUnauthorized, "Credentials are required to access this resource")
	return &r
}

// bearer gives the token of a call (RFC 6750), "" if there is none.
func bearer(c *call) string {
	scheme, value, _ := strings.Cut(only(c.request.Header, "Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return value
}

func notFound() reply { return collectorTrouble(http.StatusNotFound, "Customer not found") }

func unprocessable() *reply {
	r := collectorTrouble(http.StatusUnprocessableEntity, "Unprocessable request")
	return &r
}

func (api *collectorAPI) parseID(c *call) *reply {
	c.object = c.segment
	if c.object == "." || c.object == ".." {
		r := notFound()
		return &r
	}
	return nil
}

// parseBody reads the customer and does the sanity checks that the page speaks of.
func (api *collectorAPI) parseBody(c *call) *reply {
	body, err := parseObject(c.body)
	if errors.Is(err, errNotObject) {
		return unprocessable()
	}
	if err != nil {
		r := collectorTrouble(http.StatusBadRequest, "Invalid JSON")
		return &r
	}
	c.fields = make(map[string]string, len(body)+2)
	for _, m := range body {
		text, ok := m.value.(string)
		if !ok || !slices.Contains(api.fields, m.name) {
			return unprocessable()
		}
		c.fields[m.name] = text
	}
	email, locale := c.fields["email"], c.fields["locale"]
	if !api.codes.countries[c.fields["country"]] || email != "" && !isEmail(email) || locale != "" && !isLocale(locale) {
		return unprocessable()
	}
	return nil
}

func isLocale(locale string) bool {
	return slices.Contains([]string{"pt", "es", "en", "fr-fr", "de", "zh-CN"}, locale)
}

func (api *collectorAPI) parseUpdate(c *call) *reply {
	if refusal := api.parseID(c); refusal != nil {
		return refusal
	}
	return api.parseBody(c)
}

func (api *collectorAPI) parseCreate(c *call) *reply {
	if refusal := api.parseBody(c); refusal != nil {
		return refusal
	}
	if c.fields["name"] == "" || c.fields["vatNumber"] == "" {
		return unprocessable()
	}
	// The gid is what tells retries of one creation from two creations.
	c.object = deriveGID("vat", c.fields["vatNumber"])
	if id := c.fields["externalId"]; id != "" {
		c.object = deriveGID("external", id)
	}
	return nil
}

func (api *collectorAPI) update(c *call) (reply, map[string]string) {
	if isNobody(c.object) {
		return notFound(), nil
	}
	gid := api.gid(c.object)
	if !isUUID(c.object) {
		api.hold("external", c.object, gid)
	}
	return api.write(c, gid), c.fields
}

func (api *collectorAPI) create(c *call) (reply, map[string]string) {
	external, vat := c.fields["externalId"], c.fields["vatNumber"]
	holder := api.holders[holderKey("external", external)]
	if holder == "" {
		holder = api.holders[holderKey("vat", vat)]
	}
	if holder == "" && strings.HasSuffix(vat, "409") {
		holder = deriveGID("vat", vat)
	}
	if holder != "" {
		return jsonReply(http.StatusConflict, collectorError{http.StatusConflict, "Customer already registered", holder}), nil
	}
	return api.write(c, c.object), c.fields
}

// write keeps a customer's values and answers with all that is known of them.
func (api *collectorAPI) write(c *call, gid string) reply {
	api.hold("external", c.fields["externalId"], gid)
	api.hold("vat", c.fields["vatNumber"], gid)
	api.sim.store.merge(gid, c.fields)
	return api.show(c.object, gid, c.fields)
}

// hold notes whose an externalId or a vatNumber is; the first who has it keeps it.
func (api *collectorAPI) hold(kind, value, gid string) {
	key := holderKey(kind, value)
	if _, held := api.holders[key]; value != "" && !held {
		api.holders[key] = gid
	}
}

func holderKey(kind, value string) uint64 { return fnv(fnv(fnvStart, kind), value) }

// show answers a customer: what is kept, over what was just said, over the defaults.
func (api *collectorAPI) show(id, gid string, fields map[string]string) reply {
	customer := map[string]string{"locale": "pt"}
	if !isUUID(id) {
		customer["externalId"] = id
	}
	maps.Copy(customer, fields)
	maps.Copy(customer, api.sim.store.objects[gid])
	customer["gid"] = gid
	return jsonReply(http.StatusOK, customer)
}

func (api *collectorAPI) get(c *call) (reply, map[string]string) {
	if isNobody(c.object) {
		return notFound(), nil
	}
	return api.show(c.object, api.gid(c.object), nil), nil
}

// finders are the parameters of a search and the fields that they are held against.
func finders() map[string]string {
	return map[string]string{"externalId": "externalId", "vat": "vatNumber", "email": "email", "phone": "phone"}
}

func (api *collectorAPI) parseFind(c *call) *reply {
	query := c.request.URL.Query()
	c.fields = make(map[string]string, len(query))
	for name, field := range finders() {
		if value := query.Get(name); value != "" {
			c.fields[field] = value
		}
	}
	if len(c.fields) == 0 || len(c.fields) != len(query) {
		return unprocessable()
	}
	return nil
}

// find looks at the customers that are kept, so it takes time in their number.
func (api *collectorAPI) find(c *call) (reply, map[string]string) {
	for gid, values := range api.sim.store.objects {
		found := true
		for field, value := range c.fields {
			found = found && values[field] == value
		}
		if found {
			return api.show(gid, gid, nil), nil
		}
	}
	return notFound(), nil
}

// gid gives the customer whom a gid or an external id names: all of them exist.
func (api *collectorAPI) gid(id string) string {
	if isUUID(id) {
		return strings.ToLower(id)
	}
	if gid := api.holders[holderKey("external", id)]; gid != "" {
		return gid
	}
	return deriveGID("external", id)
}

// isNobody says whether an id is one of those that no customer has. Among them is the
// nil UUID (RFC 9562, section 5.9).
func isNobody(id string) bool {
	return strings.HasSuffix(id, "404") || id == "00000000-0000-0000-0000-000000000000"
}

// deriveGID makes a UUID of version 8 (RFC 9562, section 5.8) that depends on
// nothing but the customer, so that every sandbox gives the same.
func deriveGID(kind, id string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + id))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	x := hex.EncodeToString(sum[:16])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

func isUUID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (id[i] == '-') {
			return false
		}
	}
	_, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	return err == nil
}
