package providers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers"
)

func TestParseWindows(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  []providers.Window
		shown string
	}{
		{"10/s", []providers.Window{{N: 10, Per: time.Second}}, "10/s"},
		{"600/m", []providers.Window{{N: 600, Per: time.Minute}}, "600/m"},
		{"5000/h , 40000/d", []providers.Window{{N: 5000, Per: time.Hour}, {N: 40000, Per: 24 * time.Hour}}, "5000/h, 40000/d"},
		{"60/30s", []providers.Window{{N: 60, Per: 30 * time.Second}}, "60/30s"},
		{"1/1s", []providers.Window{{N: 1, Per: time.Second}}, "1/s"},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := providers.ParseWindows(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if shown := (providers.Limit{Windows: got}).String(); shown != c.shown {
				t.Errorf("shown as %q, want %q", shown, c.shown)
			}
		})
	}
}

func TestParseWindowsRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"nothing", "", "has no unit"},
		{"no unit", "10", "has no unit"},
		{"an unknown unit", "10/w", "unknown unit"},
		{"no number", "ten/s", "a whole one above 0"},
		{"nothing let through", "0/s", "a whole one above 0"},
		{"a negative number", "-1/s", "a whole one above 0"},
		{"a negative span", "1/-5s", "unknown unit"},
		{"the second one wrong", "10/s,x", "has no unit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := providers.ParseWindows(c.text); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
		})
	}
}

func TestLimitWithRequestsInFlight(t *testing.T) {
	l := providers.Limit{Windows: []providers.Window{{N: 1, Per: time.Second}}, InFlight: 4}
	if got := l.String(); got != "1/s, 4 in flight" {
		t.Errorf("got %q", got)
	}
}
