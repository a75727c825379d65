package draft

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// tokens splits a name where people see its parts: at blanks and punctuation, between
// letters and digits, and where capitals begin (eMailAddress, VATId). The parts are in
// small letters without accents.
func tokens(name string) []string {
	var out []string
	runes := []rune(norm.NFKC.String(name))
	start := 0
	flush := func(end int) {
		if end > start {
			if t := fold(string(runes[start:end])); t != "" {
				out = append(out, t)
			}
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r):
			flush(i)
			start = i + 1
		case i > start && boundary(runes, i):
			flush(i)
		}
	}
	flush(len(runes))
	return out
}

// boundary says whether a new part begins at position i, within letters and digits.
func boundary(runes []rune, i int) bool {
	before, here := runes[i-1], runes[i]
	switch {
	case unicode.IsDigit(before) != unicode.IsDigit(here):
		return true
	case unicode.IsUpper(here) && unicode.IsLower(before):
		return true
	}
	return unicode.IsUpper(before) && unicode.IsUpper(here) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

// fold makes small letters without accents: what is left when a name passed through a
// system that knows ASCII only.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(plainLetters.Replace(strings.ToLower(s))))
}

// plainLetters are those that no decomposition makes plain.
var plainLetters = strings.NewReplacer("ß", "ss", "ł", "l", "ø", "o", "æ", "ae", "œ", "oe", "đ", "d", "ı", "i")

// umlauts stand as ae, oe, ue where a system could not write them.
var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// key joins a name's parts for comparison: E-Mail, EMail and e_mail are one.
func key(parts []string) string { return umlauts.Replace(strings.Join(parts, "")) }
