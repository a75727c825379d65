package mapping

import (
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		format    Format
		good, bad []string
	}{
		{FormatEmail, []string{"a@b", "ü@ö.de"}, []string{"a", "@b", "a@", "a@b@c", "a b@c", "a@b\n"}},
		{FormatE164, []string{"+123456", "+123456789012345"}, []string{"+12345", "+1234567890123456", "0049123456", "+49 12345", "+", ""}},
		{FormatCountry2, []string{"DE"}, []string{"de", "DEU", "D", "D1", "ÄÖ"}},
		{FormatCountry, []string{"DE", "DEU"}, []string{"de", "D", "DEUT"}},
		{FormatLanguage, []string{"de"}, []string{"DE", "deu", "d"}},
		{FormatDigits, []string{"0012"}, []string{"1.2", "-1", "٣"}},
		{FormatPathSegment, []string{"a/b", "...", "ü"}, []string{".", "..", "a\x00", "a\nb"}},
		{"", []string{"anything", "\x00"}, nil},
	} {
		for _, s := range c.good {
			if r := c.format.refuse(s); r != nil {
				t.Errorf("%s: %q: %s", c.format, s, r.msg)
			}
		}
		for _, s := range c.bad {
			if r := c.format.refuse(s); r == nil || r.code != CodeBadFormat {
				t.Errorf("%s: %q is taken", c.format, s)
			}
		}
	}
}

func TestHintsForEnums(t *testing.T) {
	f := &Field{Enum: []string{"active", "BLOCKED", "Gone", "inBetween"}}
	for in, hint := range map[string]string{
		"ACTIVE":    "active differs only in upper and lower case: transform: [trim, lower]",
		" blocked ": "BLOCKED differs only in upper and lower case: transform: [trim, upper]",
		"gone":      "Gone differs only in upper and lower case: transform: [trim, title]",
		"INBetween": "inBetween differs only in upper and lower case",
		"gone ago":  "it takes active, BLOCKED, Gone or inBetween",
	} {
		r := f.refuse(in)
		if r == nil || r.hint != hint || strings.Contains(r.msg, in) {
			t.Errorf("%s: %+v", in, r)
		}
	}
}

func TestReservedTexts(t *testing.T) {
	f := &Field{Clear: "REMOVE", Reserved: []string{"NULL"}, Enum: []string{"REMOVE", "NULL", "a"}}
	for in, code := range map[string]string{"REMOVE": CodeReserved, "NULL": CodeReserved, "a": "", "remove": CodeNotAllowed} {
		r := f.refuse(in)
		if (r == nil) != (code == "") || r != nil && r.code != code {
			t.Errorf("%s: %+v", in, r)
		}
	}
}

func TestNearest(t *testing.T) {
	among := []string{"E-Mail", "First Name", "ZIP", "Contact.City", "", "a"}
	for in, want := range map[string]string{
		"email": "E-Mail", "first_name": "First Name", "FirstNmae": "First Name", "ZPI": "ZIP", "zip\u00a0": "ZIP",
		"Contact.Ctiy": "Contact.City", "Country": "", "": "", "b": "",
	} {
		if got := nearest(in, among[:5]); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
