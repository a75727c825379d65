package openapi

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"rowpost/providers/declared"
)

// operationDrafter makes one operation.
type operationDrafter struct {
	d       *drafter
	c       candidate
	op      declared.Operation
	general []string       // notes about the operation
	notes   map[int]string // by position of the field
}

func (b *operationDrafter) note(format string, args ...any) {
	b.general = append(b.general, fmt.Sprintf(format, args...))
}

// draft says why the operation cannot be drafted; empty: it is.
func (b *operationDrafter) draft() (why string) {
	o := b.c.of
	b.op = declared.Operation{
		Name: b.name(), Help: help(o.Summary, o.Description), Method: b.c.method, Path: b.c.path, Body: "none",
	}
	if b.op.Help == "" {
		b.op.Help = b.c.method + " " + b.c.path
	}
	if o.Deprecated {
		b.note("the document calls this operation deprecated")
	}
	if why = b.parameters(); why != "" {
		return why
	}
	if why = b.body(); why != "" {
		return why
	}
	if len(b.op.Fields) == 0 {
		return "it takes no value that a row could give"
	}
	b.key()
	b.answers()
	b.repeat()
	return ""
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// name makes update_contact of updateContact, Update Contact or PATCH /contact.
func (b *operationDrafter) name() string {
	var s strings.Builder
	before := ' '
	for _, r := range b.c.title() {
		if r >= 'A' && r <= 'Z' && (before >= 'a' && before <= 'z' || before >= '0' && before <= '9') {
			s.WriteByte('_')
		}
		s.WriteRune(r)
		before = r
	}
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(s.String()), "_"), "_")
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		name = strings.ToLower(b.c.method) + "_" + name
	}
	name = strings.Trim(name, "_")
	base := name
	taken := func(op declared.Operation) bool { return op.Name == name }
	for n := 2; slices.ContainsFunc(b.d.file.Operations, taken); n++ {
		name = fmt.Sprintf("%s_%d", base, n)
	}
	return name
}

// help is one line of what a document says about something.
func help(summary, description string) string {
	s := oneLine(summary, 120)
	if s == "" {
		s, _, _ = strings.Cut(oneLine(description, 400), ". ")
		s = oneLine(s, 120)
	}
	return strings.TrimRight(s, ".")
}

// parameters drafts fields of path, query and headers; the operation's own ones count
// before those of its path.
func (b *operationDrafter) parameters() (why string) {
	var all []*openapi3.Parameter
	for _, list := range []openapi3.Parameters{b.c.of.Parameters, b.c.item.Parameters} {
		for _, ref := range list {
			known := func(p *openapi3.Parameter) bool { return p.Name == ref.Value.Name && p.In == ref.Value.In }
			if ref.Value != nil && !slices.ContainsFunc(all, known) {
				all = append(all, ref.Value)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *openapi3.Parameter) int { return slices.Index(places, a.In) - slices.Index(places, b.In) })
	for _, p := range all {
		if why = b.parameter(p); why != "" {
			return why
		}
	}
	for _, name := range pathNames.FindAllStringSubmatch(b.c.path, -1) {
		if !b.has(name[1]) {
			b.addField(declared.Field{Name: name[1], Required: true}, "the document does not say what it is")
		}
	}
	return ""
}

var (
	places    = []string{"path", "query", "header", "cookie"}
	pathNames = regexp.MustCompile(`\{([^{}]+)\}`)
)

func (b *operationDrafter) has(name string) bool {
	return slices.ContainsFunc(b.op.Fields, func(f declared.Field) bool { return f.Name == name })
}

// parameter drafts one; why says that the operation cannot do without it.
func (b *operationDrafter) parameter(p *openapi3.Parameter) (why string) {
	if p.In == "header" {
		switch name := http.CanonicalHeaderKey(p.Name); {
		case name == "Accept" || name == "Content-Type" || name == "Authorization":
			return "" // OpenAPI: such parameters say nothing
		case strings.HasSuffix(name, "Idempotency-Key"):
			b.op.IdempotencyHeader = name
			return ""
		}
	}
	left := func(reason string) string {
		what := "the " + p.In + "'s " + text(p.Name)
		if p.Required {
			return what + " is required, and " + reason
		}
		b.note("left out: %s: %s", what, reason)
		return ""
	}
	if p.In == "cookie" {
		return left("cookies cannot be sent")
	}
	schema := p.Schema
	if schema == nil || schema.Value == nil {
		return left("it has no simple schema")
	}
	s, note := simplify(schema.Value)
	f := declared.Field{
		Name: p.Name, Required: p.Required && p.In != "path", Help: help("", p.Description),
	}
	if f.Help == "" {
		f.Help = help("", s.Description)
	}
	if p.In != "path" {
		f.In = p.In
	}
	exploded := p.Explode == nil || *p.Explode
	if note2, ok := b.shape(&f, s, p.In == "query" && (p.Style == "" || p.Style == "form") && exploded); !ok {
		return left(note2)
	}
	f.ClearNull = false
	b.addField(f, note)
	return ""
}

// addField gives the field a name of its own.
func (b *operationDrafter) addField(f declared.Field, note string) {
	if b.has(f.Name) {
		place := f.In
		if place == "" {
			place = "body"
		}
		if f.As == "" {
			f.As = f.Name
		}
		for b.has(f.Name) {
			f.Name = place + "_" + f.Name
		}
	}
	b.op.Fields = append(b.op.Fields, f)
	if note != "" {
		b.notes[len(b.op.Fields)-1] = note
	}
}

// key names the field that tells which object is meant: the last of the path, else one
// whose name looks like it.
func (b *operationDrafter) key() {
	names := pathNames.FindAllStringSubmatch(b.c.path, -1)
	if len(names) > 0 {
		last := names[len(names)-1][1]
		b.op.Key = []declared.Key{{Field: last, Of: b.objectName(last)}}
		if len(names) > 1 {
			b.note("key: the path has several fields; the last is taken for the object's id")
		}
		return
	}
	best, rank := b.op.Fields[0].Name, 100
	for i := range b.op.Fields {
		f := &b.op.Fields[i]
		if f.Secret {
			continue
		}
		r := slices.IndexFunc(keyNames, func(r *regexp.Regexp) bool { return r.MatchString(strings.ToLower(f.Name)) })
		if r < 0 {
			r = len(keyNames)
		}
		if f.Required {
			r -= len(keyNames) / 2
		}
		if r < rank {
			best, rank = f.Name, r
		}
	}
	b.op.Key = []declared.Key{{Field: best, Of: b.objectName("")}}
	b.note("key: a guess: rows with the same value in it are about the same object, and are sent one after the other")
}

var keyNames = []*regexp.Regexp{
	regexp.MustCompile(`(^|[._])(external|reference|client|customer)_?id$`), regexp.MustCompile(`(^|[._])id$`),
	regexp.MustCompile(`e-?mail`), regexp.MustCompile(`(number|reference|code|sku)$`), regexp.MustCompile(`name$`),
}

// objectName is what a path is about: the word before a field, else the last one.
func (b *operationDrafter) objectName(field string) string {
	before := ""
	for segment := range strings.SplitSeq(b.c.path, "/") {
		if field != "" && strings.Contains(segment, "{"+field+"}") {
			break
		}
		if segment != "" && !strings.Contains(segment, "{") {
			before = segment
		}
	}
	before = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(before), " "), " ")
	switch {
	case strings.HasSuffix(before, "ies"):
		before = strings.TrimSuffix(before, "ies") + "y"
	case strings.HasSuffix(before, "s") && !strings.HasSuffix(before, "ss"):
		before = strings.TrimSuffix(before, "s")
	}
	if before == "" {
		return "object"
	}
	return before
}

// repeat says whether a request may be sent twice, as far as HTTP itself says it.
func (b *operationDrafter) repeat() {
	switch {
	case b.op.IdempotencyHeader != "":
		b.op.RepeatNote = "the document has the header " + b.op.IdempotencyHeader + ", by which a repeated request is known again"
	case b.c.method == http.MethodPut || b.c.method == http.MethodDelete:
		b.op.SafeToRepeat = true
		b.op.RepeatNote = b.c.method + " is idempotent by RFC 9110, section 9.2.2; the document says nothing else"
	default:
		b.op.RepeatNote = "the document does not say that a repeat does no harm"
		b.note("repeat: if a repeat does no harm, write safe_to_repeat: true and why; if the API knows a header for it, idempotency_header")
	}
}
