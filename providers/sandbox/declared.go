package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/declared"
)

// declaredAPI serves an API from its description in a file.
type declaredAPI struct {
	sim         *simulation
	file        declared.File
	description providers.Description
	values      map[string]string // of the credentials, by variable
	signingKey  []byte            // nil: nothing is signed
	operations  []*declaredOperation
	// applied has by the hash of an idempotency key that of the content which came with
	// it. It is kept for all keys: who repeats one late is recognized too.
	applied map[uint64]uint64
}

// declaredOperation is one of a file's operations, as a server sees it.
type declaredOperation struct {
	api      *declaredAPI
	file     *declared.Operation
	schema   *mapping.Schema
	path     *regexp.Regexp // groups are the path's fields, in the order of pathNames
	literals int            // of the path: the more, the more it says
	names    []string       // fields in the path
	header   http.Header    // what each request must have
	endpoint endpoint
}

// checkDeclared refuses names under which two providers would be served.
func checkDeclared(list []*declared.Provider) error {
	taken := []string{cleverbridge, trackfinity, invisibleCollector, paysafe}
	for _, p := range list {
		name := p.Describe().Name
		if slices.Contains(taken, name) {
			return fmt.Errorf("sandbox: two providers have the name %s", name)
		}
		taken = append(taken, name)
	}
	return nil
}

func newDeclared(p *declared.Provider, o Options) *simulation {
	d := p.Describe()
	api := &declaredAPI{file: p.File(), description: d, values: declaredValues(d), applied: map[uint64]uint64{}}
	api.sim = &simulation{
		name: d.Name, authorize: api.authorize, trouble: api.trouble, canonical: api.canonical,
		perCaller: true, store: newStore(o.Keep),
	}
	if o.Limits {
		api.sim.limiter = newWindows(d)
	}
	api.serveCredentials(o)
	for i, op := range p.Operations() {
		api.operations = append(api.operations, api.newOperation(&api.file.Operations[i], op.Describe().Schema))
	}
	slices.SortStableFunc(api.operations, func(a, b *declaredOperation) int { return cmp.Compare(b.literals, a.literals) })
	for _, op := range api.operations {
		api.sim.endpoints = append(api.sim.endpoints, op.endpoint)
	}
	return api.sim
}

// serveCredentials adds what there is beside operations: tokens, and the request by which
// credentials are tried. They go first: an operation's path may fit theirs as well.
func (api *declaredAPI) serveCredentials(o Options) {
	if s := api.description.Auth.Signature; s != nil {
		api.signingKey = []byte(signingSecret)
	}
	if api.description.Auth.Scheme == providers.OAuth2 {
		api.sim.tokens = newTokens(o)
		api.sim.endpoints = append(api.sim.endpoints, endpoint{
			operation: opToken, method: http.MethodPost, path: api.tokenPath(), kind: token, media: typeForm,
			parse: anything, apply: api.grant,
		})
	}
	if c := api.file.Check; c != nil && c.Method != "" {
		api.sim.endpoints = append(api.sim.endpoints, endpoint{
			operation: "check", method: c.Method, path: c.Path, kind: read, parse: api.answerCheck,
		})
	}
}

// answerCheck takes the request by which credentials are tried. It can have an operation's
// method and path, and is told from it by its body.

func (api *declaredAPI) answerCheck(c *call) *reply {
	if string(c.body) != api.file.Check.Body {
		if i := slices.IndexFunc(api.operations, func(op *declaredOperation) bool { return op.takes(c) }); i >= 0 {
			c.endpoint = &api.operations[i].endpoint
			return api.parse(c)
		}
	}
	status := http.StatusOK
	if accepted := api.file.Check.Accepted; len(accepted) > 0 {
		status = accepted[0]
	}
	r := api.trouble(status, http.StatusText(status))
	switch {
	case status == http.StatusNoContent:
		r = reply{status: status}
	case status < 300:
		r = jsonReply(status, map[string]string{})
	}
	return &r
}

func (api *declaredAPI) newOperation(file *declared.Operation, schema *mapping.Schema) *declaredOperation {
	op := &declaredOperation{api: api, file: file, schema: schema, header: http.Header{}}
	for _, layer := range []map[string]string{api.file.Headers, file.Headers} {
		for name, value := range layer {
			op.header.Set(name, value)
		}
	}
	op.compilePath()
	op.endpoint = endpoint{
		operation: file.Name, method: file.Method, kind: declaredWrite, match: op.path.MatchString,
		parse: func(c *call) *reply { return api.parse(c) }, apply: op.apply,
	}
	return op
}

// compilePath makes an expression of a path with fields in braces; a field is never empty
// and never spans two segments.
func (op *declaredOperation) compilePath() {
	var b strings.Builder
	rest := op.file.Path
	for {
		literal, after, found := strings.Cut(rest, "{")
		b.WriteString(regexp.QuoteMeta(literal))
		op.literals += len(literal)
		if !found {
			break
		}
		var name string
		name, rest, _ = strings.Cut(after, "}")
		op.names = append(op.names, name)
		b.WriteString("([^/]+)")
	}
	op.path = regexp.MustCompile("^" + b.String() + "$")
}

// parse finds the operation that a call asks for and reads it. Several can share a method
// and a path, and differ in what is constant in them: the first that takes the call is
// meant, and if none does, the first one says why.
func (api *declaredAPI) parse(c *call) *reply {
	var first *reply
	for _, op := range api.operations {
		if !op.takes(c) {
			continue
		}
		refusal := op.read(c)
		if refusal == nil {
			c.endpoint = &op.endpoint
			return nil
		}
		if first == nil {
			first = refusal
		}
	}
	return first
}

// takes says whether a call has the operation's method and path.
func (op *declaredOperation) takes(c *call) bool {
	return op.file.Method == c.request.Method && op.path.MatchString(c.path)
}

// canonical takes away what may stand before an id or not.
func (api *declaredAPI) canonical(object string) string {
	for i := range api.file.Operations {
		for _, k := range api.file.Operations[i].Key {
			if bare, found := strings.CutPrefix(object, k.Prefix); k.Prefix != "" && found && bare != "" {
				return bare
			}
		}
	}
	return object
}

// object names what a call changes: the first key that it has. Ids of anything else than
// the first operation's object have its name before them, as subscription:5.
func (op *declaredOperation) object(fields map[string]string) string {
	for _, k := range op.file.Key {
		text := fields[k.Field]
		if text == "" {
			continue
		}
		if bare, found := strings.CutPrefix(text, k.Prefix); found && bare != "" {
			text = bare
		}
		if k.Of != op.api.file.Operations[0].Key[0].Of {
			text = k.Of + ":" + text
		}
		return text
	}
	return ""
}
