package providertest

import (
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"rowpost/providers"
	"rowpost/providers/conformance"
)

// checkAnyAnswer: whatever a server sends, there is an outcome and no panic.
func (s *subject) checkAnyAnswer(t *testing.T) {
	q := s.request(t)
	rapid.Check(t, func(t *rapid.T) {
		r := s.drawResponse(t)
		out := s.Interpret(q, r)
		checkOutcome(t, r.Status, out)
		if again := s.Interpret(q, r); again != out {
			t.Fatalf("the same answer means %+v, then %+v", out, again)
		}
		if out.Kind == providers.Succeeded && r.Incomplete && !s.statusConfirms() {
			t.Fatalf("an answer that broke off was taken for a success")
		}
	})
}

func (s *subject) drawResponse(t *rapid.T) providers.Response {
	r := providers.Response{
		Status:     rapid.OneOf(rapid.SampledFrom([]int{200, 201, 204, 301, 400, 401, 404, 409, 422, 429, 500, 503}), rapid.IntRange(-1, 1000)).Draw(t, "status"),
		Header:     http.Header{},
		Body:       s.drawBody(t),
		Incomplete: rapid.Bool().Draw(t, "incomplete"),
		At:         conformance.AnsweredAt,
	}
	value := rapid.OneOf(
		rapid.SampledFrom([]string{"0", "7", "-1", "1.5", "99999999999999999999", "Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", `"default";r=0;t=30`, "application/json", "text/html"}),
		rapid.String(),
	)
	for _, name := range []string{"Content-Type", "Date", "Location", "Ratelimit", "Ratelimit-Remaining", "Ratelimit-Reset", "Retry-After", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"} {
		if rapid.Bool().Draw(t, "has "+name) {
			r.Header[name] = rapid.SliceOfN(value, 0, 2).Draw(t, name)
		}
	}
	return r
}

// drawBody gives noise, known bodies, and bodies of successes and known ones with a few bytes changed.
func (s *subject) drawBody(t *rapid.T) []byte {
	known := []string{s.success.Body}
	for _, c := range s.cases.Answers {
		known = append(known, c.Body)
	}
	for _, b := range conformance.Bodies() {
		if len(b.Text) < 1000 {
			known = append(known, b.Text)
		}
	}
	if rapid.Bool().Draw(t, "noise") {
		return rapid.SliceOf(rapid.Byte()).Draw(t, "body")
	}
	text := []byte(rapid.SampledFrom(known).Draw(t, "body"))
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		if len(text) > 0 {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
	}
	return text
}

// FuzzInterpret looks for answers that break the first operation's Interpret.
func FuzzInterpret(f *testing.F, p providers.Provider, c Cases) {
	f.Helper()
	s := subjects(f, p, c)[0]
	q := s.request(f)
	for _, a := range s.cases.Answers {
		f.Add(a.Status, []byte(a.Body), "application/json", "")
	}
	for _, b := range conformance.Bodies() {
		f.Add(http.StatusOK, []byte(b.Text), b.ContentType, "")
	}
	f.Add(http.StatusTooManyRequests, []byte("<title>slow down</title>"), "text/html", "60")
	f.Fuzz(func(t *testing.T, status int, text []byte, contentType, retryAfter string) {
		r := providers.Response{
			Status: status, Body: text, At: conformance.AnsweredAt,
			Header: http.Header{"Content-Type": {contentType}, "Retry-After": {retryAfter}},
		}
		checkOutcome(t, status, s.Interpret(q, r))
	})
}

// Benchmark measures Build and Interpret of each operation.
func Benchmark(b *testing.B, p providers.Provider, c Cases) {
	b.Helper()
	for _, s := range subjects(b, p, c) {
		record, q, r := s.record(b, s.sent), s.request(b), s.success.response()
		b.Run(s.name+"/build", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(q.Body)))
			for b.Loop() {
				if _, err := s.Build(record); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run(s.name+"/interpret", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(r.Body)))
			for b.Loop() {
				if s.Interpret(q, r).Kind != providers.Succeeded {
					b.Fatal("no success")
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
