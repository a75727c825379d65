package mapping

import (
	"slices"
	"strconv"
	"strings"
)

// Binding is a mapping bound to one table. It is immutable and safe for concurrent use.
type Binding struct {
	header   []string
	null     []string
	of       *Mapping
	requests []*boundRequest
}

// BoundRequest is one of the mapping's requests with all that was left open settled.
type BoundRequest struct {
	ID                  string
	Provider, Operation string
	Schema              *Schema
}

type boundRequest struct {
	BoundRequest
	when  *program // nil: every row
	key   *step    // nil: by the schema
	steps []*step  // by the field's position

	// The schema's rules with positions in the place of names.
	keys   []keyAt
	groups []groupAt
}

type keyAt struct {
	field  int
	of     string
	prefix string
}

type groupAt struct {
	Group
	fields []int
}

func (r *boundRequest) rules() {
	for _, k := range r.Schema.Key {
		if i := r.Schema.Index(k.Field); i >= 0 {
			r.keys = append(r.keys, keyAt{i, k.Of, k.Prefix})
		}
	}
	for _, g := range r.Schema.Groups {
		at := groupAt{Group: g}
		for _, name := range g.Fields {
			if i := r.Schema.Index(name); i >= 0 {
				at.fields = append(at.fields, i)
			}
		}
		r.groups = append(r.groups, at)
	}
}

// nameRequests gives each request without an id its operation's name, and a number
// where that is taken.
func (b *Binding) nameRequests() {
	taken := map[string]bool{}
	for _, r := range b.requests {
		taken[r.ID] = true
	}
	for _, r := range b.requests {
		if r.ID != "" {
			continue
		}
		r.ID = r.Operation
		for n := 2; taken[r.ID]; n++ {
			r.ID = r.Operation + "_" + strconv.Itoa(n)
		}
		taken[r.ID] = true
	}
}

// Requests lists the mapping's requests in the file's order.
func (b *Binding) Requests() []BoundRequest {
	out := make([]BoundRequest, len(b.requests))
	for i, r := range b.requests {
		out[i] = r.BoundRequest
	}
	return out
}

// Uses lists the columns that the mapping reads, in the table's order.
func (b *Binding) Uses() []string {
	used := make([]bool, len(b.header))
	for _, r := range b.requests {
		for _, i := range r.reads() {
			used[i] = true
		}
	}
	var out []string
	for i, name := range b.header {
		if used[i] {
			out = append(out, name)
		}
	}
	return out
}

func (r *boundRequest) reads() []int {
	var all []int
	if r.when != nil {
		all = append(all, r.when.columns...)
	}
	if r.key != nil {
		all = append(all, r.key.columns...)
	}
	for _, s := range r.steps {
		all = append(all, s.columns...)
	}
	return all
}

// Origin says where a field's value comes from.
type Origin struct {
	Field    *Field
	Columns  []string // in the order of their use; none for a constant
	Constant bool
}

// Origins lists the fields that the mapping feeds in one request, by their position in
// the schema.
func (b *Binding) Origins(request int) []Origin {
	r := b.requests[request]
	out := make([]Origin, len(r.steps))
	for i, s := range r.steps {
		out[i] = Origin{Field: s.target, Constant: s.source.kind == fromConstant}
		for _, c := range s.columns {
			out[i].Columns = append(out[i].Columns, b.header[c])
		}
	}
	return out
}

// Column gives the source column that feeds a field, by the name that an API's answer
// gives the field: as the schema has it, in another case or with other separators, as a
// JSON pointer (/contact/eMail), or by its last parts if they are clear. Of several
// names, with commas between them, it is the column of the first that has one. It is
// empty if the field is unknown, or is fed by no column or by several: which of them is
// at fault nobody can tell.
func (b *Binding) Column(request int, field string) string {
	r := b.requests[request]
	for name := range strings.SplitSeq(field, ",") {
		name = strings.TrimSpace(name)
		i := r.answered(name, strings.Trim(strings.ReplaceAll(strings.TrimLeft(name, "#/$."), "/", "."), "."))
		at := slices.IndexFunc(r.steps, func(s *step) bool { return i >= 0 && s.field == i })
		if at >= 0 && r.steps[at].column != "" {
			return r.steps[at].column
		}
	}
	return ""
}

// answered finds the field that an answer means: by the whole name, by the name without
// its first parts (body.contact.email), and last by its last part alone. -1: none, or
// more than one.
func (r *boundRequest) answered(exact, name string) int {
	if name == "" {
		return -1
	}
	if i := r.named(func(f string) bool { return f == exact || f == name }); i >= 0 {
		return i
	}
	for rest, more := name, true; more; _, rest, more = strings.Cut(rest, ".") {
		if i := r.named(func(f string) bool { return looks(f) == looks(rest) }); i >= 0 {
			return i
		}
	}
	return r.named(func(f string) bool { return looks(lastPart(f)) == looks(lastPart(name)) })
}

// named finds the one field whose name fits; -1 if there is none or more than one.
func (r *boundRequest) named(fits func(string) bool) int {
	found := -1
	for i := range r.Schema.Fields {
		if !fits(r.Schema.Fields[i].Name) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}
