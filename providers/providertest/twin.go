package providertest

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/conformance"
)

// Twin holds two descriptions of one API against each other: the twin passes the suite,
// with the same golden requests, makes the same requests of all records, and reads all
// answers alike. Lookups, and the words of refusals of records, are not compared.
func Twin(t *testing.T, p, twin providers.Provider, c Cases) {
	t.Helper()
	c.Lookups = nil
	t.Run("suite", func(t *testing.T) { Run(t, twin, c) })
	t.Run("description", func(t *testing.T) {
		diff := cmp.Diff(p.Describe(), twin.Describe(), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(providers.Description{}, "Assumptions"))
		if diff != "" {
			t.Errorf("(-provider +twin):\n%s", diff)
		}
	})
	ones := subjects(t, withoutLookups{p}, c)
	for i, other := range subjects(t, twin, c) {
		one := ones[i]
		t.Run(one.name, func(t *testing.T) {
			t.Run("description", func(t *testing.T) { one.sameDescription(t, other) })
			t.Run("requests", func(t *testing.T) { one.sameRequests(t, other) })
			t.Run("any request", func(t *testing.T) { one.sameAnyRequest(t, other) })
			t.Run("answers", func(t *testing.T) { one.sameAnswers(t, other) })
			t.Run("any answer", func(t *testing.T) { one.sameAnyAnswer(t, other) })
		})
	}
}

// withoutLookups is a provider whose operations cannot look anything up.
type withoutLookups struct{ providers.Provider }

// Operations hides all but what every operation has.
func (p withoutLookups) Operations() []providers.Operation {
	var out []providers.Operation
	for _, op := range p.Provider.Operations() {
		out = append(out, struct{ providers.Operation }{op})
	}
	return out
}

func (s *subject) sameDescription(t *testing.T, twin *subject) {
	diff := cmp.Diff(s.Describe(), twin.Describe(), cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(providers.OperationDescription{}, "LookupNote"))
	if diff != "" {
		t.Errorf("(-provider +twin):\n%s", diff)
	}
}

// sameRequests builds each case, and each naughty text in each field.
func (s *subject) sameRequests(t *testing.T, twin *subject) {
	for _, c := range s.cases.Requests {
		s.sameRequest(t, twin, s.record(t, c))
	}
	for i := range s.schema.Fields {
		for _, text := range conformance.Texts() {
			record := s.record(t, s.sent)
			record.Values[i] = mapping.Value{Text: text, Is: mapping.Present}
			s.sameRequest(t, twin, record)
		}
	}
}

func (s *subject) sameAnyRequest(t *testing.T, twin *subject) {
	rapid.Check(t, func(t *rapid.T) { s.sameRequest(t, twin, s.drawRecord(t)) })
}

func (s *subject) sameRequest(t failer, twin *subject, r mapping.Record) {
	t.Helper()
	want, wantErr := s.Build(r)
	got, err := twin.Build(r)
	if diff := cmp.Diff(refusal(wantErr), refusal(err)); diff != "" {
		t.Fatalf("refused in another way (-provider +twin):\n%s", diff)
	}
	if !reflect.DeepEqual(want, got) {
		diff := cmp.Diff(want, got)
		t.Fatalf("(-provider +twin):\n%s", diff)
	}
}

// refusal is what of an error goes into a result beside its words.
func refusal(err error) [2]string {
	if cell, ok := errors.AsType[*mapping.CellError](err); ok {
		return [2]string{cell.Code, cell.Field}
	}
	if err != nil {
		return [2]string{"error", err.Error()}
	}
	return [2]string{}
}

// sameAnswers reads each known body with each status.
func (s *subject) sameAnswers(t *testing.T, twin *subject) {
	q := s.request(t)
	all := append([]conformance.Body{}, conformance.Bodies()...)
	for _, c := range s.cases.Answers {
		for _, text := range spliced(c.Body) {
			all = append(all, conformance.Body{Name: c.Name, ContentType: "application/json", Text: text})
		}
	}
	for _, status := range []int{100, 199, 200, 201, 202, 204, 206, 299, 301, 304, 400, 401, 404, 409, 422, 425, 429, 451, 500, 501, 503, 599} {
		for _, b := range all {
			r := b.Response(status)
			s.sameOutcome(t, twin, q, r)
			r.Incomplete = true
			s.sameOutcome(t, twin, q, r)
		}
	}
}

// spliced gives a body and, of an object, those with a member more that may change what it
// says.
func spliced(text string) []string {
	out := []string{text}
	if rest, isObject := strings.CutPrefix(text, "{"); isObject && rest != "}" {
		for _, member := range []string{
			`"error":"no"`, `"errors":["no"]`, `"fieldErrors":[]`, `"success":false`, `"status":"failed"`, `"result":"ok"`,
			`"code":409`, `"message":"no"`, `"code":422,"message":"no"`, `"code":null`, `"id":"7"`, `"gid":null`, `"gid":7`,
			`"ResultMessage":"no"`, `"customerId":"1"`, `"type":7`,
		} {
			out = append(out, "{"+member+","+rest, strings.TrimSuffix(text, "}")+","+member+"}")
		}
	}
	return out
}

func (s *subject) sameAnyAnswer(t *testing.T, twin *subject) {
	rapid.Check(t, func(t *rapid.T) {
		q, err := s.Build(s.drawRecord(t))
		if err != nil {
			t.Skip("no request")
		}
		for range 10 {
			r := s.drawResponse(t)
			if rapid.Bool().Draw(t, "confirming status") {
				r.Status = http.StatusOK
			}
			s.sameOutcome(t, twin, q, r)
		}
	})
}

func (s *subject) sameOutcome(t failer, twin *subject, q providers.Request, r providers.Response) {
	t.Helper()
	want, got := s.Interpret(q, r), twin.Interpret(q, r)
	if want != got {
		diff := cmp.Diff(want, got)
		t.Fatalf("status %d, incomplete %v, body %q (-provider +twin):\n%s", r.Status, r.Incomplete, r.Body, diff)
	}
}
