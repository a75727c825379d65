package cli

import (
	"testing"

	"rowpost/batch"
)

func TestExitStatusPrecedence(t *testing.T) {
	var (
		fine     = counts{Succeeded: 8, Skipped: 2}
		rough    = counts{Succeeded: 8, Failed: 1, Invalid: 1}
		refused  = &batch.Stop{Kind: batch.Refused}
		deadline = &batch.Stop{Kind: batch.Unavailable}
		broken   = &batch.Stop{Kind: batch.Broken}
		sigint   = &batch.Stop{Kind: batch.Interrupted, Signal: 2}
		sigterm  = &batch.Stop{Kind: batch.Interrupted, Signal: 15}
	)
	for _, test := range []struct {
		name string
		end  ending
		want int
	}{
		{"all succeeded or skipped", ending{lines: fine}, 0},
		{"an empty table", ending{}, 0},
		{"a failed line", ending{lines: counts{Succeeded: 9, Failed: 1}}, 3},
		{"an invalid line", ending{lines: counts{Invalid: 1}}, 3},
		{"a line in doubt", ending{lines: counts{InDoubt: 1}}, 3},
		{"a line that waits for one in doubt", ending{lines: counts{InDoubt: 1, NotSent: 1}}, 3},
		{"ok-if holds", ending{lines: rough, okIf: mustCondition(t, "failed<=1")}, 0},
		{"ok-if does not hold", ending{lines: rough, okIf: mustCondition(t, "failed<1")}, 3},
		{"ok-if asks for more than nothing amiss", ending{lines: fine, okIf: mustCondition(t, "skipped<1")}, 0},
		{"the deadline", ending{lines: fine, stops: []*batch.Stop{deadline}}, 5},
		{"lines that reached nobody", ending{lines: counts{NotSent: 1}, unreached: 1}, 5},
		{"ok-if does not hide a stop", ending{lines: rough, okIf: mustCondition(t, "failed<9"), stops: []*batch.Stop{nil, deadline}}, 5},
		{"a lane refused beats the deadline", ending{lines: rough, stops: []*batch.Stop{deadline, refused}}, 4},
		{"an interrupt beats a refusal", ending{lines: rough, stops: []*batch.Stop{sigint, refused, deadline}}, 130},
		{"SIGTERM", ending{lines: rough, stops: []*batch.Stop{sigterm}}, 143},
		{"an interrupt without a number", ending{stops: []*batch.Stop{{Kind: batch.Interrupted}}}, 130},
		{"a broken run beats all", ending{stops: []*batch.Stop{sigint, refused, broken}}, 1},
		{"a result that cannot be written", ending{broken: true, stops: []*batch.Stop{sigterm}}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.end.status(); got != test.want {
				t.Errorf("status %d, want %d", got, test.want)
			}
		})
	}
}

func mustCondition(t *testing.T, text string) condition {
	t.Helper()
	c, err := parseCondition(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
