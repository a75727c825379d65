package mapping

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

func trim(s string) (string, *refusal) {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) }), nil
}

func collapseSpaces(s string) (string, *refusal) {
	if !strings.ContainsFunc(s, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }) && !strings.Contains(s, "  ") {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range s {
		space := unicode.IsSpace(r)
		switch {
		case !space:
			b.WriteRune(r)
		case !blank:
			b.WriteByte(' ')
		}
		blank = space
	}
	return b.String(), nil
}

// The casers keep state while they work, so each call makes its own; plain ASCII needs none.

func upper(s string) (string, *refusal) {
	if ascii(s) {
		return strings.ToUpper(s), nil
	}
	return cases.Upper(language.Und).String(s), nil
}

func lower(s string) (string, *refusal) {
	if ascii(s) {
		return strings.ToLower(s), nil
	}
	return cases.Lower(language.Und).String(s), nil
}

// title gives each word a capital letter first and small ones after it. Words end at
// blanks and hyphens. After an apostrophe a letter is capital where only one letter
// stands before it: O'Neill and D'Artagnan, but Don't.
func title(s string) (string, *refusal) {
	s = cases.Title(language.Und).String(s)
	if !strings.ContainsAny(s, "'’") {
		return s, nil
	}
	runes := []rune(s)
	for i := 1; i+1 < len(runes); i++ {
		single := unicode.IsLetter(runes[i-1]) && (i == 1 || !unicode.IsLetter(runes[i-2]))
		if (runes[i] == '\'' || runes[i] == '’') && single {
			runes[i+1] = unicode.ToTitle(runes[i+1])
		}
	}
	return string(runes), nil
}

func digits(s string) (string, *refusal) {
	other := false
	kept := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		other = other || unicode.IsDigit(r)
		return -1
	}, s)
	if other {
		return "", refuse("value has digits that are not 0 to 9", "write the number in the digits 0 to 9")
	}
	return kept, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// maxWidth bounds pad_left: no field of an API is wider.
const maxWidth = 1000

type padLeftArg struct {
	Width *number `yaml:"width" jsonschema:"required,minimum=1,maximum=1000" jsonschema_description:"The width in characters."`
	With  *text   `yaml:"with" jsonschema:"minLength=1,maxLength=1" jsonschema_description:"The character to fill up with; default: 0."`
}

func padLeft(d *decoder, at pos, arg padLeftArg) transform {
	if arg.Width == nil {
		d.add(at, "write it as "+exampleOf("pad_left"), "pad_left needs a width")
		return nil
	}
	width, with := arg.Width.n, "0"
	if width < 1 || width > maxWidth {
		d.add(arg.Width.at, "", "the width must be from 1 to %d", maxWidth)
		return nil
	}
	if arg.With != nil {
		with = arg.With.s
		if utf8.RuneCountInString(with) != 1 {
			d.add(arg.With.at, "", "pad_left fills up with exactly one character")
			return nil
		}
	}
	return func(s string) (string, *refusal) {
		if n := utf8.RuneCountInString(s); n < width {
			return strings.Repeat(with, width-n) + s, nil
		}
		return s, nil
	}
}

func truncate(d *decoder, _ pos, arg number) transform {
	if arg.n < 1 {
		d.add(arg.at, "", "truncate keeps at least 1 character")
		return nil
	}
	return func(s string) (string, *refusal) {
		if len(s) <= arg.n {
			return s, nil
		}
		n := 0
		for i := range s {
			if n == arg.n {
				return s[:i], nil
			}
			n++
		}
		return s, nil
	}
}

// email checks the shape that every address in use has, which is more than fields of
// the email format ask for: a dot in the part after the @, too.
func email(s string) (string, *refusal) {
	if r := emailShape(s); r != nil {
		return "", refuse(r.msg, r.hint)
	}
	at := strings.IndexByte(s, '@')
	switch domain := s[at+1:]; {
	case strings.ContainsAny(s, ",;<>"):
		return "", refuse("value is no single email address", "one address a cell, without a name")
	case !strings.Contains(domain, "."):
		return "", refuse("value has no dot after the @", "")
	case strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(s, ".."):
		return "", refuse("value has a dot where none can be in an email address", "")
	}
	return s, nil
}

// graphic says whether a text is of printing ASCII characters only, as nearly all
// addresses are; it spares them the slower look at each rune.
func graphic(s string) bool { return all(s, '!', '~') }

// emailShape is what [FormatEmail] promises; nil: s has it.
func emailShape(s string) *refusal {
	at := strings.IndexByte(s, '@')
	bad := func(msg, hint string) *refusal { return &refusal{CodeBadFormat, msg, hint} }
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || invisible(r) }
	switch {
	case !graphic(s) && strings.ContainsFunc(s, odd):
		if t, _ := trim(s); !strings.ContainsFunc(t, odd) {
			return bad("value has blanks before or after the email address", "transform: [trim] removes them")
		}
		return bad("value has a blank or an invisible character in the email address", "")
	case at < 0:
		return bad("value has no @, so it is no email address", "")
	case strings.Count(s, "@") > 1:
		return bad("value has "+strconv.Itoa(strings.Count(s, "@"))+" times @, so it is no single email address", "")
	case at == 0:
		return bad("value has nothing before the @", "")
	case at == len(s)-1:
		return bad("value has nothing after the @", "")
	}
	return nil
}
