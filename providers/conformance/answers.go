package conformance

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"

	"rowpost/providers"
)

// ReadStatuses holds each status with each body against the conventions: what is not 2xx
// is decided by the status alone, however the body reads.
func (s *Subject) ReadStatuses(report Report) {
	q, ok := s.request(report)
	if !ok {
		return
	}
	all := append([]Body{{"the body of a success", "application/json", string(s.Success.Body)}}, Bodies()...)
	for _, row := range Conventions() {
		for _, status := range row.Statuses {
			want, special := s.Statuses[status]
			if !special {
				want = row.Kind
			}
			for _, b := range all {
				if out := s.interpret(q, b.Response(status), report); out.Kind != want {
					report("status %d with %s is %v, want %v", status, b.Name, out.Kind, want)
				}
			}
		}
	}
}

// NoFalseSuccess tries all that resembles a success and is none.
func (s *Subject) NoFalseSuccess(report Report) {
	q, ok := s.request(report)
	if !ok {
		return
	}
	if out := s.Operation.Interpret(q, s.Success); out.Kind != providers.Succeeded {
		report("the success itself is %v: %s", out.Kind, out.Message)
		return
	}
	never := func(what string, r providers.Response) {
		if out := s.interpret(q, r, report); out.Kind == providers.Succeeded {
			report("%s with status %d was taken for a success", what, r.Status)
		}
	}
	if s.statusConfirms() {
		return
	}
	for _, status := range []int{200, 201, 202, 203, 204, 205, 206, 207, 226, 299} {
		for _, b := range Bodies() {
			never(b.Name, b.Response(status))
		}
	}
	for _, status := range []int{202, 203, 204, 206, 299} {
		r := s.Success
		if r.Status = status; !slices.Contains(s.Confirming, status) {
			never("the body of a success", r)
		}
	}
	r := s.Success
	r.Incomplete = true
	never("a body that was cut", r)
	if out := s.Operation.Interpret(q, r); out.Kind != providers.Unknown {
		report("a body that was cut is %v, want %v", out.Kind, providers.Unknown)
	}
	for n := range len(bytes.TrimSpace(s.Success.Body)) {
		r := s.Success
		r.Body = s.Success.Body[:n]
		never("the beginning of the body of a success", r)
	}
}

// Redirects are a matter of configuration, and the message says which, without what an
// address may carry.
func (s *Subject) Redirects(report Report) {
	q, ok := s.request(report)
	if !ok {
		return
	}
	variable := strings.ToUpper(s.Provider.Name) + "_BASE_URL"
	for _, location := range []string{"https://user:pw@api.example/next?token=hush#hush", "/next?token=hush", "://\x7f", ""} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			r := providers.Response{Status: status, Header: http.Header{"Location": {location}}, At: AnsweredAt}
			out := s.Operation.Interpret(q, r)
			if out.Kind != providers.Fatal || !strings.Contains(out.Message, variable) || strings.Contains(out.Message, "hush") {
				report("status %d to %q: %v, %q", status, location, out.Kind, out.Message)
			}
			if strings.Contains(location, "api.example") && !strings.Contains(out.Message, "https://api.example/next") {
				report("the message does not say where the answer points: %q", out.Message)
			}
		}
	}
}

// Waits sees that what an answer asks to wait is handed on for those that will be repeated.
func (s *Subject) Waits(report Report) {
	q, ok := s.request(report)
	if !ok {
		return
	}
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		if _, special := s.Statuses[status]; special {
			continue
		}
		r := providers.Response{Status: status, Header: http.Header{"Retry-After": {"7"}}, At: AnsweredAt}
		if out := s.Operation.Interpret(q, r); out.RetryAfter != 7*time.Second {
			report("status %d with Retry-After: 7 asks to wait %v", status, out.RetryAfter)
		}
	}
}
