package declared

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rowpost/mapping"
)

// Meaning lists what of the file can change what is sent by some of its operations, in a
// stable order, each path once: provider.acme.update_contact.fields.email. Two files with
// equal clauses make the same requests of the same records. Words for people, limits, the
// address, credentials and the reading of answers are no part of it.
func (p *Provider) Meaning(operations ...string) []mapping.Clause {
	clauses := map[string]mapping.Clause{}
	for i := range p.file.Operations {
		op := &p.file.Operations[i]
		if !slices.Contains(operations, op.Name) {
			continue
		}
		clause := func(name string, texts ...string) {
			path := "provider." + p.file.Name + "." + op.Name + "." + name
			clauses[path] = mapping.Clause{Path: path, Sum: sum(texts...)}
		}
		compiled := p.operations[i].(*operation)
		clause("request", op.Method, op.Path, compiled.fixedQuery, op.Body, compiled.description.IdempotencyHeader)
		for name, values := range compiled.header {
			clause("headers."+name, values...)
		}
		for j, k := range op.Constants {
			clause("constants."+k.Name, strconv.Itoa(j), k.Value, canonicalType(k.Type))
		}
		var order []string
		for j := range op.Fields {
			f := &op.Fields[j]
			order = append(order, f.Name)
			clause("fields."+f.Name, f.meaning(compiled.places[j])...)
		}
		clause("fields", order...)
		clause("groups", op.groupTexts()...)
		clause("key", op.keyTexts()...)
	}
	out := make([]mapping.Clause, 0, len(clauses))
	for _, path := range slices.Sorted(maps.Keys(clauses)) {
		out = append(out, clauses[path])
	}
	return out
}

// meaning is what a field makes of a text, or refuses to.
func (f *Field) meaning(place string) []string {
	out := []string{
		place, f.wireName(), canonicalType(f.Type), f.Separator, strconv.Itoa(f.MaxLen), f.Format,
		f.Clear, strconv.FormatBool(f.ClearNull), strconv.FormatBool(f.Required || place == inPath),
		sorted("enum", f.Enum), sorted("reserved", f.Reserved),
	}
	for _, w := range f.FormatWhen {
		out = append(out, w.Field, w.Equals, w.Format)
	}
	return out
}

func canonicalType(text string) string { return string(typeFormat(text)) }

func (op *Operation) groupTexts() []string {
	var out []string
	for _, g := range op.Groups {
		out = append(out, sorted("exactly_one", g.ExactlyOne)+sorted("at_least_one", g.AtLeastOne))
	}
	slices.Sort(out)
	return out
}

func (op *Operation) keyTexts() []string {
	var out []string
	for _, k := range op.Key {
		out = append(out, k.Field, k.Of, k.Prefix)
	}
	return out
}

// sorted writes a list whose order means nothing.
func sorted(label string, texts []string) string {
	return canonical(append([]string{label}, slices.Sorted(slices.Values(texts))...))
}

// canonical is a writing that no two different lists have.
func canonical(texts []string) string {
	var b strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&b, "%d:%s", len(text), text)
	}
	return b.String()
}

func sum(texts ...string) [sha256.Size]byte { return sha256.Sum256([]byte(canonical(texts))) }
