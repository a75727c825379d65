package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDotenv(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       map[string]string
	}{
		{"a setting", "A=b", map[string]string{"A": "b"}},
		{"empty lines and comments", "\n# A=b\n  \nB=c\n", map[string]string{"B": "c"}},
		{"as shells write it", "export A=b", map[string]string{"A": "b"}},
		{"blanks around", "  A =  b c \t", map[string]string{"A": "b c"}},
		{"CRLF and a BOM", "\uFEFFA=b\r\nC=d\r\n", map[string]string{"A": "b", "C": "d"}},
		{"a comment behind", "A=b # c", map[string]string{"A": "b"}},
		{"a # inside a password", "A=b#c", map[string]string{"A": "b#c"}},
		{"a dollar sign is no variable", "A=b$HOME${C}", map[string]string{"A": "b$HOME${C}"}},
		{"an equals sign in the value", "A=b=c==", map[string]string{"A": "b=c=="}},
		{"empty", "A=\nB=''\nC=\"\"\nD= # none", map[string]string{"A": "", "B": "", "C": "", "D": ""}},
		{"single quotes take all", `A='b # "\n' # c`, map[string]string{"A": `b # "\n`}},
		{"double quotes have escapes", `A="b\n\"\\ # c"`, map[string]string{"A": "b\n\"\\ # c"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseDotenv("x.env", test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDotenvRefused(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no setting", "A=b\nsecret", "x.env:2: not a setting"},
		{"no name", "=secret", "x.env:1: not a setting"},
		{"a name with a blank", "A B=secret", "x.env:1: not a setting"},
		{"an open quote", "A='secret", "x.env:1: A: the quote is not closed"},
		{"an open double quote", `A="secret\"`, "x.env:1: A: the quote is not closed"},
		{"an open quote behind a backslash", `A="secret\`, "x.env:1: A: the quote is not closed"},
		{"text behind the quote", "A='secret'secret", "x.env:1: A: there is text after the closing quote"},
		{"an unknown escape", `A="\secret"`, "x.env:1: A: unknown escape"},
		{"set twice", "A=1\n\nA=2", "x.env:3: A is set twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseDotenv("x.env", test.text)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}

// What the sandbox writes is read back as it was meant, whatever the value.
func TestDotenvReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[ -&(-~äß€]{0,20}`).Draw(t, "value")
		got, err := parseDotenv("x.env", "A="+shellQuote(value)+"\n")
		if err != nil || got["A"] != value {
			t.Errorf("%q became %q, %v", value, got["A"], err)
		}
	})
}

func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{"A=b", "export A='b'", `A="\n"`, "A=\"", "\uFEFF# x", "A==", `A="\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		vars, err := parseDotenv("x.env", text)
		if err != nil && vars != nil {
			t.Error("an error and settings at once")
		}
		for name := range vars {
			if !dotenvName.MatchString(name) {
				t.Errorf("a name that no environment has: %q", name)
			}
		}
	})
}
