package mapping

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The years that a date can be in. One before the first is a slip of the pen: the
// calendar that all these layouts count by began then.
const (
	firstYear = 1583
	lastYear  = 9999
)

// moment is a day and a time of day, as they are written: no zone is known or assumed.
type moment struct {
	year, month, day           int
	hour, minute, second, frac int // frac in milliseconds
}

// real says whether the calendar and the clock have it.
func (m moment) real() bool {
	t := time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC)
	return m.year >= firstYear && m.year <= lastYear && int(t.Month()) == m.month && t.Day() == m.day &&
		m.hour < 24 && m.minute < 60 && m.second < 60
}

// dateToken is a part of a layout.
type dateToken struct {
	word string // as a mapping writes it; empty: the literal
	lit  string
	set  func(*moment, int) // nil: the token needs more than its number
	get  func(moment) int
	// min and max are the digits that it can have; 0: it has none.
	min, max int
}

// dateTokens lists what layouts are made of, longer words before those they begin with.
func dateTokens() []dateToken {
	month := func(m *moment, n int) { m.month = n }
	day := func(m *moment, n int) { m.day = n }
	hour := func(m *moment, n int) { m.hour = n }
	ofMonth, ofDay := func(m moment) int { return m.month }, func(m moment) int { return m.day }
	ofHour, ofHalf := func(m moment) int { return m.hour }, func(m moment) int { return (m.hour+11)%12 + 1 }
	return []dateToken{
		{word: "YYYY", set: func(m *moment, n int) { m.year = n }, get: func(m moment) int { return m.year }, min: 4, max: 4},
		{word: "YY", get: func(m moment) int { return m.year % 100 }, min: 2, max: 2},
		{word: "MMM"},
		{word: "MM", set: month, get: ofMonth, min: 2, max: 2},
		{word: "M", set: month, get: ofMonth, min: 1, max: 2},
		{word: "DD", set: day, get: ofDay, min: 2, max: 2},
		{word: "D", set: day, get: ofDay, min: 1, max: 2},
		{word: "HH", set: hour, get: ofHour, min: 2, max: 2},
		{word: "H", set: hour, get: ofHour, min: 1, max: 2},
		{word: "hh", set: hour, get: ofHalf, min: 2, max: 2},
		{word: "h", set: hour, get: ofHalf, min: 1, max: 2},
		{word: "mm", set: func(m *moment, n int) { m.minute = n }, get: func(m moment) int { return m.minute }, min: 2, max: 2},
		{word: "SSS", set: func(m *moment, n int) { m.frac = n }, get: func(m moment) int { return m.frac }, min: 3, max: 3},
		{word: "ss", set: func(m *moment, n int) { m.second = n }, get: func(m moment) int { return m.second }, min: 2, max: 2},
		{word: "A"},
	}
}

// layoutHint says how layouts are written.
const layoutHint = "layouts are made of YYYY or YY; MM, M or MMM (a month's name); DD or D; HH, H, hh or h with A (AM and PM); mm (minutes), ss, SSS: " +
	"DD.MM.YYYY, M/D/YYYY, YYYY-MM-DDTHH:mm:ss; or the words excel and excel1904"

// dateLayout is one form in which dates are written.
type dateLayout struct {
	name   string
	tokens []dateToken
	epoch  *excelEpoch // of serial numbers, which have no tokens
	since  int         // the first of the hundred years that YY can mean
}

// parseLayout gives the reason, in words, if it is none.
func parseLayout(name string) (*dateLayout, string) {
	l := &dateLayout{name: name, epoch: excelEpochOf(name)}
	if l.epoch != nil {
		return l, ""
	}
	all := dateTokens()
scan:
	for rest := name; rest != ""; {
		for _, t := range all {
			if strings.HasPrefix(rest, t.word) {
				l.tokens = append(l.tokens, t)
				rest = rest[len(t.word):]
				continue scan
			}
		}
		r, size := utf8.DecodeRuneInString(rest)
		if unicode.IsDigit(r) || unicode.IsLetter(r) && r != 'T' && r != 'Z' {
			return nil, "is no layout of a date"
		}
		l.tokens = append(l.tokens, dateToken{lit: rest[:size]})
		rest = rest[size:]
	}
	return l, l.fault()
}

// fault says what a layout has twice, lacks, or leaves open.
func (l *dateLayout) fault() string {
	unit := map[string]string{
		"YYYY": "year", "YY": "year", "MMM": "month", "MM": "month", "M": "month", "DD": "day", "D": "day",
		"HH": "hour", "H": "hour", "hh": "hour", "h": "hour", "mm": "minute", "ss": "second", "SSS": "fraction", "A": "half",
	}
	has := map[string]bool{}
	for i, t := range l.tokens {
		if u := unit[t.word]; u != "" {
			if has[u] {
				return "has the " + u + " twice"
			}
			has[u] = true
		}
		if i > 0 && l.tokens[i-1].runsInto(t) {
			return "does not say where " + l.tokens[i-1].word + " ends: put something between it and what follows"
		}
	}
	half := l.uses("hh") || l.uses("h")
	switch {
	case !has["year"] || !has["month"] || !has["day"]:
		return "needs year, month (MM: mm are minutes) and day"
	case has["minute"] && !has["hour"], has["second"] && !has["minute"], has["fraction"] && !has["second"]:
		return "has a part of the time of day without what it is a part of"
	case half != has["half"]:
		return "has hours of twelve without A (AM and PM), or A with hours of twenty-four"
	}
	return ""
}

// runsInto says whether nothing tells where t ends when next follows.
func (t dateToken) runsInto(next dateToken) bool {
	if t.word == "MMM" {
		r, _ := utf8.DecodeRuneInString(next.lit)
		return next.word == "A" || unicode.IsLetter(r)
	}
	return t.min != t.max && next.max > 0
}

func (l *dateLayout) uses(word string) bool {
	for _, t := range l.tokens {
		if t.word == word {
			return true
		}
	}
	return false
}

// timed says whether it tells the time of day.
func (l *dateLayout) timed() bool {
	return l.epoch != nil || l.uses("HH") || l.uses("H") || l.uses("hh") || l.uses("h")
}

// read takes a text apart. Fits says that it has the layout's shape; the moment may be
// none that there is.
func (l *dateLayout) read(s string) (m moment, fits bool) {
	if l.epoch != nil {
		return l.epoch.read(s)
	}
	afternoon := false
	for _, t := range l.tokens {
		var ok bool
		switch {
		case t.max > 0:
			var n int
			if n, s, ok = leadingDigits(s, t.min, t.max); !ok {
				return m, false
			}
			l.put(&m, t, n)
		case t.word == "MMM":
			m.month, s, ok = leadingMonth(s)
		case t.word == "A":
			afternoon, s, ok = leadingHalf(s)
		default:
			s, ok = strings.CutPrefix(s, t.lit)
		}
		if !ok {
			return m, false
		}
	}
	if l.uses("A") {
		m.hour = hourOfHalf(m.hour, afternoon)
	}
	return m, s == ""
}

func (l *dateLayout) put(m *moment, t dateToken, n int) {
	if t.set != nil {
		t.set(m, n)
		return
	}
	m.year = l.since + ((n-l.since)%100+100)%100
}

// hourOfHalf makes an hour of twenty-four; what is no hour of twelve stays none.
func hourOfHalf(hour int, afternoon bool) int {
	switch {
	case hour < 1 || hour > 12:
		return 24
	case afternoon:
		return hour%12 + 12
	}
	return hour % 12
}

// leadingDigits reads as many digits as there are, up to most.
func leadingDigits(s string, least, most int) (n int, rest string, ok bool) {
	i := 0
	for i < most && i < len(s) && '0' <= s[i] && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i >= least
}

func leadingHalf(s string) (afternoon bool, rest string, ok bool) {
	if len(s) < 2 {
		return false, s, false
	}
	switch strings.ToUpper(s[:2]) {
	case "AM":
		return false, s[2:], true
	case "PM":
		return true, s[2:], true
	}
	return false, s, false
}

// write appends a moment in this layout, which has no MMM and is no serial number.
func (l *dateLayout) write(out []byte, m moment) []byte {
	for _, t := range l.tokens {
		switch {
		case t.max > 0:
			out = appendPadded(out, t.get(m), t.min)
		case t.word == "A" && m.hour < 12:
			out = append(out, "AM"...)
		case t.word == "A":
			out = append(out, "PM"...)
		default:
			out = append(out, t.lit...)
		}
	}
	return out
}

func appendPadded(out []byte, n, width int) []byte {
	var digits [8]byte
	i := len(digits)
	for ; n > 0 || i > len(digits)-width; n /= 10 {
		i--
		digits[i] = byte('0' + n%10)
	}
	return append(out, digits[i:]...)
}
