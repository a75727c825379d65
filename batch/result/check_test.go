package result

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestCheck(t *testing.T) {
	header := []string{"b", "a", ""}
	base := newChecker(header).of([]string{"ab", "c", ""}, "id")
	if newChecker(header).of([]string{"ab", "c", ""}, "id") != base {
		t.Error("the hash differs from reading to reading")
	}
	for name, tc := range map[string]struct {
		header, cells []string
		request       string
		same          bool
	}{
		"text moved to the next cell": {header, []string{"a", "bc", ""}, "id", false},
		"cells exchanged":             {header, []string{"c", "ab", ""}, "id", false},
		"another request":             {header, []string{"ab", "c", ""}, "other", false},
		"a cell emptied":              {header, []string{"ab", "", ""}, "id", false},
		"a cell filled":               {header, []string{"ab", "c", "x"}, "id", false},
		"a blank more":                {header, []string{"ab ", "c", ""}, "id", false},
		"columns moved":               {[]string{"", "a", "b"}, []string{"", "c", "ab"}, "id", true},
		"empty columns more":          {[]string{"b", "a", "", "", ""}, []string{"ab", "c", "", "", ""}, "id", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newChecker(tc.header).of(tc.cells, tc.request); (got == base) != tc.same {
				t.Errorf("hash %s, before %s", got, base)
			}
		})
	}
	breaks := newChecker(header).of([]string{"1\r\n2\r3\n", "", ""}, "")
	if newChecker(header).of([]string{"1\n2\n3\n", "", ""}, "") != breaks {
		t.Error("other line breaks are taken for an edit")
	}
}

// TestCheckStaysText holds that no spreadsheet finds a number, a date or a word in it.
func TestCheckStaysText(t *testing.T) {
	letters := regexp.MustCompile("^[bcdfghjklmnpqrst]{12}$")
	seen := map[rune]bool{}
	rapid.Check(t, func(t *rapid.T) {
		got := newChecker([]string{"a"}).of([]string{rapid.String().Draw(t, "cell")}, "")
		if !letters.MatchString(got) {
			t.Errorf("hash %q", got)
		}
		for _, r := range got {
			seen[r] = true
		}
	})
	if len(seen) != 16 {
		t.Errorf("%d letters are used", len(seen))
	}
}

func TestGuard(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain": "plain", "=1": "'=1", "'=1": "''=1", "'": "'", "'quoted'": "'quoted'",
		"\tx": "'\tx", "@": "'@", "a=b": "a=b", "''-": "'''-",
	} {
		if got := guard(text); got != want || unguard(got) != text {
			t.Errorf("%q is written %q and read %q", text, got, unguard(got))
		}
	}
}

func TestNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 2000), rapid.IntRange(1, 1<<40))
		var set numbers
		want := map[int]bool{}
		for _, n := range rapid.SliceOf(n).Draw(t, "numbers") {
			if set.add(n) == want[n] {
				t.Fatalf("%d: already there %v", n, want[n])
			}
			want[n] = true
		}
		for _, n := range rapid.SliceOf(n).Draw(t, "asked") {
			if set.has(n) != want[n] {
				t.Fatalf("has %d: %v", n, set.has(n))
			}
		}
	})
}
