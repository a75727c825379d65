package providertest

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rowpost/providers"
	"rowpost/providers/conformance"
)

// LookupCase is an answer to a lookup and what it settles.
type LookupCase struct {
	AnswerCase
	// Sent are the fields of the request in doubt; nil: of the one that stands for the operation.
	Sent map[string]string
}

// chooseLookup finds the answer that settles a doubt about what stands for the operation.
func (s *subject) chooseLookup(t testing.TB) {
	t.Helper()
	i := slices.IndexFunc(s.cases.Lookups, func(c LookupCase) bool { return c.Sent == nil && c.Want.Kind == providers.Succeeded })
	_, is := s.Operation.(providers.Lookup)
	switch {
	case is && i < 0:
		t.Fatalf("%s: give an answer to its lookup that succeeded", s.name)
	case is:
		s.settled = s.cases.Lookups[i]
	case len(s.cases.Lookups) > 0:
		t.Fatalf("%s: there are cases of lookups, and it is none", s.name)
	}
}

// checkLookup holds an operation that can be looked up against the contract of [providers.Lookup].
func (s *subject) checkLookup(t *testing.T) {
	l, is := s.Operation.(providers.Lookup)
	if note := s.Describe().LookupNote; is != (note != "") {
		t.Errorf("lookup note %q: operations with a lookup have one, others do not", note)
	}
	if !is {
		return
	}
	t.Run("request", func(t *testing.T) { s.checkLookupRequest(t, l) })
	t.Run("any request", func(t *testing.T) { s.checkAnyLookup(t, l) })
	t.Run("answers", func(t *testing.T) { s.checkSettled(t, l) })
	t.Run("statuses", func(t *testing.T) { s.checkSettleStatuses(t, l) })
	t.Run("no false success", func(t *testing.T) { s.checkNoFalseSettlement(t, l) })
	t.Run("any answer", func(t *testing.T) { s.checkAnySettlement(t, l) })
}

func (s *subject) checkLookupRequest(t *testing.T, l providers.Lookup) {
	q, ok := l.Lookup(s.request(t))
	if !ok {
		t.Fatal("the request that stands for the operation cannot be looked up")
	}
	checkHarmless(t, q)
	if err := s.examined(t).Header(q.Header); err != nil {
		t.Error(err)
	}
	compareGolden(t, s.name+"_lookup", s.render(s.record(t, s.sent), q))
}

// checkHarmless sees that a request asks and changes nothing.
func checkHarmless(t failer, q providers.Request) {
	t.Helper()
	if q.Method != http.MethodGet || q.Body != nil || !strings.HasPrefix(q.Path, "/") {
		t.Fatalf("a lookup is a GET of a path, without a body: %s %q with %d bytes", q.Method, q.Path, len(q.Body))
	}
}

// checkAnyLookup: lookups of all that Build makes, and of requests it never made, are
// harmless, always the same, and leave the request as it was.
func (s *subject) checkAnyLookup(t *testing.T, l providers.Lookup) {
	rapid.Check(t, func(t *rapid.T) {
		asked, err := s.Build(s.drawRecord(t))
		if err != nil || rapid.Bool().Draw(t, "strange") {
			asked = providers.Request{
				Method: rapid.String().Draw(t, "method"),
				Path:   rapid.OneOf(rapid.Just(s.Describe().Path), rapid.String()).Draw(t, "path"),
				Body:   s.drawBody(t),
			}
		}
		before := providers.Request{
			Method: asked.Method, Path: asked.Path, Query: asked.Query,
			Header: maps.Clone(asked.Header), Body: bytes.Clone(asked.Body),
		}
		q, ok := l.Lookup(asked)
		again, okAgain := l.Lookup(asked)
		if ok != okAgain || !cmp.Equal(q, again) {
			t.Fatalf("the same request is looked up as %+v, then %+v", q, again)
		}
		if !cmp.Equal(asked, before) {
			t.Fatalf("the lookup changed the request")
		}
		if ok {
			checkHarmless(t, q)
		}
		r := s.drawSettlement(t)
		checkSettlement(t, r, l.Settle(asked, q, r))
	})
}

// checkSettled holds the provider's own answers against what they settle.
func (s *subject) checkSettled(t *testing.T, l providers.Lookup) {
	for _, c := range s.cases.Lookups {
		t.Run(c.Name, func(t *testing.T) {
			sent := s.sent
			if c.Sent != nil {
				sent = RequestCase{Name: c.Name, Fields: c.Sent}
			}
			asked, err := s.Build(s.record(t, sent))
			if err != nil {
				t.Fatal(err)
			}
			q, _ := l.Lookup(asked)
			got := l.Settle(asked, q, c.response())
			checkSettlement(t, c.response(), got)
			if !strings.Contains(got.Message, c.Says) || c.Says == "" && got.Message != c.Want.Message {
				t.Errorf("message %q, want it to say %q", got.Message, c.Says)
			}
			want := c.Want
			want.Message = got.Message
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// settlement gives the request in doubt, its lookup, and the answer that settles it.
func (s *subject) settlement(t testing.TB, l providers.Lookup) (asked, q providers.Request, good providers.Response) {
	t.Helper()
	asked = s.request(t)
	q, _ = l.Lookup(asked)
	good = s.settled.response()
	if out := l.Settle(asked, q, good); out.Kind != providers.Succeeded {
		t.Fatalf("the answer that settles it is %v: %s", out.Kind, out.Message)
	}
	return asked, q, good
}

// checkSettleStatuses: a status means for a lookup what it means for any request, but
// that no refusal settles anything, and what is unclear may be asked again.
func (s *subject) checkSettleStatuses(t *testing.T, l providers.Lookup) {
	asked, q, good := s.settlement(t, l)
	for _, row := range conformance.Conventions() {
		for _, status := range row.Statuses {
			want := map[providers.Kind]providers.Kind{
				providers.Rejected: providers.Unknown, providers.Unknown: providers.Transient,
				providers.Throttled: providers.Throttled, providers.Transient: providers.Transient, providers.Fatal: providers.Fatal,
			}[row.Kind]
			for _, b := range append([]conformance.Body{{Name: "the body that settles it", ContentType: "application/json", Text: string(good.Body)}}, conformance.Bodies()...) {
				out := l.Settle(asked, q, b.Response(status))
				if out.Kind != want {
					t.Errorf("status %d with %s is %v, want %v", status, b.Name, out.Kind, want)
				}
				checkSettlement(t, b.Response(status), out)
			}
		}
	}
}

// checkNoFalseSettlement tries all that resembles a settling answer and is none.
func (s *subject) checkNoFalseSettlement(t *testing.T, l providers.Lookup) {
	asked, q, good := s.settlement(t, l)
	never := func(what string, asked providers.Request, r providers.Response) {
		t.Helper()
		out := l.Settle(asked, q, r)
		if out.Kind == providers.Succeeded {
			t.Errorf("%s was taken for a proof", what)
		}
		checkSettlement(t, r, out)
	}
	for _, b := range conformance.Bodies() {
		never(b.Name, asked, b.Response(http.StatusOK))
	}
	broken := good
	broken.Incomplete = true
	never("a body that was cut", asked, broken)
	for n := range len(good.Body) - 1 {
		r := good
		r.Body = good.Body[:n]
		never("the beginning of the body", asked, r)
	}
	for name := range s.sent.Fields {
		other := RequestCase{Name: "another " + name, Fields: maps.Clone(s.sent.Fields)}
		other.Fields[name] = different(other.Fields[name])
		if asked, err := s.Build(s.record(t, other)); err == nil {
			never("an answer with another "+name, asked, good)
		}
	}
}

// different gives another text of the same form.
func different(text string) string {
	if strings.Contains(text, "A") {
		return strings.Replace(text, "A", "B", 1)
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '8' || r >= 'a' && r <= 'y' || r >= 'A' && r <= 'Y' {
			return r + 1
		}
		return r
	}, text)
}

func (s *subject) checkAnySettlement(t *testing.T, l providers.Lookup) {
	asked, q, _ := s.settlement(t, l)
	rapid.Check(t, func(t *rapid.T) {
		r := s.drawSettlement(t)
		out := l.Settle(asked, q, r)
		checkSettlement(t, r, out)
		if again := l.Settle(asked, q, r); again != out {
			t.Fatalf("the same answer settles %+v, then %+v", out, again)
		}
	})
}

// drawSettlement gives any answer, often with a body that nearly settles it.
func (s *subject) drawSettlement(t *rapid.T) providers.Response {
	near := *s
	near.success = s.settled.AnswerCase
	return near.drawResponse(t)
}

// checkSettlement holds for any outcome of a lookup.
func checkSettlement(t failer, r providers.Response, o providers.Outcome) {
	t.Helper()
	checkOutcome(t, r.Status, o)
	if o.Kind == providers.Rejected {
		t.Fatalf("status %d: a lookup says that the request was not applied", r.Status)
	}
	if o.Kind == providers.Succeeded && (r.Incomplete || o.Warning) {
		t.Fatalf("a proof that is incomplete, or has a warning: %+v", o)
	}
}

// FuzzSettle looks for answers to lookups that break the operations' Settle.
func FuzzSettle(f *testing.F, p providers.Provider, c Cases) {
	f.Helper()
	all := subjects(f, p, c)
	for _, s := range all {
		for _, a := range s.cases.Lookups {
			f.Add(a.Status, []byte(a.Body), false)
		}
	}
	f.Add(http.StatusTooManyRequests, []byte("<title>slow down</title>"), false)
	f.Fuzz(func(t *testing.T, status int, text []byte, cut bool) {
		for _, s := range all {
			l, is := s.Operation.(providers.Lookup)
			if !is {
				continue
			}
			asked, q, _ := s.settlement(t, l)
			r := providers.Response{Status: status, Body: text, Incomplete: cut, At: conformance.AnsweredAt}
			checkSettlement(t, r, l.Settle(asked, q, r))
		}
	})
}
