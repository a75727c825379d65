package cli

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOkIf(t *testing.T) {
	lines := counts{Succeeded: 90, Failed: 4, Invalid: 1, Skipped: 2, InDoubt: 3}
	for _, test := range []struct {
		condition string
		want      bool
	}{
		{"failed<5", true},
		{"failed<4", false},
		{"failed<=4", true},
		{"failed=4", true},
		{"failed==5", false},
		{"succeeded>=90%", true},
		{"succeeded>90%", false},
		{"failed<4%", false},
		{"failed<=4%", true},
		{"failed<4.5%", true},
		{" failed + in_doubt <= 7 ", true},
		{"failed+in_doubt<7", false},
		{"failed<5 && invalid<1", false},
		{"failed<5&&invalid<=1", true},
		{"failed<5, invalid<=1", true},
		{"not_sent<1", true},
	} {
		t.Run(test.condition, func(t *testing.T) {
			if got := mustCondition(t, test.condition).holds(lines); got != test.want {
				t.Errorf("holds: %v, want %v", got, test.want)
			}
		})
	}
}

func TestOkIfOfNoLines(t *testing.T) {
	if !mustCondition(t, "failed<1%").holds(counts{}) {
		t.Error("no line at all is more than 1 % failed")
	}
	if (condition{}).holds(counts{Failed: 1}) {
		t.Error("a condition that was not given holds")
	}
}

func TestOkIfRefused(t *testing.T) {
	for _, test := range []struct{ name, condition, want string }{
		{"an unknown status", "failures<1", `"failures" is no status`},
		{"no number", "failed<some", `"some" is no number`},
		{"a negative number", "failed<-1", "is no number"},
		{"not a number", "failed<NaN%", "is no number"},
		{"nothing compared", "failed", "compares nothing"},
		{"an empty term", "failed<1 &&", "compares nothing"},
		{"nothing", "", "compares nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseCondition(test.condition)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

// More failed lines never make a condition hold that did not hold before.
func TestOkIfIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.SampledFrom([]string{"failed<1%", "failed<=10", "failed<3", "failed<=0%"}).Draw(t, "condition")
		c, err := parseCondition(share)
		if err != nil {
			t.Fatal(err)
		}
		before := counts{Succeeded: rapid.IntRange(0, 500).Draw(t, "succeeded"), Failed: rapid.IntRange(0, 20).Draw(t, "failed")}
		after := before
		after.Failed++
		if c.holds(after) && !c.holds(before) {
			t.Errorf("%s holds for %+v and not for %+v", share, after, before)
		}
	})
}
