package mapping

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	yaml "go.yaml.in/yaml/v4"
)

// defaultLayout is what date makes if it is not told: ISO 8601.
const defaultLayout = "YYYY-MM-DD"

// oneOrMore is a text, or a list of texts.
type oneOrMore struct {
	list []text
	at   pos
}

func (l *oneOrMore) decodeNode(d *decoder, n *yaml.Node) {
	l.at = position(n)
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, item := range nodes {
		var t text
		t.decodeNode(d, item)
		l.list = append(l.list, t)
	}
	if len(nodes) == 0 {
		d.add(l.at, "", "the list is empty")
	}
}

type dateArg struct {
	From      *oneOrMore `yaml:"from" jsonschema:"required" jsonschema_description:"The layout of the table's dates, or a list of layouts: DD.MM.YYYY, M/D/YYYY, D MMM YYYY, YYYY-MM-DDTHH:mm:ss, excel (serial numbers), excel1904."`
	To        *text      `yaml:"to" jsonschema_description:"The layout to make; default: YYYY-MM-DD."`
	YearsFrom *number    `yaml:"years_from" jsonschema:"minimum=1583,maximum=9900" jsonschema_description:"With YY: the first of the hundred years that two digits can mean; 1930 makes 29 to 2029 and 30 to 1930."`
}

// date reads a day by the layouts it is told, and by no other: a value is never guessed
// at. What two of them would read differently is refused before there is a value.
func date(d *decoder, at pos, arg dateArg) transform {
	before := len(d.list)
	if arg.From == nil {
		d.add(at, "write it as "+exampleOf("date"), "date needs to know the layout of the table's dates: from")
		return nil
	}
	var from []*dateLayout
	for _, t := range arg.From.list {
		if l := d.layout(t, arg.YearsFrom); l != nil {
			from = append(from, l)
		}
	}
	d.dateYears(arg, from)
	to := d.dateTarget(arg.To, from)
	if len(d.list) == before {
		d.ambiguous(arg.From, from)
	}
	if len(d.list) > before {
		return nil
	}
	return func(s string) (string, *refusal) { return redate(s, from, to) }
}

// layout parses one layout and notes what is wrong with it.
func (d *decoder) layout(t text, yearsFrom *number) *dateLayout {
	l, fault := parseLayout(t.s)
	if fault == "" {
		if yearsFrom != nil {
			l.since = yearsFrom.n
		}
		return l
	}
	hint := layoutHint
	if other := properLayout(t.s); other != "" {
		hint = "write it as " + other
	}
	d.add(t.at, hint, "%q %s", t.s, fault)
	return nil
}

// properLayout is the layout that was meant by one in other words: dd.mm.yyyy, %d.%m.%Y.
func properLayout(s string) string {
	for _, write := range []func(string) string{
		strings.ToUpper,
		strings.NewReplacer("yyyy", "YYYY", "yy", "YY", "dd", "DD", "d", "D").Replace,
		strings.NewReplacer("%Y", "YYYY", "%y", "YY", "%m", "MM", "%d", "DD", "%H", "HH", "%M", "mm", "%S", "ss").Replace,
		strings.NewReplacer("TT", "DD", "JJJJ", "YYYY", "AAAA", "YYYY", "JJ", "DD").Replace,
	} {
		if other := write(s); other != s {
			if _, fault := parseLayout(other); fault == "" {
				return other
			}
		}
	}
	return ""
}

func (d *decoder) dateYears(arg dateArg, from []*dateLayout) {
	short := slices.IndexFunc(from, func(l *dateLayout) bool { return l.uses("YY") })
	switch {
	case short >= 0 && arg.YearsFrom == nil:
		d.add(arg.From.at, "years_from: 1930 reads 30 to 99 as 1930 to 1999, and 00 to 29 as 2000 to 2029",
			"layout %q leaves the century open: say years_from", from[short].name)
	case short < 0 && arg.YearsFrom != nil && len(from) == len(arg.From.list):
		d.add(arg.YearsFrom.at, "", "years_from is about years of two digits, YY, and no layout has them")
	case arg.YearsFrom != nil && (arg.YearsFrom.n < firstYear || arg.YearsFrom.n > lastYear-99):
		d.add(arg.YearsFrom.at, "", "years_from must be from %d to %d", firstYear, lastYear-99)
	}
}

// dateTarget checks that the layout to make can be made of all layouts that are read.
func (d *decoder) dateTarget(t *text, from []*dateLayout) *dateLayout {
	if t == nil {
		t = &text{s: defaultLayout}
	}
	to := d.layout(*t, nil)
	if to == nil {
		return nil
	}
	if to.epoch != nil || to.uses("MMM") {
		d.add(t.at, "months are MM or M", "date makes no serial numbers and no names of months")
		return nil
	}
	for _, l := range from {
		if to.timed() && !l.timed() {
			d.add(t.at, "leave it out of the layout", "the time of day cannot be made: layout %q has none", l.name)
			return nil
		}
	}
	return to
}

// ambiguous refuses layouts of which two read one text as different days.
func (d *decoder) ambiguous(arg *oneOrMore, from []*dateLayout) {
	for i, a := range from {
		for j := i + 1; j < len(from); j++ {
			b := from[j]
			if example := quarrel(a, b); example != "" {
				d.add(arg.list[j].at, "name the one that the table is written in; split the table if it has both",
					"%s would be two different days by the layouts %q and %q", example, a.name, b.name)
				return
			}
		}
	}
}

// quarrel finds a text that both layouts can read, and read differently; empty: it found
// none. It tries days whose parts are all small numbers, and so can stand for each other.
func quarrel(a, b *dateLayout) string {
	for _, year := range []int{2001, 2003, 2010, 2012, 1912, 2031} {
		for month := 1; month <= 12; month++ {
			for _, day := range []int{1, 2, 4, 10, 11, 12, 20, 31} {
				m := moment{year: year, month: month, day: day, hour: 13, minute: 5, second: 9, frac: 7}
				for _, pair := range [][2]*dateLayout{{a, b}, {b, a}} {
					for _, text := range pair[0].writings(m) {
						if pair[0].differs(pair[1], text) {
							return text
						}
					}
				}
			}
		}
	}
	return ""
}

// writings are texts that the layout may stand for; names of months are those of one language.
func (l *dateLayout) writings(m moment) []string {
	if l.epoch != nil {
		return []string{strconv.Itoa(m.month*1000 + m.day), strconv.Itoa(m.year*10 + m.month)}
	}
	plain := &dateLayout{tokens: slices.Clone(l.tokens)}
	padded := &dateLayout{tokens: slices.Clone(l.tokens)}
	for i, t := range l.tokens {
		if t.word == "MMM" {
			name, _, _ := strings.Cut(monthWords()[m.month-1], " ")
			plain.tokens[i] = dateToken{lit: name}
			padded.tokens[i] = plain.tokens[i]
		}
		padded.tokens[i].min = padded.tokens[i].max
	}
	return []string{string(plain.write(nil, m)), string(padded.write(nil, m))}
}

// differs says whether both layouts take the text for a moment, and not for the same one.
func (l *dateLayout) differs(other *dateLayout, text string) bool {
	m, one := l.read(text)
	n, two := other.read(text)
	return one && two && m.real() && n.real() && m != n
}

// redate reads a text by the first layout that fits.
func redate(s string, from []*dateLayout, to *dateLayout) (string, *refusal) {
	shaped := false
	for _, l := range from {
		m, fits := l.read(s)
		if fits && m.real() {
			var room [32]byte
			return string(to.write(room[:0], m)), nil
		}
		shaped = shaped || fits
	}
	if shaped {
		return "", refuse("value is no day that there is, or no time of day", "correct it in the table; day and month may have changed places")
	}
	names := make([]string, len(from))
	for i, l := range from {
		names[i] = l.name
	}
	return "", refuse("value is not written as "+strings.Join(names, " or "), dateHint(s))
}

// usualLayouts are those that a hint can name.
var usualLayouts = sync.OnceValue(func() []*dateLayout {
	var all []*dateLayout
	for _, name := range []string{
		"YYYY-MM-DD", "DD.MM.YYYY", "D.M.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "D/M/YYYY", "M/D/YYYY", "DD-MM-YYYY", "YYYY/MM/DD",
		"YYYYMMDD", "DD.MM.YY", "D.M.YY", "M/D/YY", "D/M/YY", "YYYY-MM-DD HH:mm:ss", "YYYY-MM-DDTHH:mm:ss", "YYYY-MM-DDTHH:mm:ssZ", "DD.MM.YYYY HH:mm",
		"DD.MM.YYYY HH:mm:ss", "D MMM YYYY", "D. MMM YYYY", "MMM D, YYYY", "excel",
	} {
		if l, fault := parseLayout(name); fault == "" {
			all = append(all, l)
		}
	}
	return all
})

// maxHints is how many layouts a hint names.
const maxHints = 2

// dateHint names the layouts whose shape the value has; it does not look at its numbers.
func dateHint(s string) string {
	bare, _ := trim(s)
	if bare != s {
		return "it has blanks around it: transform: [trim, {date: ...}]"
	}
	var fit []string
	for _, l := range usualLayouts() {
		if _, ok := l.read(s); ok && len(fit) < maxHints {
			fit = append(fit, l.name)
		}
	}
	if len(fit) == 0 {
		return ""
	}
	return "it has the shape of " + strings.Join(fit, " or ") + "; list the layout if the table is written in it, too"
}
