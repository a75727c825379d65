package mapping

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumber(t *testing.T) {
	const german, english = `{number: {decimal: ",", group: "."}}`, `{number: {group: ","}}`
	for _, c := range []struct{ name, list, in, want string }{
		{"German", german, "1.234,50", "1234.50"},
		{"German without marks", german, "1234567,5", "1234567.5"},
		{"groups only", german, "1.234", "1234"},
		{"English", english, "1,234,567.50", "1234567.50"},
		{"as programs write it", "number", "1234.50", "1234.50"},
		{"twenty digits", "number", "12345678901234567890", "12345678901234567890"},
		{"minus before", "number", "-5", "-5"},
		{"minus behind", german, "1.234,50-", "-1234.50"},
		{"a true minus", "number", "−5", "-5"},
		{"in parentheses", german, "(1.234,50)", "-1234.50"},
		{"plus", "number", "+5", "5"},
		{"no minus before nothing", "number", "-0.00", "0.00"},
		{"zeros before it", "number", "007.0", "7.0"},
		{"nothing before the point", "number", ".5", "0.5"},
		{"no-break blanks", `{number: {decimal: ",", group: " "}}`, "1\u00a0234\u00a0567,5", "1234567.5"},
		{"narrow blanks", `{number: {decimal: ",", group: " "}}`, "1\u202f234,5", "1234.5"},
		{"Swiss", `{number: {group: "'"}}`, "1’234’567.50", "1234567.50"},
		{"zeros are added", "{number: {scale: 2}}", "5", "5.00"},
		{"zeros are taken away", "{number: {scale: 2}}", "5.5000", "5.50"},
		{"no places", "{number: {scale: 0}}", "5.0", "5"},
		{"a half goes up", "{number: {scale: 1, round: half_up}}", "-0.25", "-0.3"},
		{"a half goes to the even digit", "{number: {scale: 1, round: half_even}}", "0.25", "0.2"},
		{"cut", "{number: {scale: 1, round: down}}", "0.29", "0.2"},
		{"rounded to nothing", "{number: {scale: 1, round: half_up}}", "-0.01", "0.0"},
		{"more digits than a float has", "{number: {scale: 2, round: half_up}}", "12345678901234567890.125", "12345678901234567890.13"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, bad := through(t, c.list, c.in); bad != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, bad, c.want)
			}
		})
	}
}

func TestNumberRefuses(t *testing.T) {
	const form, german = "value is no number in the form that the mapping names", `{number: {decimal: ",", group: "."}}`
	for _, c := range []struct{ name, list, in, msg, hint string }{
		{"a mark out of place", german, "1.23,4", form, ""},
		{"a first group too long", german, "1234.567,0", form, ""},
		{"a fraction by its look, not a group", german, "0.123", form, `it would be one as {number: {decimal: "."}}; whether`},
		{"a first group of zeros", `{number: {group: ","}}`, "-00,500.0", form, ""},
		{"a mark at the start", german, ".123", form, ""},
		{"two points", "number", "1.2.3", form, ""},
		{"German where English is named", "number", "1.234,50", form, `it would be one as {number: {decimal: ",", group: "."}}; whether`},
		{"a comma that may be either", "number", "1,234", form, `it would be one as {number: {decimal: ","}} or {number: {decimal: ".", group: ","}}; whether`},
		{"two kinds of blanks", `{number: {group: " "}}`, "1\u00a0234 567", form, ""},
		{"a currency", german, "5,00 €", form + ": it has a currency or other letters", "transform: [{replace:"},
		{"a currency's code", german, "EUR 5", form + ": it has a currency or other letters", "transform: [{replace:"},
		{"a percentage", "number", "5%", "value is a percentage", ""},
		{"an exponent", "number", "1.2E+15", "value is a number with an exponent, whose last digits are lost", ""},
		{"two signs", "number", "-5-", form, ""},
		{"plus and minus", "number", "+5-", form, ""},
		{"an open parenthesis", "number", "(5", form, ""},
		{"a point alone", "number", ".", form, ""},
		{"nothing behind the point", "number", "5.", form, ""},
		{"a sign alone", "number", "-", form, ""},
		{"blanks", "number", " 5", form, "it has blanks around it: transform: [trim, {number: ...}]"},
		{"other digits", "number", "٥", form, ""},
		{"a word", "number", "five", form, ""},
		{"too long", "number", strings.Repeat("1", maxNumberLen+1), "value is longer than a number can be", ""},
		{"places that would be rounded", "{number: {scale: 2}}", "5.505", "value has more than 2 decimal places", "round: half_up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, bad := through(t, c.list, c.in)
			if bad == nil || bad.Msg != c.msg || !strings.HasPrefix(bad.Hint, c.hint) {
				t.Errorf("got %+v", bad)
			}
		})
	}
}

func TestNumberFormsThatAreRefused(t *testing.T) {
	for _, c := range []struct{ arg, msg string }{
		{`decimal: ";"`, "decimal must be a dot or a comma"},
		{`decimal: ",", group: ","`, "group and decimal cannot be the same"},
		{`group: "."`, "group and decimal cannot be the same"},
		{`group: "_"`, "group must be a dot, a comma, an apostrophe, a blank or nothing"},
		{"scale: 31", "scale must be from 0 to 30"},
		{"round: down", "round says how to reach a scale, and there is none here"},
		{"scale: 1, round: up", `round is half_up, half_even or down, not "up"`},
	} {
		list := problemsOf(t, oneField("{column: Name, transform: [{number: {"+c.arg+"}}]}"))
		if len(list) != 1 || !strings.HasPrefix(list[0].Msg, c.msg) {
			t.Errorf("%s: %+v", c.arg, list)
		}
	}
}

func TestNumberKeepsTheValue(t *testing.T) {
	form := numberForm{',', "."}
	rapid.Check(t, func(t *rapid.T) {
		digits, places := rapid.StringMatching(`0|[1-9][0-9]{0,29}`).Draw(t, "digits"), rapid.StringMatching(`[0-9]{1,12}`).Draw(t, "places")
		minus := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
		grouped := digits
		for i := len(digits) - 3; i > 0; i -= 3 {
			grouped = grouped[:i] + "." + grouped[i:]
		}
		got, bad := form.read(minus + grouped + "," + places)
		want, ok := new(big.Rat).SetString(minus + digits + "." + places)
		have, fine := new(big.Rat).SetString(got)
		if bad != nil || !ok || !fine || want.Cmp(have) != 0 {
			t.Errorf("%q: %+v", got, bad)
		}
		scale := rapid.IntRange(0, 15).Draw(t, "scale")
		cut, bad := rescale(got, scale, "half_even")
		near, fine := new(big.Rat).SetString(cut)
		if bad != nil || !fine {
			t.Fatalf("%q to %d places: %+v", got, scale, bad)
		}
		off := near.Sub(near, want)
		half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
		if off.Abs(off).Cmp(half) > 0 {
			t.Errorf("%q to %d places: %q is too far away", got, scale, cut)
		}
	})
}

func TestBool(t *testing.T) {
	for _, c := range []struct{ name, list, in, want string }{
		{"English", "bool", "Yes", "true"},
		{"German", "bool", "nein", "false"},
		{"Spanish", "bool", "Sí", "true"},
		{"a spreadsheet's", "bool", "WAHR", "true"},
		{"Polish", "bool", "FAŁSZ", "false"},
		{"a digit", "bool", "0", "false"},
		{"blanks around it", "bool", " ja\u00a0", "true"},
		{"a mapping's own words", "{bool: {true: aktiv, false: [gesperrt, gelöscht]}}", "GELÖSCHT", "false"},
		{"the default beside own words", "{bool: {true: aktiv}}", "no", "false"},
		{"a word that the mapping replaced", "{bool: {true: aktiv}}", "yes", ""},
		{"neither", "bool", "perhaps", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, bad := through(t, c.list, c.in); got != c.want || (bad == nil) != (c.want != "") {
				t.Errorf("got %q, %v; want %q", got, bad, c.want)
			}
		})
	}
	if list := problemsOf(t, oneField("{column: Name, transform: [{bool: {true: [0, 1]}}]}")); len(list) != 1 || list[0].Msg != `"0" is a word for true and for false` {
		t.Errorf("a word on both sides: %v", list)
	}
}
