package mapping

import "strings"

// refuseNumber says why a text is no number of JSON (RFC 8259, section 6); nil: it is one.
func refuseNumber(s string, whole bool) *refusal {
	bad := func(msg, hint string) *refusal { return &refusal{CodeBadFormat, msg, hint} }
	if IsNumber(s) && (!whole || strings.Trim(s, "-0123456789") == "") {
		return nil
	}
	digits := strings.TrimPrefix(s, "-")
	switch {
	case len(digits) > 1 && digits[0] == '0' && all(digits, '0', '9'):
		return bad("value has leading zeros, which a number has not",
			"if the zeros mean something the field is a text, and the provider's description should say so")
	case whole:
		return bad("value is no whole number", "write it in digits only, as in 1234 or -5")
	}
	return bad("value is no number", "write it in digits, with a point before decimals and nothing between thousands: 1234.50")
}

// IsNumber says whether a text is a number as JSON writes it.
func IsNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, rest := cutDigits(s)
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	if after, ok := strings.CutPrefix(rest, "."); ok {
		var decimals string
		if decimals, rest = cutDigits(after); decimals == "" {
			return false
		}
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	power := rest[1:]
	if power != "" && (power[0] == '+' || power[0] == '-') {
		power = power[1:]
	}
	return power != "" && all(power, '0', '9')
}

func cutDigits(s string) (digits, rest string) {
	rest = strings.TrimLeft(s, "0123456789")
	return s[:len(s)-len(rest)], rest
}
