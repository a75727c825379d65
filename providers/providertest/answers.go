package providertest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers"
	"rowpost/providers/conformance"
)

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkAnswers holds the provider's own answers against what they mean.
func (s *subject) checkAnswers(t *testing.T) {
	for _, c := range s.cases.Answers {
		t.Run(c.Name, func(t *testing.T) {
			got := s.Interpret(s.request(t), c.response())
			checkOutcome(t, c.Status, got)
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

func (s *subject) checkStatuses(t *testing.T) { s.examined(t).ReadStatuses(t.Errorf) }

func (s *subject) checkNoFalseSuccess(t *testing.T) { s.examined(t).NoFalseSuccess(t.Errorf) }

func (s *subject) checkRedirects(t *testing.T) { s.examined(t).Redirects(t.Errorf) }

func (s *subject) checkWaits(t *testing.T) { s.examined(t).Waits(t.Errorf) }

// checkOutcome holds for any outcome.
func checkOutcome(t failer, status int, o providers.Outcome) {
	t.Helper()
	if err := conformance.Outcome(status, o); err != nil {
		t.Fatalf("%v", err)
	}
}
