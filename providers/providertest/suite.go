// Package providertest is the suite that every provider passes, whether it is built in
// or described in a file: descriptions that make sense, requests that carry exactly
// what the record says, answers that are never read as a success by accident.
//
// It knows no provider. What is special about one comes in its [Cases].
package providertest

import (
	"net/http"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/conformance"
)

// Cases are what a provider's own test adds to the suite.
type Cases struct {
	// Requests are built, checked and compared with testdata/<operation>_<name>.golden.
	// Each operation has at least one that is not refused; the first such stands for the
	// operation in the rest of the suite.
	Requests []RequestCase
	// Answers are interpreted. Each operation has at least one that succeeded; the first
	// such stands for its success. One with an empty body says that the status alone confirms.
	Answers []AnswerCase
	// Lookups are answers to lookups, for operations that are a [providers.Lookup]: what
	// each settles about the request that stands for the operation, or about that of its
	// Sent. Such an operation has at least one that succeeded without a Sent.
	Lookups []LookupCase
	// Statuses says which statuses mean something else here than by the conventions.
	Statuses map[int]providers.Kind
	// Confirming is [conformance.Subject.Confirming].
	Confirming []int
	// Travels says how requests carry what is not to be seen in them.
	Travels conformance.Travels
}

// RequestCase is a record and the request that it makes.
type RequestCase struct {
	Name      string
	Operation string // empty: the first
	Fields    map[string]string
	Cleared   []string
	// Code and Field are those of the refusal; empty: it is built.
	Code, Field string
}

// AnswerCase is an answer and what it means.
type AnswerCase struct {
	Name       string
	Operation  string // empty: the first
	Status     int
	Header     map[string]string
	Body       string
	Incomplete bool
	// Want is compared whole but for its Message, of which Says is a part.
	Want providers.Outcome
	Says string
}

// response is what a sender would hand on. The time is fixed: nothing may depend on the clock.
func (c AnswerCase) response() providers.Response {
	h := http.Header{}
	for name, value := range c.Header {
		h.Set(name, value)
	}
	return providers.Response{Status: c.Status, Header: h, Body: []byte(c.Body), Incomplete: c.Incomplete, At: conformance.AnsweredAt}
}

// Run puts a provider through the suite.
func Run(t *testing.T, p providers.Provider, c Cases) {
	t.Helper()
	t.Run("description", func(t *testing.T) { conformance.Description(p, t.Errorf) })
	for _, op := range subjects(t, p, c) {
		t.Run(op.name, func(t *testing.T) {
			t.Run("description", func(t *testing.T) { op.examined(t).Description(t.Errorf) })
			t.Run("requests", op.checkRequests)
			t.Run("requests never mix rows", op.checkIndependence)
			t.Run("naughty texts arrive or are refused", op.checkNaughtyTexts)
			t.Run("any record arrives or is refused", op.checkAnyRecord)
			t.Run("answers", op.checkAnswers)
			t.Run("statuses", op.checkStatuses)
			t.Run("no false success", op.checkNoFalseSuccess)
			t.Run("redirects", op.checkRedirects)
			t.Run("waits", op.checkWaits)
			t.Run("any answer", op.checkAnyAnswer)
			t.Run("lookup", op.checkLookup)
		})
	}
}

// subject is one operation under test.
type subject struct {
	providers.Operation
	provider providers.Description
	name     string
	schema   *mapping.Schema
	cases    Cases // of this operation only
	sent     RequestCase
	success  AnswerCase
	settled  LookupCase // if the operation can be looked up
}

func subjects(t testing.TB, p providers.Provider, c Cases) []*subject {
	t.Helper()
	var out []*subject
	known := map[string]bool{}
	for i, op := range p.Operations() {
		d := op.Describe()
		s := &subject{Operation: op, provider: p.Describe(), name: d.Name, schema: d.Schema, cases: c.of(d.Name, i == 0)}
		s.choose(t)
		out = append(out, s)
		known[d.Name] = true
	}
	for _, rc := range c.Requests {
		if rc.Operation != "" && !known[rc.Operation] {
			t.Fatalf("request case %q: no operation %s", rc.Name, rc.Operation)
		}
	}
	for _, ac := range c.Answers {
		if ac.Operation != "" && !known[ac.Operation] {
			t.Fatalf("answer case %q: no operation %s", ac.Name, ac.Operation)
		}
	}
	for _, lc := range c.Lookups {
		if lc.Operation != "" && !known[lc.Operation] {
			t.Fatalf("lookup case %q: no operation %s", lc.Name, lc.Operation)
		}
	}
	return out
}

func (c Cases) of(operation string, isFirst bool) Cases {
	out := Cases{Statuses: c.Statuses, Travels: c.Travels, Confirming: c.Confirming}
	mine := func(name string) bool { return name == operation || name == "" && isFirst }
	for _, rc := range c.Requests {
		if mine(rc.Operation) {
			out.Requests = append(out.Requests, rc)
		}
	}
	for _, ac := range c.Answers {
		if mine(ac.Operation) {
			out.Answers = append(out.Answers, ac)
		}
	}
	for _, lc := range c.Lookups {
		if mine(lc.Operation) {
			out.Lookups = append(out.Lookups, lc)
		}
	}
	return out
}

// choose finds the request and the success that stand for the operation.
func (s *subject) choose(t testing.TB) {
	t.Helper()
	built, confirmed := false, false
	for _, rc := range s.cases.Requests {
		if rc.Code == "" && !built {
			s.sent, built = rc, true
		}
	}
	for _, ac := range s.cases.Answers {
		if ac.Want.Kind == providers.Succeeded && !confirmed {
			s.success, confirmed = ac, true
		}
	}
	if !built || !confirmed {
		t.Fatalf("%s: give a request that is built and an answer that succeeded", s.name)
	}
	s.chooseLookup(t)
}

// examined is the operation with what stands for it.
func (s *subject) examined(t testing.TB) *conformance.Subject {
	t.Helper()
	return &conformance.Subject{
		Provider: s.provider, Operation: s.Operation, Sent: s.record(t, s.sent), Success: s.success.response(),
		Statuses: s.cases.Statuses, Travels: s.cases.Travels, Confirming: s.cases.Confirming,
	}
}

// record makes the record of a case.
func (s *subject) record(t testing.TB, c RequestCase) mapping.Record {
	t.Helper()
	r := mapping.Record{Schema: s.schema, Values: make([]mapping.Value, len(s.schema.Fields))}
	set := func(name string, v mapping.Value) {
		i := s.schema.Index(name)
		if i < 0 {
			t.Fatalf("case %q: operation %s has no field %s", c.Name, s.name, name)
		}
		r.Values[i] = v
	}
	for name, text := range c.Fields {
		set(name, mapping.Value{Text: text, Is: mapping.Present})
	}
	for _, name := range c.Cleared {
		set(name, mapping.Value{Is: mapping.Cleared})
	}
	return r
}

// request builds what stands for the operation.
func (s *subject) request(t testing.TB) providers.Request {
	t.Helper()
	q, err := s.Build(s.record(t, s.sent))
	if err != nil {
		t.Fatalf("request case %q is refused: %v", s.sent.Name, err)
	}
	return q
}

// statusConfirms says that no body is needed for a success.
func (s *subject) statusConfirms() bool { return s.success.Body == "" }
