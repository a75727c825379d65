package mapping

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// refuse says why a text that comes from the table, or stands in the mapping as a
// constant, cannot be sent as this field; nil: it can. The text is not empty.
func (f *Field) refuse(s string) *refusal {
	if f.Separator == "" || s == f.Clear {
		return f.refuseOne(s)
	}
	for _, item := range f.Items(s) {
		if r := f.refuseOne(item); r != nil {
			r.msg = "an item of the list: " + r.msg
			return r
		}
	}
	return nil
}

// Refuse says why a text that is not empty cannot be sent as this field; nil: it can.
func (f *Field) Refuse(text string) *CellError {
	r := f.refuse(text)
	if r == nil {
		return nil
	}
	return &CellError{Field: f.Name, Code: r.code, Msg: r.it(), Hint: r.hint}
}

func (f *Field) refuseOne(s string) *refusal {
	switch {
	case f.Clear != "" && s == f.Clear:
		return &refusal{
			code: CodeReserved, msg: "value is the text by which the provider clears this field",
			hint: "to clear it, leave the cell empty and say on_empty: clear",
		}
	case len(f.Reserved) > 0 && slices.Contains(f.Reserved, s):
		return &refusal{CodeReserved, "value is a text that the provider reads as a command", ""}
	case len(f.Enum) > 0 && !slices.Contains(f.Enum, s):
		return f.notAllowed(s)
	case f.MaxLen > 0 && len(s) > f.MaxLen && utf8.RuneCountInString(s) > f.MaxLen:
		return &refusal{
			CodeTooLong, "value is longer than " + strconv.Itoa(f.MaxLen) + " characters",
			"transform: [{truncate: " + strconv.Itoa(f.MaxLen) + "}] cuts it",
		}
	}
	return f.Format.refuse(s)
}

// notAllowed names the transform that would make an allowed value of the text, if one does.
func (f *Field) notAllowed(s string) *refusal {
	r := &refusal{CodeNotAllowed, "value is none of the values that this field takes", "it takes " + listed(f.Enum)}
	bare, _ := trim(s)
	for _, want := range f.Enum {
		if bare == want {
			r.hint = want + " has blanks around it: transform: [trim]"
			return r
		}
		if !strings.EqualFold(bare, want) {
			continue
		}
		r.hint = want + " differs only in upper and lower case"
		for _, c := range []struct {
			name  string
			apply transform
		}{{"lower", lower}, {"upper", upper}, {"title", title}} {
			if got, _ := c.apply(bare); got == want {
				r.hint += ": transform: [trim, " + c.name + "]"
				break
			}
		}
		return r
	}
	return r
}

// refuse says why a text has not this format; nil: it has.
func (f Format) refuse(s string) *refusal {
	bad := func(msg, hint string) *refusal { return &refusal{CodeBadFormat, msg, hint} }
	switch f {
	case FormatEmail:
		return emailShape(s)
	case FormatE164:
		if len(s) < 7 || len(s) > 16 || s[0] != '+' || !all(s[1:], '0', '9') {
			return bad("value is no phone number of the form + and 6 to 15 digits", "with the country's number and without blanks: +49301234567")
		}
	case FormatCountry2:
		if len(s) != 2 || !all(s, 'A', 'Z') {
			return bad("value is no country code of two capital letters", "transform: [{country: alpha2}] makes it from other codes and names")
		}
	case FormatCountry:
		if (len(s) != 2 && len(s) != 3) || !all(s, 'A', 'Z') {
			return bad("value is no country code of two or three capital letters", "transform: [{country: alpha2}] makes it from other codes and names")
		}
	case FormatLanguage:
		if len(s) != 2 || !all(s, 'a', 'z') {
			return bad("value is no language code of two small letters", "transform: [language] makes it from other codes and names")
		}
	case FormatDigits:
		if !all(s, '0', '9') {
			return bad("value has something else than digits in it", "transform: [digits] keeps the digits only")
		}
	case FormatNumber, FormatInteger:
		return refuseNumber(s, f == FormatInteger)
	case FormatBoolean:
		if s != "true" && s != "false" {
			return bad("value is neither true nor false", "lookup: {yes: \"true\", no: \"false\"} exchanges other words")
		}
	case FormatPathSegment:
		if s == "." || s == ".." || strings.ContainsFunc(s, unicode.IsControl) {
			return bad("cannot stand in a URL's path: it is a dot or two, or has a control character", "")
		}
	}
	return nil
}

// all says whether each byte of s is from lo to hi.
func all(s string, lo, hi byte) bool {
	for i := range len(s) {
		if s[i] < lo || s[i] > hi {
			return false
		}
	}
	return true
}
