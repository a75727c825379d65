package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// simulation is one provider: its endpoints, and what it has in common for all of
// them.
type simulation struct {
	name      string
	endpoints []endpoint
	// authorize answers a caller whose credentials it does not take.
	authorize func(*call) *reply
	// trouble shapes an answer that is not about a row, as the provider would.
	trouble func(status int, message string) reply
	// limiter is nil if no limit is enforced. perCaller says that it counts requests
	// before they are authorized.
	limiter   limiter
	perCaller bool
	// canonical gives the one name of an object that has several.
	canonical func(object string) string
	// tokens has the access tokens that are good; nil for other schemes.
	tokens *tokens

	// mu guards what the endpoints' apply functions read and write.
	mu    sync.Mutex
	store store

	tally tally
}

// kind tells endpoints apart by what a caller must bring.
type kind uint8

const (
	write         kind = iota // a body of the provider's content type; no query
	read                      // neither is looked at
	token                     // credentials of its own; no chance faults
	declaredWrite             // parse looks at headers, query and body: a file says what they are
)

// endpoint is a method on a path, and what it does.
type endpoint struct {
	operation string // as in a mapping; for reads a name of our own
	method    string
	path      string // {} stands for one segment
	// match decides about paths instead, where there is more to them; nil: path does.
	match func(path string) bool
	kind  kind
	media string // of the body
	// parse reads the call into object and fields; a reply is a refusal. It is pure.
	parse func(*call) *reply
	// apply does what was asked and gives what it changed, nil for nothing. It holds the
	// provider's lock. Where it is nil, parse answers.
	apply func(*call) (reply, map[string]string)
}

// call is a request on its way through the sandbox.
type call struct {
	sim      *simulation
	endpoint *endpoint // nil: refused before it was known what is asked for
	request  *http.Request
	path     string // escaped, below the provider's
	body     []byte
	segment  string // what stood for {}
	object   string // the object's canonical name, once it is parsed
	fields   map[string]string
	arrived  time.Time
	content  uint64 // hash of what is asked; the credentials are no part of it
	attempt  int    // how often that came, from 1; 0: nobody needs to know
	refusal  *reply // found on arrival: routing, limit or credentials
}

func (c *call) operation() string {
	if c.endpoint == nil {
		return ""
	}
	return c.endpoint.operation
}

// reply is an answer before it is sent.
type reply struct {
	status int
	media  string
	body   []byte
	header http.Header
}

const (
	mediaJSON = "application/json; charset=utf-8"
	mediaHTML = "text/html; charset=utf-8"
	typeJSON  = "application/json"
	typeForm  = "application/x-www-form-urlencoded"
)

// jsonReply panics for values that have no JSON; it is given maps, structs and
// strings only.
func jsonReply(status int, value any) reply {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return reply{status: status, media: mediaJSON, body: body}
}

func htmlReply(status int, title string) reply {
	page := "<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>\n"
	return reply{status: status, media: mediaHTML, body: []byte(page)}
}

// with adds a header's value.
func (r reply) with(name, value string) reply {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
	return r
}

// route finds the endpoint of a call and its segment. Unknown paths are 404, known
// ones with another method 405.
func (c *call) route() *reply {
	var allow []string
	for i := range c.sim.endpoints {
		e := &c.sim.endpoints[i]
		segment, ok := e.matches(c.path)
		if !ok {
			continue
		}
		if e.method != c.request.Method {
			allow = append(allow, e.method)
			continue
		}
		c.endpoint, c.segment = e, segment
		return nil
	}
	if len(allow) > 0 {
		r := c.sim.trouble(http.StatusMethodNotAllowed, "Method not allowed.").with("Allow", strings.Join(allow, ", "))
		return &r
	}
	r := c.sim.trouble(http.StatusNotFound, "Not found.")
	return &r
}

func (e *endpoint) matches(path string) (segment string, ok bool) {
	if e.match != nil {
		return "", e.match(path)
	}
	return match(e.path, path)
}

// match holds an escaped path against a pattern and gives what stands for {},
// unescaped. An empty or undecodable segment is no match.
func match(pattern, path string) (string, bool) {
	before, after, hasSegment := strings.Cut(pattern, "{}")
	if !hasSegment {
		return "", path == pattern
	}
	if len(path) <= len(before)+len(after) || !strings.HasPrefix(path, before) || !strings.HasSuffix(path, after) {
		return "", false
	}
	raw := path[len(before) : len(path)-len(after)]
	if strings.Contains(raw, "/") {
		return "", false
	}
	segment, err := url.PathUnescape(raw)
	return segment, err == nil
}

// simulate answers as the provider would, and makes the change that is asked for.
// A change that the ledger cannot keep is answered by a 500.
func (c *call) simulate(book *ledger) reply {
	if c.refusal != nil {
		return *c.refusal
	}
	if refusal := c.endpoint.parse(c); refusal != nil {
		return *refusal
	}
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	r, changed := c.endpoint.apply(c)
	if changed == nil {
		return r
	}
	repeat, err := book.apply(c, changed)
	if err != nil {
		return c.sim.trouble(http.StatusInternalServerError, "The sandbox cannot write its ledger.")
	}
	c.sim.tally.applied(repeat)
	return r
}

// store has the objects of a provider: the values last written.
type store struct {
	limit   int
	objects map[string]map[string]string
	dropped int // objects that were not kept
}

func newStore(limit int) store {
	return store{limit: limit, objects: map[string]map[string]string{}}
}

// merge writes values over those that an object has; cleared ones are removed.
func (s *store) merge(object string, set map[string]string, cleared ...string) {
	has := s.objects[object]
	if has == nil {
		if len(s.objects) >= s.limit {
			s.dropped++
			return
		}
		has = make(map[string]string, len(set))
		s.objects[object] = has
	}
	for field, value := range set {
		has[field] = value
	}
	for _, field := range cleared {
		delete(has, field)
	}
}
