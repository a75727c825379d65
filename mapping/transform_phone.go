package mapping

import (
	"errors"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// maxPhone is the longest text, in bytes, in which a number is looked for.
const maxPhone = 60

type phoneArg struct {
	Region *text `yaml:"region" jsonschema:"minLength=2,maxLength=2" jsonschema_description:"The country of numbers without a country's number, as ISO 3166-1 alpha-2: DE; default: such numbers are refused."`
	Check  *text `yaml:"check" jsonschema_description:"valid (default): the number is in a range that is in use; possible: its length is right."`
}

func phoneChecks() []string { return []string{"valid", "possible"} }

// phone makes E.164 numbers. What begins with + or 00 has its country's number; all else
// is read as it would be dialled in the region: there 011 may lead abroad, and the
// country's own number is known without + where the rest is no number otherwise.
func phone(d *decoder, _ pos, arg phoneArg) transform {
	region, check := "", phonenumbers.IsValidNumber
	if arg.Region != nil {
		if region = arg.Region.s; !phonenumbers.GetSupportedRegions()[region] {
			d.add(arg.Region.at, "two capital letters, such as DE or US", "%q is no country whose phone numbers are known", region)
			return nil
		}
	}
	if arg.Check != nil {
		switch arg.Check.s {
		case "valid":
		case "possible":
			check = phonenumbers.IsPossibleNumber
		default:
			d.add(arg.Check.at, "", "check is %s, not %q%s", listed(phoneChecks()), arg.Check.s, didYouMean(arg.Check.s, phoneChecks()))
			return nil
		}
	}
	return func(s string) (string, *refusal) { return e164(s, region, check) }
}

func e164(s, region string, check func(*phonenumbers.PhoneNumber) bool) (string, *refusal) {
	s, _ = trim(s)
	if bad := phoneShape(s); bad != nil {
		return "", bad
	}
	dialled := strings.TrimLeft(s, "( ")
	if rest, ok := strings.CutPrefix(dialled, "00"); ok {
		dialled = "+" + rest
		s = dialled
	}
	if bad := twoReadings(dialled, region); bad != nil {
		return "", bad
	}
	if region == "" && dialled[0] != '+' {
		return "", refuse("value is a phone number without its country's number", "{phone: {region: DE}} reads it as one of that country")
	}
	n, err := phonenumbers.Parse(s, region)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return "", refuse("value has a country's number that is not in use", "")
	case err != nil, !phonenumbers.IsPossibleNumber(n):
		return "", refuse("value has too few or too many digits for a phone number", "")
	case n.GetExtension() != "":
		return "", refuse("value has an extension, which has no place in E.164", "")
	case !check(n):
		return "", refuse("value is in no range of phone numbers that is in use there", "if it is right all the same: {phone: {check: possible}}")
	}
	out := phonenumbers.Format(n, phonenumbers.E164)
	if FormatE164.refuse(out) != nil { // a few countries' own numbers have room for more
		return "", refuse("value has too few or too many digits for a phone number", "")
	}
	return out, nil
}

// twoReadings refuses digits that are a number with the region's own country before them,
// its + lost on the way, and a number of the region as well: 491701234567 in Germany, where
// 0491 is an area, too.
func twoReadings(s, region string) *refusal {
	country := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
	if region == "" || !strings.HasPrefix(s, country) {
		return nil
	}
	with, err := phonenumbers.Parse("+"+s, region)
	if err != nil || !phonenumbers.IsValidNumber(with) {
		return nil
	}
	without, err := phonenumbers.Parse(s, region)
	if err != nil || phonenumbers.Format(without, phonenumbers.E164) == phonenumbers.Format(with, phonenumbers.E164) {
		return nil
	}
	return refuse("value can be read with its country's number and without", "write it with + or with 0 before it")
}

// shortestRest is how many digits have to stand behind a slash: in 030 1234567/89 they
// are the end of a second number, in 030/1234567 the number.
const shortestRest = 4

// phoneShape refuses what the library would make a number of by leaving parts out, or by
// making one of two.
func phoneShape(s string) *refusal {
	switch {
	case s == "" || !strings.ContainsFunc(s, unicode.IsDigit):
		return refuse("value is no phone number: it has no digits", "")
	case len(s) > maxPhone:
		return refuse("value is longer than a phone number can be", "one number a cell")
	case strings.ContainsFunc(s, unicode.IsLetter):
		return refuse("value has letters beside the phone number", "one number a cell, without words and extensions")
	case strings.ContainsAny(s, ",;#*~\r\n") || strings.LastIndexByte(s, '+') > strings.IndexByte(s, '+'):
		return refuse("value is no single phone number, or has an extension", "one number a cell, without an extension")
	}
	return slashShape(s)
}

// slashShape refuses a slash that may stand between two numbers.
func slashShape(s string) *refusal {
	before, behind, found := strings.Cut(s, "/")
	if !found {
		return nil
	}
	digits := countDigits(before)
	switch {
	case countDigits(s[strings.LastIndexByte(s, '/'):]) < shortestRest:
		return refuse("value may be two phone numbers: few digits stand behind the slash", "one number a cell")
	case strings.Contains(behind, "/"):
		return refuse("value may be more than one phone number: it has two slashes", "one number a cell")
	case strings.HasPrefix(strings.TrimLeft(behind, "( "), "0"), digits > longestArea && !abroad(before), digits > longestArea+longestCountry:
		return refuse("value may be two phone numbers, with a slash between them", "one number a cell")
	}
	return nil
}

// An area has up to six digits with the 0 before it, and a country up to three, with 00 five.
const longestArea, longestCountry = 6, 5

// abroad says that a number begins with its country's.
func abroad(s string) bool {
	s = strings.TrimLeft(s, "( ")
	return strings.HasPrefix(s, "+") || strings.HasPrefix(s, "00")
}

func countDigits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
