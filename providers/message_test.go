package providers_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"rowpost/providers"
)

func TestCleanMessage(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"an ordinary text stays", "Customer not found", "Customer not found"},
		{"white space collapses", "  a\t\r\n b\u00a0\u2028c  ", "a b c"},
		{"control characters go", "a\x00b\x7fc\u0085d", "a b c d"},
		{"colours go whole", "\x1b[1;31mred\x1b[0m alert", "red alert"},
		{"window titles go whole", "a\x1b]0;owned\ab", "a b"},
		{"a sequence that never ends goes", "a\x1b[31", "a"},
		{"a lone escape goes", "a\x1b", "a"},
		{"marks of direction go without a gap", "a\u202eb\u2066c", "abc"},
		{"bytes that are no text are marked", "K\xf6ln", "K\ufffdln"},
		{"joined characters stay", "👩‍👧 e\u0301", "👩‍👧 e\u0301"},
		{"nothing", " \n ", ""},
		{"300 characters stay", strings.Repeat("ü", 300), strings.Repeat("ü", 300)},
		{"more are cut", strings.Repeat("ü", 301), strings.Repeat("ü", 299) + "…"},
		{"no blank before the cut", strings.Repeat("x", 298) + " yz", strings.Repeat("x", 298) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := providers.CleanMessage(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzCleanMessage(f *testing.F) {
	f.Add("a\x1b[31mb")
	f.Add(strings.Repeat("wide 世界 ", 100))
	f.Fuzz(func(t *testing.T, text string) {
		got := providers.CleanMessage(text)
		switch {
		case !utf8.ValidString(got), strings.ContainsFunc(got, unicode.IsControl):
			t.Errorf("%q is not fit for a terminal", got)
		case utf8.RuneCountInString(got) > providers.MaxMessage:
			t.Errorf("%d characters", utf8.RuneCountInString(got))
		case strings.TrimSpace(got) != got, strings.Contains(got, "  "):
			t.Errorf("%q has blanks to spare", got)
		case providers.CleanMessage(got) != got:
			t.Errorf("%q changes when cleaned again", got)
		}
	})
}
