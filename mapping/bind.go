package mapping

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Target is an operation that a mapping's request can name. A provider's first target
// is its default.
type Target struct {
	Provider, Operation string
	Schema              *Schema
	// File is how a mapping names the provider if it is described in a file, as it stands
	// there: ./acme.yaml. Empty: by its name.
	File string
}

// is says whether a mapping's text names the target's provider.
func (t *Target) is(provider string) bool {
	if t.File != "" {
		return t.File == provider
	}
	return t.Provider == provider
}

// Bind holds the mapping against a table's header and the operations there are. The
// error is a *[BindError] with all problems at once: what Bind accepts can fail only by
// the content of a row.
func (m *Mapping) Bind(header []string, targets []Target) (*Binding, error) {
	b := &bind{problems: problems{file: m.File}, head: newHeader(slices.Clone(header)), targets: targets}
	for _, t := range m.columns {
		b.head.column(&b.problems, t.at, t.s)
	}
	out := &Binding{header: b.head.names, null: slices.Clone(m.Source.Null), of: m}
	for i := range m.Requests {
		out.requests = append(out.requests, b.request(&m.Requests[i]))
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	out.nameRequests()
	return out, nil
}

// bind is one binding in the making.
type bind struct {
	problems
	head    *header
	targets []Target
}

func (b *bind) request(r *Request) *boundRequest {
	out := &boundRequest{BoundRequest: BoundRequest{ID: r.ID, Provider: r.Provider}}
	if r.when != nil {
		out.when = r.when.compile(&b.problems, b.head, true)
	}
	if r.key != nil {
		out.key = b.step(r.key, nil)
	}
	target, ok := b.target(r)
	if !ok {
		for _, f := range r.fields { // their columns can be checked all the same
			b.step(f.from, nil)
		}
		return out
	}
	out.Provider, out.Operation, out.Schema = target.Provider, target.Operation, target.Schema
	out.rules()
	for _, f := range r.fields {
		b.field(out, f)
	}
	b.complete(r, out)
	return out
}

// target finds the operation that a request names.
func (b *bind) target(r *Request) (Target, bool) {
	var providers, operations []string
	for _, t := range b.targets {
		if !t.is(r.Provider) {
			if t.File == "" && !slices.Contains(providers, t.Provider) {
				providers = append(providers, t.Provider)
			}
			continue
		}
		if t.Operation == r.Operation || r.Operation == "" {
			return t, true
		}
		operations = append(operations, t.Operation)
	}
	if len(operations) == 0 {
		near, hint := didYouMean(r.Provider, providers), "the providers are "+known(providers)
		if near == "" {
			hint += "; one of your own is named by the file that describes it: ./acme.yaml"
		}
		b.add(r.doc.Provider.at, hint, "unknown provider %q%s", r.Provider, near)
	} else {
		b.add(r.doc.Operation.at, "its operations are "+known(operations), "provider %s has no operation %q%s",
			r.Provider, r.Operation, didYouMean(r.Operation, operations))
	}
	return Target{}, false
}

func (b *bind) field(out *boundRequest, plan fieldPlan) {
	i := out.Schema.Index(plan.name.s)
	if i < 0 {
		names := fieldNames(out.Schema)
		b.add(plan.name.at, "its fields are "+known(names), "%s %s has no field %q%s",
			out.Provider, out.Operation, plan.name.s, meantField(plan.name.s, names))
		b.step(plan.from, nil)
		return
	}
	step := b.step(plan.from, &out.Schema.Fields[i])
	step.names = slices.ContainsFunc(out.Schema.Key, func(k KeyField) bool { return k.Field == plan.name.s })
	step.field = i
	b.checkSource(plan.from, step)
	out.steps = append(out.steps, step)
}

func fieldNames(s *Schema) []string {
	names := make([]string, len(s.Fields))
	for i := range s.Fields {
		names[i] = s.Fields[i].Name
	}
	return names
}

// meantField is the end of a message about an unknown field: who writes EMail probably
// means Contact.EMail.
func meantField(name string, names []string) string {
	for _, n := range names {
		if n != name && looks(lastPart(n)) == looks(lastPart(name)) {
			return "; did you mean " + strconv.Quote(n) + "?"
		}
	}
	return didYouMean(name, names)
}

func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// complete checks what the mapping leaves out.
func (b *bind) complete(r *Request, out *boundRequest) {
	mapped := func(name string) bool {
		return slices.ContainsFunc(r.fields, func(f fieldPlan) bool { return f.name.s == name })
	}
	for i := range out.Schema.Fields {
		if f := &out.Schema.Fields[i]; f.Required && !mapped(f.Name) {
			hint := f.Help
			if hint != "" {
				hint = f.Name + ": " + hint // it may stand among those of other fields
			}
			b.add(r.doc.Fields.at, hint, "field %s is required by %s %s and is not mapped", f.Name, out.Provider, out.Operation)
		}
	}
	for _, g := range out.Schema.Groups {
		if !slices.ContainsFunc(g.Fields, mapped) {
			b.add(r.doc.Fields.at, "", "%s %s needs %s of the fields %s, and none is mapped", out.Provider, out.Operation, g.Kind.words(), listed(g.Fields))
		}
	}
	slices.SortStableFunc(out.steps, func(x, y *step) int { return cmp.Compare(x.field, y.field) })
}

func (k GroupKind) words() string {
	if k == ExactlyOne {
		return "exactly one"
	}
	return "at least one"
}

// step binds a source to the table's columns. The field is nil for a key, and for a
// source whose field is unknown.
func (b *bind) step(s *source, f *Field) *step {
	st := &step{source: s, target: f}
	use := func(t text) {
		if i, ok := b.head.column(&b.problems, t.at, t.s); ok {
			st.columns = append(st.columns, i)
		}
	}
	switch s.kind {
	case fromColumn:
		use(s.column)
	case fromJoin:
		for _, t := range s.columns {
			use(t)
		}
	case fromConstant: // reads nothing
	case fromExpr:
		if s.expr != nil {
			if st.program = s.expr.compile(&b.problems, b.head, false); st.program != nil {
				st.columns = st.program.columns
			}
		}
	}
	st.column = b.only(st.columns)
	return st
}

// only is the name of the column if it is a single one.
func (b *bind) only(columns []int) string {
	if len(columns) == 1 {
		return b.head.names[columns[0]]
	}
	return ""
}

// checkSource checks what a field's source says in itself: its constants, and what it
// does where there is no value.
func (b *bind) checkSource(s *source, st *step) {
	f := st.target
	if s.onEmpty == emptySend && st.names {
		b.add(s.onEmptyAt, "say omit or reject", "field %s names what is changed, so it cannot be sent empty", f.Name)
	}
	if s.onEmpty == emptyClear && !f.Clearable() {
		b.add(s.onEmptyAt, "omit leaves the field as it is", "field %s cannot be cleared: the provider has no way to do it", f.Name)
	}
	if s.fallback != nil && s.fallback.s != "" {
		b.constant(f, "default", *s.fallback)
	}
	if s.otherwise == missText && s.missText.s != "" {
		b.constant(f, "otherwise", s.missText)
	}
	if s.lookup != nil {
		b.checkLookup(f, s.lookup)
	}
	if s.kind == fromConstant {
		b.fixed(s, st)
	}
}

func (b *bind) constant(f *Field, what string, t text) {
	if r := f.refuse(t.s); r != nil {
		b.add(t.at, r.hint, "%s for field %s: %s", what, f.Name, r.it())
	}
}

func (b *bind) checkLookup(f *Field, l *lookup) {
	bad, first := 0, ""
	for key, v := range l.to {
		if v == "" {
			continue
		}
		r := f.refuse(v)
		if r == nil {
			continue
		}
		if l.at != nil {
			b.add(l.place(key), r.hint, "lookup for field %s: %s", f.Name, r.it())
		}
		if bad++; first == "" || r.it() < first {
			first = r.it()
		}
	}
	if bad > 0 && l.at == nil {
		b.add(l.fileAt, "", "lookup for field %s: %s of the file's values cannot be sent; of one: %s", f.Name, strconv.Itoa(bad), first)
	}
}

// fixed works out a constant once and for all rows.
func (b *bind) fixed(s *source, st *step) {
	v, r := st.finish(s.constant.s)
	if r != nil {
		b.add(s.constant.at, r.hint, "value for field %s: %s", st.target.Name, r.it())
		return
	}
	if v.Is == Absent {
		why := "is empty"
		if s.constant.s != "" {
			why = "is made empty by its own transforms or lookup"
		}
		b.add(s.constant.at, "leave the field out, or say what to send: on_empty: send, or clear",
			"value for field %s %s, so it would never be sent", st.target.Name, why)
	}
	st.value = &v
}
