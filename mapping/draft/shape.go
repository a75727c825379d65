package draft

import (
	"regexp"
	"strings"
	"unicode"
)

// The shapes are looser than the checks of a run: here they only tell columns apart.

func looksEmail(s string) bool {
	local, domain, ok := strings.Cut(strings.TrimSpace(s), "@")
	return ok && local != "" && strings.Count(s, "@") == 1 && strings.Contains(domain, ".")
}

var phoneShape = regexp.MustCompile(`^(\+|00|\(?0|\d)[\d\s()./\-\x{2010}-\x{2015}]*(?i:(x|ext\.?|dw)\s*\d+)?$`)

// looksPhone wants 5 to 17 digits and nothing but what people put between them.
func looksPhone(s string) bool {
	s = strings.TrimSpace(s)
	n := countDigits(s)
	return n >= 5 && n <= 17 && phoneShape.MatchString(s)
}

// evidentPhone is a number that can hardly be anything else: a plain one may be an id.
func evidentPhone(s string) bool {
	s = strings.TrimSpace(s)
	return looksPhone(s) && (strings.HasPrefix(s, "+") || strings.HasPrefix(s, "00") || strings.ContainsAny(s, "()/") ||
		strings.HasPrefix(s, "0") && strings.ContainsAny(s, " -")) && !datelike.MatchString(s)
}

var datelike = regexp.MustCompile(`^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b`)

func countDigits(s string) int {
	n := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

var urlShape = regexp.MustCompile(`^(?i:https?://\S+|www\.\S+\.\S+)$`)

func looksURL(s string) bool { return urlShape.MatchString(strings.TrimSpace(s)) }

// looksDomain is what people write in a column for web sites.
func looksDomain(s string) bool {
	s = strings.TrimSpace(s)
	return looksURL(s) || strings.Contains(s, ".") && !strings.ContainsAny(s, " @,;") && strings.ContainsFunc(s, unicode.IsLetter)
}

var ibanShape = regexp.MustCompile(`^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$`)

// looksIBAN checks shape and check digits (ISO 13616).
func looksIBAN(s string) bool {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	if !ibanShape.MatchString(s) {
		return false
	}
	rest := 0
	for _, r := range s[4:] + s[:4] {
		if r >= 'A' {
			rest = (rest*100 + int(r-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(r-'0')) % 97
		}
	}
	return rest == 1
}

// vatShape is the country's letters (EL is Greece, XI Northern Ireland) and 8 to 12 more,
// of which most are digits.
var vatShape = regexp.MustCompile(`^(AT|BE|BG|CH|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK|XI)[A-Z0-9+*]{8,12}$`)

func looksVAT(s string) bool {
	s = strings.ToUpper(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(s))
	return vatShape.MatchString(s) && countDigits(s) >= 7
}

var uuidShape = regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

func looksUUID(s string) bool { return uuidShape.MatchString(strings.TrimSpace(s)) }

func isStateCode(s string) bool { return len(s) <= 3 && strings.ToUpper(s) == s }

func isCode(s string) bool { return codeShape.MatchString(s) }

var (
	codeShape = regexp.MustCompile(`^[A-Z]{2}$`)
	// exampleCode is a code of two letters in a field's help.
	exampleCode = regexp.MustCompile(`\b[A-Z]{2}\b`)
)

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// looksName is a text as names of people and places are: letters, and no address or link.
func looksName(s string) bool {
	return strings.ContainsFunc(s, unicode.IsLetter) && !strings.Contains(s, "@") && !looksURL(s)
}

// looksID is a text without blanks inside that has a digit.
func looksID(s string) bool {
	s = strings.TrimSpace(s)
	return hasDigit(s) && !strings.ContainsAny(s, " @\n") && !datelike.MatchString(s)
}
