package declared

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"rowpost/mapping"
	"rowpost/providers"
)

// operation is one of a file's operations, compiled. Its methods are pure.
type operation struct {
	file        *Operation
	description providers.OperationDescription
	places      []string // by position of the schema's fields: where each goes
	path        *providers.Path
	constants   []mapping.Value
	query       *providers.FormBody
	fixedQuery  string
	header      http.Header // shared by all requests
	inHeader    []int       // positions of the fields that go into headers
	json        *providers.JSONBody
	form        *providers.FormBody
	conventions providers.Conventions
	answers     []Answer
	expected    string
}

// Places of a field.
const (
	inPath   = "path"
	inQuery  = "query"
	inHeader = "header"
	inBody   = "body"
)

// Forms of a body.
const (
	bodyJSON = "json"
	bodyForm = "form"
	bodyNone = "none"
)

func newOperation(f *File, op *Operation) *operation {
	o := &operation{
		file: op, description: newDescription(op),
		answers:     slices.Concat(op.Answers, f.Answers),
		conventions: providers.Conventions{Provider: f.Name, Errors: pointers(op.Errors, f.Errors)},
		expected:    op.Success.words(),
		header:      headers(op.standardHeaders(), f.Headers, op.Headers),
	}
	o.path = providers.NewPath(o.description.Schema, op.Path)
	for i := range op.Fields {
		place := op.place(&op.Fields[i])
		o.places = append(o.places, place)
		if place == inHeader {
			o.inHeader = append(o.inHeader, i)
		}
	}
	o.compileBodies()
	return o
}

func newDescription(op *Operation) providers.OperationDescription {
	d := providers.OperationDescription{
		Name: op.Name, Help: op.Help, Method: op.Method, Path: op.Path, Schema: op.schema(),
		SafeToRepeat: op.SafeToRepeat || op.IdempotencyHeader != "", RepeatNote: op.RepeatNote,
	}
	if op.IdempotencyHeader != "" {
		d.IdempotencyHeader = http.CanonicalHeaderKey(op.IdempotencyHeader)
	}
	return d
}

// compileBodies makes what writes the query and the body. Both work on records that have
// the constants before the fields.
func (o *operation) compileBodies() {
	for _, c := range o.file.Constants {
		o.constants = append(o.constants, mapping.Value{Text: c.Value, Is: mapping.Present})
	}
	if slices.Contains(o.places, inQuery) {
		o.query = providers.NewFormBody(o.part(inQuery))
	}
	fixed := url.Values{}
	for name, value := range o.file.Query {
		fixed.Set(name, value)
	}
	o.fixedQuery = fixed.Encode()
	switch o.file.Body {
	case bodyJSON:
		s, except := o.part(inBody)
		o.json = providers.NewJSONBody(s, except)
	case bodyForm:
		o.form = providers.NewFormBody(o.part(inBody))
	}
}

// elsewhere stands for the name of what goes to another place. No field has it.
const elsewhere = "\x00"

// part gives the schema of one place under the API's own names, and the name of what is
// not in it. Positions are those of records with the constants before the fields.
func (o *operation) part(place string) (s *mapping.Schema, except string) {
	s = &mapping.Schema{}
	for _, c := range o.file.Constants {
		name := c.Name
		if place != inBody {
			name = elsewhere
		}
		s.Fields = append(s.Fields, mapping.Field{Name: name, Format: typeFormat(c.Type)})
	}
	for i, f := range o.description.Schema.Fields {
		f.Name = o.file.Fields[i].wireName()
		if o.places[i] != place {
			f.Name = elsewhere
		}
		s.Fields = append(s.Fields, f)
	}
	return s, elsewhere
}

func (f *Field) wireName() string {
	if f.As != "" {
		return f.As
	}
	return f.Name
}

// place says where a field goes.
func (op *Operation) place(f *Field) string {
	switch {
	case f.In != "":
		return f.In
	case slices.Contains(pathFields(op.Path), f.Name):
		return inPath
	case op.Body == bodyNone:
		return inQuery
	}
	return inBody
}

// pathFields are the names in braces.
func pathFields(path string) []string {
	var names []string
	for {
		_, rest, found := strings.Cut(path, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return names
		}
		names, path = append(names, name), after
	}
}

func (op *Operation) standardHeaders() map[string]string {
	out := map[string]string{"Accept": "application/json"}
	switch op.Body {
	case bodyJSON:
		out["Content-Type"] = "application/json"
	case bodyForm:
		out["Content-Type"] = "application/x-www-form-urlencoded"
	}
	return out
}

func pointers(lists ...[]ErrorAt) []providers.Pointer {
	var out []providers.Pointer
	for _, e := range slices.Concat(lists...) {
		out = append(out, providers.Pointer{Code: e.Code, Message: e.Message, Field: e.Field})
	}
	return out
}

// words say what confirms, where the file does not.
func (s *Success) words() string {
	if s.Expected != "" {
		return s.Expected
	}
	texts := make([]string, len(s.Statuses))
	for i, status := range s.Statuses {
		texts[i] = strconv.Itoa(status)
	}
	what := map[string]string{bodyEmptyWord: "an empty body", bodyAnyWord: "any body", bodyJSON: "a JSON body"}[s.Body]
	if what == "" {
		what = "a JSON object"
	}
	if len(s.Conditions) > 0 {
		what += " that confirms"
	}
	return what + " with status " + mapping.Listed(texts)
}

// Describe gives what is known before a row is read.
func (o *operation) Describe() providers.OperationDescription { return o.description }

// Build makes the request that a record asks for.
func (o *operation) Build(r mapping.Record) (providers.Request, error) {
	if err := o.checkShapes(r); err != nil {
		return providers.Request{}, err
	}
	q := providers.Request{Method: o.file.Method, Header: o.header, Query: o.fixedQuery}
	var err error
	if q.Path, err = o.path.Build(r); err != nil {
		return providers.Request{}, err
	}
	if q.Header, err = o.headers(r); err != nil {
		return providers.Request{}, err
	}
	w := o.withConstants(r)
	if o.query != nil {
		fields, err := o.query.Encode(w)
		if err != nil {
			return providers.Request{}, o.named(err, inQuery)
		}
		q.Query = strings.Trim(q.Query+"&"+string(fields), "&")
	}
	switch {
	case o.json != nil:
		q.Body, err = o.json.Encode(w)
	case o.form != nil:
		q.Body, err = o.form.Encode(w)
	}
	if err != nil {
		return providers.Request{}, o.named(err, inBody)
	}
	return q, nil
}

// withConstants leaves the record as it is: it belongs to its evaluator.
func (o *operation) withConstants(r mapping.Record) mapping.Record {
	if len(o.constants) == 0 {
		return r
	}
	r.Values = slices.Concat(o.constants, r.Values)
	return r
}

// named gives a refusal the field's name in mappings instead of the API's own.
func (o *operation) named(err error, place string) error {
	cell, ok := errors.AsType[*mapping.CellError](err)
	if !ok {
		return err
	}
	for i := range o.file.Fields {
		if f := &o.file.Fields[i]; o.places[i] == place && f.wireName() == cell.Field {
			renamed := *cell
			renamed.Field = f.Name
			return &renamed
		}
	}
	return err
}

// headers are the shared ones, if no field goes into one.
func (o *operation) headers(r mapping.Record) (http.Header, error) {
	if len(o.inHeader) == 0 {
		return o.header, nil
	}
	h := o.header.Clone()
	for _, i := range o.inHeader {
		f, v := &o.description.Schema.Fields[i], r.Values[i]
		text := v.Text
		switch v.Is {
		case mapping.Absent:
			continue
		case mapping.Cleared:
			text = f.Clear
		case mapping.Present:
		}
		if err := checkHeaderText(f, text); err != nil {
			return nil, err
		}
		h.Set(o.file.Fields[i].wireName(), text)
	}
	return h, nil
}

// checkHeaderText refuses what would not arrive as it stands: servers cut blanks at the
// ends, and what is not ASCII is read as who knows what.
func checkHeaderText(f *mapping.Field, text string) error {
	refuse := func(msg string) error {
		return &mapping.CellError{Field: f.Name, Code: mapping.CodeBadFormat, Msg: msg}
	}
	switch {
	case text == "":
		return refuse("it goes into a header and may not be empty")
	case strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r >= unicode.MaxASCII }) >= 0:
		return refuse("it goes into a header and may hold only printable ASCII characters")
	case text != strings.TrimSpace(text):
		return refuse("it goes into a header and may not start or end with a blank")
	}
	if typed := typedOnly(f); typed.Format != "" {
		if refused := typed.Refuse(text); refused != nil {
			return refused
		}
	}
	return nil
}

// typedOnly is the field as far as its type goes.
func typedOnly(f *mapping.Field) mapping.Field {
	switch f.Format {
	case mapping.FormatNumber, mapping.FormatInteger, mapping.FormatBoolean:
		return mapping.Field{Name: f.Name, Format: f.Format}
	default:
		return mapping.Field{Name: f.Name}
	}
}

// checkShapes holds fields against the formats that depend on other fields.
func (o *operation) checkShapes(r mapping.Record) error {
	for i := range o.file.Fields {
		f := &o.file.Fields[i]
		for _, w := range f.FormatWhen {
			other := o.description.Schema.Index(w.Field)
			if r.Values[i].Is != mapping.Present || r.Values[other].Is != mapping.Present || r.Values[other].Text != w.Equals {
				continue
			}
			shape := mapping.Field{Name: f.Name, Format: mapping.Format(w.Format)}
			refused := shape.Refuse(r.Values[i].Text)
			if refused == nil {
				continue
			}
			refused.Msg = "where " + w.Field + " is " + w.Equals + ", " + refused.Msg
			return refused
		}
	}
	return nil
}
