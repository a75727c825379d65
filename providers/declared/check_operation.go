package declared

import (
	"net/http"
	"slices"
	"strings"

	"rowpost/mapping"
)

// operationChecker checks one operation.
type operationChecker struct {
	*checker
	op   *Operation
	path string // of the operation in the file
}

func (o *operationChecker) check() {
	op, path := o.op, o.path+"."
	before := o.Problems()
	if o.need(path+"name", op.Name, "as mappings name it: update_customer") && !operationName.MatchString(op.Name) {
		o.Add(path+"name", "", "an operation's name must be small letters and digits, with underscores between words")
	}
	o.need(path+"help", op.Help, "what it does, one line")
	o.line(path+"help", op.Help)
	o.need(path+"repeat_note", op.RepeatNote, "what happens if the same request is sent twice")
	o.line(path+"repeat_note", op.RepeatNote)
	if o.need(path+"method", op.Method, "POST, PUT, PATCH, DELETE or GET") {
		o.word(path+"method", op.Method, "POST", "PUT", "PATCH", "DELETE", "GET")
	}
	if o.need(path+"body", op.Body, "json, form or none") {
		o.word(path+"body", op.Body, bodyJSON, bodyForm, bodyNone)
	}
	if op.Method == http.MethodGet && op.Body != bodyNone && op.Body != "" {
		o.Add(path+"body", "", "a GET has no body: write none")
	}
	if o.need(path+"path", op.Path, "such as /customers/{id}") {
		o.address(path+"path", op.Path, o.fieldNames())
	}
	o.checkHeaders(path+"headers", op.Headers)
	o.checkErrors(path+"errors", op.Errors)
	o.checkAnswers(path+"answers", op.Answers)
	if op.IdempotencyHeader != "" {
		o.checkIdempotencyHeader(path+"idempotency_header", http.CanonicalHeaderKey(op.IdempotencyHeader))
	}
	o.checkFields()
	o.checkConstants()
	o.checkGroups()
	o.checkKey()
	o.checkSuccess()
	o.checkIDs()
	if o.Problems() == before && !o.misread {
		o.checkPlaces()
		o.schemaProblems(path+"fields", op.schema())
	}
}

// checkIdempotencyHeader sees that nothing else travels in the header of a request's key.
func (o *operationChecker) checkIdempotencyHeader(path, name string) {
	o.header(path, name)
	for _, list := range []map[string]string{o.file.Headers, o.op.Headers, {"Content-Type": ""}} {
		for other := range list {
			if http.CanonicalHeaderKey(other) == name {
				o.Add(path, "such as Idempotency-Key", "something else travels in the header %s", name)
				return
			}
		}
	}
}

// fieldNames are never nil: a path may hold fields.
func (o *operationChecker) fieldNames() []string {
	names := []string{}
	for i := range o.op.Fields {
		names = append(names, o.op.Fields[i].Name)
	}
	return names
}

// field notes a name that no field has.
func (o *operationChecker) field(path, name string) bool {
	if names := o.fieldNames(); !slices.Contains(names, name) {
		o.Add(path, "", "operation %s has no field %q%s", o.op.Name, name, mapping.DidYouMean(name, names))
		return false
	}
	return true
}

func (o *operationChecker) checkGroups() {
	for i, g := range o.op.Groups {
		path := at(o.path+".groups", i)
		list, key := g.ExactlyOne, ".exactly_one"
		if len(list) == 0 {
			list, key = g.AtLeastOne, ".at_least_one"
		}
		if len(g.ExactlyOne) > 0 == (len(g.AtLeastOne) > 0) {
			o.Add(path, "", "give exactly_one or at_least_one")
			continue
		}
		if len(list) < 2 {
			o.Add(path+key, "", "a group has two fields or more")
		}
		for j, name := range list {
			if o.field(at(path+key, j), name) && slices.Contains(list[:j], name) {
				o.Add(at(path+key, j), "", "field %s stands here a second time", name)
			}
		}
	}
}

func (o *operationChecker) checkKey() {
	if len(o.op.Key) == 0 {
		o.missing(o.path+".key", "which field names the object that is changed: [{field: id, of: customer}]")
	}
	for i, k := range o.op.Key {
		path := at(o.path+".key", i)
		o.need(path+".of", k.Of, "what it is an id of: customer")
		if !o.need(path+".field", k.Field, "the name of a field") || !o.field(path+".field", k.Field) {
			continue
		}
		if o.op.Fields[slices.Index(o.fieldNames(), k.Field)].Secret {
			o.Add(path+".field", "", "a secret cannot be a key")
		}
	}
}

// checkPlaces sees that no two values travel under one name.
func (o *operationChecker) checkPlaces() {
	before, seen := o.Problems(), map[string]bool{}
	for name := range o.op.Query {
		seen[inQuery+" "+name] = true
	}
	for name := range o.op.Headers {
		seen[inHeader+" "+http.CanonicalHeaderKey(name)] = true
	}
	for i := range o.op.Fields {
		f := &o.op.Fields[i]
		place, name := o.op.place(f), f.wireName()
		if place == inHeader {
			name = http.CanonicalHeaderKey(name)
		}
		if seen[place+" "+name] {
			o.Add(at(o.path+".fields", i), "", "field %s: something else travels as %s in the %s", f.Name, name, place)
		}
		seen[place+" "+name] = true
	}
	if o.Problems() > before {
		return
	}
	compiled := operation{file: o.op, description: newDescription(o.op)}
	for i := range o.op.Fields {
		compiled.places = append(compiled.places, o.op.place(&o.op.Fields[i]))
	}
	s, except := compiled.part(inBody)
	s.Fields = slices.DeleteFunc(s.Fields, func(f mapping.Field) bool { return f.Name == except })
	if len(s.Fields) > 0 {
		o.schemaProblems(o.path+".fields", s)
	}
}

func (o *operationChecker) checkConstants() {
	for i, k := range o.op.Constants {
		path := at(o.path+".constants", i)
		o.need(path+".name", k.Name, "the API's name")
		o.need(path+".value", k.Value, "what is sent")
		o.typed(path+".type", k.Type)
		f := mapping.Field{Name: k.Name, Format: typeFormat(k.Type)}
		if f.Format != "" && k.Value != "" && f.Refuse(k.Value) != nil {
			o.Add(path+".value", "", "this is no %s", k.Type)
		}
		if o.op.Body == bodyNone {
			o.Add(path, "", "constants are members of the body, and there is none; those of the address stand under query")
		}
	}
}

func (o *operationChecker) typed(path, word string) {
	o.word(path, word, "string", "number", "integer", "boolean")
}

func (o *operationChecker) checkIDs() {
	if id := o.op.ID; id != nil {
		path := o.path + ".id"
		if (id.Pointer == "") == (id.Header == "") {
			o.Add(path, "", "give pointer or header")
		}
		o.pointer(path+".pointer", id.Pointer)
		if id.Header != "" && !headerName.MatchString(id.Header) {
			o.Add(path+".header", "", "this is no name of a header")
		}
	}
	if e := o.op.ExistingID; e != nil {
		path := o.path + ".existing_id"
		if o.need(path+".pointer", e.Pointer, "such as /id") {
			o.pointer(path+".pointer", e.Pointer)
		}
		if len(e.Statuses) == 0 {
			o.missing(path+".statuses", "such as [409]")
		}
		for i, status := range e.Statuses {
			if status < 400 || status > 499 {
				o.Add(at(path+".statuses", i), "", "status %d is no refusal", status)
			}
		}
	}
	if r := o.op.Refusal; r != nil {
		path := o.path + ".refusal"
		if o.need(path+".message", r.Message, "such as /error") {
			o.pointer(path+".message", r.Message)
		}
		o.pointer(path+".code", r.Code)
	}
}

// secretPlace says where a secret may not stand.
func secretPlace(place string) bool { return place == inPath || place == inQuery }

func hasEmptyPart(name string) bool { return slices.Contains(strings.Split(name, "."), "") }
