package declared

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/conformance"
)

const wide = `{name: id}
      - {name: email, required: true}
      - {name: score, type: integer, as: stats.score}
      - {name: tags, separator: ";"}
      - {name: phone, clear_null: true}
      - {name: dry, in: query, as: dry_run, type: boolean}
      - {name: trace, in: header, as: x-trace}
      - {name: inner, as: ident}`

func TestBuild(t *testing.T) {
	op := first(t, "{name: id}\n      - {name: email, required: true}", wide, "    body: json\n", `    body: json
    query: {b: "2", a: "1 +"}
    headers: {Content-Type: application/vnd.api+json}
    constants: [{name: stats.kind, value: full}, {name: on, value: "true", type: boolean}]
`)
	q, err := op.Build(record(t, op, map[string]any{
		"id": "A/7", "email": "a@b.example", "score": "42", "tags": "x; y", "phone": nil, "dry": "true", "trace": "t 1", "inner": "i",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := providers.Request{
		Method: "PUT", Path: "/c/A%2F7", Query: "a=1+%2B&b=2&dry_run=true",
		Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/vnd.api+json"}, "X-Trace": {"t 1"}},
		Body:   []byte(`{"stats":{"kind":"full","score":42},"on":true,"email":"a@b.example","tags":["x","y"],"phone":null,"ident":"i"}`),
	}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	bare, err := op.Build(record(t, op, map[string]any{"id": "1", "email": "a@b.example"}))
	if err != nil || bare.Header.Get("X-Trace") != "" || bare.Query != "a=1+%2B&b=2" {
		t.Errorf("another row's header or query: %+v, %v", bare, err)
	}
}

func TestBuildRefuses(t *testing.T) {
	op := first(t, "{name: id}\n      - {name: email, required: true}", wide+"\n      - {name: kind, enum: [mail, phone]}\n      - {name: to, format_when: [{field: kind, equals: phone, format: e164}]}")
	for _, c := range []struct {
		name   string
		fields map[string]any
		field  string // by its name in mappings
	}{
		{"a path that climbs", map[string]any{"id": ".."}, "id"},
		{"no integer", map[string]any{"id": "1", "score": "4.2"}, "score"},
		{"no boolean in the query", map[string]any{"id": "1", "dry": "yes"}, "dry"},
		{"bytes that are no text", map[string]any{"id": "1", "inner": "\xff"}, "inner"},
		{"a header that would end", map[string]any{"id": "1", "trace": "a\r\nX: 1"}, "trace"},
		{"a header that is cut", map[string]any{"id": "1", "trace": "a "}, "trace"},
		{"a header that is not ASCII", map[string]any{"id": "1", "trace": "ü"}, "trace"},
		{"a shape that another field asks for", map[string]any{"id": "1", "kind": "phone", "to": "a@b.example"}, "to"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := op.Build(record(t, op, c.fields))
			cell, ok := errors.AsType[*mapping.CellError](err)
			if !ok || cell.Field != c.field || cell.Msg == "" {
				t.Errorf("got %v, want a refusal of %s", err, c.field)
			}
		})
	}
	if _, err := op.Build(record(t, op, map[string]any{"id": "1", "kind": "mail", "to": "a@b.example"})); err != nil {
		t.Errorf("another value asks for no shape: %v", err)
	}
}

func TestFormAndBodiless(t *testing.T) {
	form := first(t, "body: json", "body: form", "{name: email, required: true}", "{name: contact.email, as: 'contact[email]'}")
	q, err := form.Build(record(t, form, map[string]any{"id": "1", "contact.email": "a&b"}))
	if err != nil || string(q.Body) != "contact%5Bemail%5D=a%26b" || q.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("form: %s %v, %v", q.Body, q.Header, err)
	}
	none := first(t, "body: json", "body: none", "method: PUT", "method: DELETE")
	q, err = none.Build(record(t, none, map[string]any{"id": "1", "email": "a&b"}))
	if err != nil || q.Body != nil || q.Query != "email=a%26b" || q.Header.Get("Content-Type") != "" {
		t.Errorf("none: %+v, %v", q, err)
	}
}

// Every sample file is examined as a provider is, from nothing but what it says.
func TestSamplesConform(t *testing.T) {
	for _, src := range []string{minimal, edited(t, "{name: id}\n      - {name: email, required: true}", wide, "{statuses: [200]}", "{statuses: [202, 200], conditions: [{pointer: /a/0/b, equals: '5', type: integer}, {pointer: /ident, same_as: inner}]}\n    idempotency_header: Idempotency-Key")} {
		p := parsed(t, src)
		conformance.Description(p, t.Errorf)
		for _, s := range p.Samples() {
			subject := &conformance.Subject{
				Provider: p.Describe(), Operation: s.Operation, Sent: s.Record, Success: s.Answer,
				Confirming: s.Confirming, Statuses: s.Statuses,
				Travels: conformance.Travels{Constants: s.Constants, Names: s.Names, Headers: s.Headers},
			}
			for _, examine := range []func(conformance.Report){
				subject.Description, subject.NaughtyTexts, subject.Independence, subject.ReadStatuses,
				subject.NoFalseSuccess, subject.Redirects, subject.Waits,
			} {
				examine(t.Errorf)
			}
		}
	}
}

func TestDescribe(t *testing.T) {
	p := parsed(t, edited(t, "limit: {windows: [2/s]}", `limit: {windows: [2/s, 60/30s]}
auth:
  headers: {authorization: "Token {ACME_KEY}", X-User: ACME_USER}
  signature: {header: x-sig, secret: ACME_KEY, hash: sha512, encoding: base64, signed: [timestamp, ":", body], timestamp_header: x-time}
variables: [{name: ACME_KEY, help: key}, {name: ACME_USER, help: user, secret: false}]`,
		"    repeat_note", "    idempotency_header: idempotency-key\n    repeat_note"))
	d := p.Describe()
	want := providers.Auth{
		Scheme:  providers.Headers,
		Headers: []providers.AuthHeader{{Header: "X-User", Variable: "ACME_USER"}, {Header: "Authorization", Variable: "ACME_KEY", Prefix: "Token "}},
		Signature: &providers.Signature{
			Header: "X-Sig", Secret: "ACME_KEY", SecretEncoding: providers.PlainText, Hash: providers.SHA512, Encoding: providers.Base64,
			Signed:          []providers.SignedPart{{Is: providers.SignedTimestamp}, {Text: ":"}, {Is: providers.SignedBody}},
			TimestampHeader: "X-Time", TimestampFormat: providers.UnixSeconds,
		},
	}
	if diff := cmp.Diff(want, d.Auth); diff != "" {
		t.Errorf("auth (-want +got):\n%s", diff)
	}
	if d.Limit.String() != "2/s, 60/30s, 1 in flight" || !d.Variables[0].Secret || d.Variables[1].Secret || !d.Variables[1].Required {
		t.Errorf("%s, %+v", d.Limit, d.Variables)
	}
	if op := p.Operations()[0].Describe(); !op.SafeToRepeat || op.IdempotencyHeader != "Idempotency-Key" {
		t.Errorf("an operation with a key is safe to repeat: %+v", op)
	}
}

// The meaning of a file changes with what is sent, and with nothing else.
func TestMeaning(t *testing.T) {
	base := parsed(t, minimal).Meaning("put_contact")
	for _, c := range []struct{ name, from, to, changed string }{
		{"a title", "title: Acme", "title: Acme Inc.", ""},
		{"a pace", "[2/s]", "[5/s]", ""},
		{"a comment and the order of keys", "{name: email, required: true}", "{required: true, name: email} # x", ""},
		{"what is the default anyway", "{name: id}", "{name: id, in: path, required: true, type: string}", ""},
		{"another operation", "    repeat_note: nothing is documented\n", "    repeat_note: x\n  - {name: other, help: x, method: PUT, path: /o, body: json, fields: [{name: a}], key: [{field: a, of: a}], success: {statuses: [200]}, repeat_note: x}\n", ""},
		{"the reading of answers", "{statuses: [200]}", "{statuses: [200, 201]}", ""},
		{"a path", "/c/{id}", "/v2/c/{id}", "provider.acme.put_contact.request"},
		{"a type", "{name: email,", "{name: email, type: integer,", "provider.acme.put_contact.fields.email"},
		{"what a field refuses", "{name: email,", "{name: email, max_len: 9,", "provider.acme.put_contact.fields.email"},
		{"a constant", "    fields:", "    constants: [{name: k, value: v}]\n    fields:", "provider.acme.put_contact.constants.k"},
		{"a header", "    body:", "    headers: {X-A: b}\n    body:", "provider.acme.put_contact.headers.X-A"},
		{"a field more", "{name: id}", "{name: id}\n      - {name: g}", "provider.acme.put_contact.fields provider.acme.put_contact.fields.g"},
		{"a key", "of: contact", "of: person", "provider.acme.put_contact.key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := parsed(t, edited(t, c.from, c.to)).Meaning("put_contact")
			var changed []string
			for _, clause := range now {
				if !slices.Contains(base, clause) {
					changed = append(changed, clause.Path)
				}
			}
			if got := strings.Join(changed, " "); got != c.changed || c.changed == "" && len(now) != len(base) {
				t.Errorf("changed: %s, want %s", got, c.changed)
			}
		})
	}
}
