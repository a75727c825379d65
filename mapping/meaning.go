package mapping

import (
	"crypto/sha256"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// Clause is one part of what a mapping means, as a sum: what it says may be private.
type Clause struct {
	Path string // as people know it: source.encoding, requests.billing.fields.Contact.EMail
	Sum  [sha256.Size]byte
}

// Meaning lists what of the mapping can change what is sent, in a stable order, each path
// once. Two mappings with equal clauses make the same requests of a table: name,
// comments, layout, the order of keys, and columns that must just be there are no part of
// it, and what is left out means the same as its default written out. What a lookup's file
// holds is a part, wherever it is kept.
func (b *Binding) Meaning() []Clause {
	m := meaning{}
	m.source(&b.of.Source)
	var order form
	for i, r := range b.requests {
		order.add("id", r.ID)
		m.request("requests."+r.ID, r, &b.of.Requests[i])
	}
	m.clause("requests", order)
	out := make([]Clause, 0, len(m))
	for _, path := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Clause{path, sha256.Sum256(m[path])})
	}
	return out
}

// meaning collects the clauses that say something; those at their default are left out,
// so that a later program with more of them finds the same meaning.
type meaning map[string]form

// clause adds to what is there: an id may hold dots, and make one path of two.
func (m meaning) clause(path string, f form) {
	if len(f) > 0 {
		m[path] = append(m[path], f...)
	}
}

func (m meaning) source(o *SourceOptions) {
	option := func(name, value string) {
		if value != "" {
			m.clause("source."+name, text1(value))
		}
	}
	option("delimiter", o.Delimiter)
	option("encoding", o.Encoding)
	option("sheet", o.Sheet)
	if o.Header > 1 { // the first line with text is the default, and 1 says the same
		option("header", strconv.Itoa(o.Header))
	}
	null := slices.DeleteFunc(slices.Clone(o.Null), func(s string) bool { return s == "" })
	slices.Sort(null)
	if null = slices.Compact(null); len(null) > 0 {
		var f form
		f.add("null", null...)
		m.clause("source.null", f)
	}
}

// request takes what Bind settled from the binding, and the rest from the file.
func (m meaning) request(path string, bound *boundRequest, r *Request) {
	m.clause(path+".provider", text1(bound.Provider))
	m.clause(path+".operation", text1(bound.Operation))
	if r.when != nil {
		m.clause(path+".when", r.when.form())
	}
	if r.key != nil {
		m.clause(path+".key", r.key.form())
	}
	for _, field := range r.fields {
		m.clause(path+".fields."+field.name.s, field.from.form())
	}
}

// form is a canonical writing of something: no two different things have the same.
type form []byte

func text1(s string) form {
	var f form
	f.add("", s)
	return f
}

// add appends a labelled list of texts.
func (f *form) add(label string, texts ...string) {
	*f = strconv.AppendInt(*f, int64(len(texts)), 10)
	for _, s := range append([]string{label}, texts...) {
		*f = strconv.AppendInt(append(*f, ' '), int64(len(s)), 10)
		*f = append(append(*f, ':'), s...)
	}
	*f = append(*f, '\n')
}

func (s *source) form() form {
	var f form
	switch s.kind {
	case fromColumn:
		f.add("column", s.column.s)
	case fromConstant:
		f.add("value", s.constant.s)
	case fromExpr:
		f.add("expr", string(s.expr.form()))
	case fromJoin:
		f.add("join", append([]string{s.with}, texts(s.columns)...)...)
	}
	for _, t := range s.doc.Transform {
		f.add("transform", t.form()...)
	}
	if s.lookup != nil {
		f.add("lookup", s.lookup.form()...)
	}
	if s.otherwise != missReject {
		f.add("otherwise", strconv.Itoa(int(s.otherwise)), s.missText.s)
	}
	if s.fallback != nil && s.fallback.s != "" {
		f.add("default", s.fallback.s)
	}
	if s.onEmpty != emptyOmit {
		f.add("on_empty", onEmptyWords()[s.onEmpty])
	}
	return f
}

func (l *lookup) form() []string {
	pairs := make([]string, 0, 2*len(l.to))
	for _, key := range slices.Sorted(maps.Keys(l.to)) {
		pairs = append(pairs, key, l.to[key])
	}
	return pairs
}

// form gives the expression's words, without blanks, comments and the kind of quotes: its
// parser sees no more of it.
func (x *expression) form() form {
	var f form
	tokens, err := lexer.Lex(file.NewSource(x.text.s))
	if err != nil { // it was parsed, so this cannot be; the text itself is stricter
		return text1(strings.TrimSpace(x.text.s))
	}
	for _, t := range tokens {
		f.add(string(t.Kind), t.Value)
	}
	return f
}

// form gives a transform's name and what it was told, defaults written out.
func (t *transformDoc) form() []string {
	all := transforms()
	i := slices.IndexFunc(all, func(def transformDef) bool { return def.name == t.name.s })
	if i < 0 || all[i].arg == nil {
		return []string{t.name.s}
	}
	node := t.arg
	if node == nil {
		node = none(t.name.at)
	}
	arg := reflect.New(all[i].arg).Elem()
	(&decoder{}).value(node, arg)
	return append([]string{t.name.s}, told(arg, transformDefaults()[t.name.s])...)
}

// transformDefaults are the texts that optional keys of transforms have when they are left out.
func transformDefaults() map[string]map[string][]string {
	return map[string]map[string][]string{
		"pad_left": {"with": {"0"}},
		"replace":  {"with": {""}},
		"date":     {"to": {defaultLayout}, "years_from": {""}},
		"number":   {"decimal": {"."}, "group": {""}, "scale": {""}, "round": {""}},
		"bool":     {"true": counted(boolDefaults(true)), "false": counted(boolDefaults(false))},
		"phone":    {"region": {""}, "check": {"valid"}},
	}
}

// counted is a list's canonical form: how long it is, and what is in it.
func counted(list []string) []string {
	return append([]string{strconv.Itoa(len(list))}, list...)
}

// told writes out a decoded argument, whatever its type; places are no part of it.
func told(v reflect.Value, defaults map[string][]string) []string {
	switch v.Kind() {
	case reflect.String:
		return []string{v.String()}
	case reflect.Int:
		return []string{strconv.FormatInt(v.Int(), 10)}
	case reflect.Pointer:
		return told(v.Elem(), defaults)
	case reflect.Slice:
		var items []string
		for i := range v.Len() {
			items = append(items, told(v.Index(i), nil)...)
		}
		return counted(items)
	case reflect.Struct:
	default:
		panic("a transform's argument is of a kind without a canonical form: " + v.Type().String())
	}
	var out []string
	for i := range v.NumField() {
		field, tag := v.Field(i), v.Type().Field(i).Tag.Get("yaml")
		switch {
		case field.Type() == reflect.TypeFor[pos]():
		case field.Kind() == reflect.Pointer && field.IsNil():
			out = append(append(out, tag), defaults[tag]...)
		case tag != "":
			out = append(append(out, tag), told(field, defaults)...)
		default:
			out = append(out, told(field, defaults)...)
		}
	}
	return out
}
