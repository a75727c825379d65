package mapping

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

const (
	// maxNumberLen is the longest number in bytes; no amount or count has as many digits.
	maxNumberLen = 200
	// maxScale is the greatest number of decimal places that can be asked for.
	maxScale = 30
)

// numberArg tells how numbers are written in the table. Without decimal and group it is
// as programs write them: 1234.50.
type numberArg struct {
	Decimal *text   `yaml:"decimal" jsonschema_description:"What stands before the decimal places: a dot (default) or a comma."`
	Group   *text   `yaml:"group" jsonschema_description:"What may stand between groups of three digits: a dot, a comma, an apostrophe or a blank of any kind; default: nothing may."`
	Scale   *number `yaml:"scale" jsonschema:"minimum=0,maximum=30" jsonschema_description:"How many decimal places to make; default: as many as there are."`
	Round   *text   `yaml:"round" jsonschema_description:"How to cut more decimal places than scale has; default: such a value is refused."`
}

// numberForm is how numbers are written.
type numberForm struct {
	point byte
	group string // empty: none; a blank stands for all kinds of blanks
}

// groupMarks are the ways to write each mark: spreadsheets use several kinds of blanks.
func groupMarks(mark string) []string {
	switch mark {
	case " ", "\u00a0", "\u202f", "\u2009":
		return []string{" ", "\u00a0", "\u202f", "\u2009"}
	case "'", "’":
		return []string{"'", "’"}
	case ".", ",":
		return []string{mark}
	}
	return nil
}

// points, groups and roundings list the words for each.
func points() []string { return []string{".", ","} }

func groups() []string {
	out := []string{""}
	for _, mark := range []string{".", ",", "'", " "} {
		out = append(out, groupMarks(mark)...)
	}
	return out
}

func roundings() []string { return []string{"half_up", "half_even", "down"} }

func numeral(d *decoder, at pos, arg numberArg) transform {
	before := len(d.list)
	form, scale := numberForm{point: '.'}, -1
	if arg.Decimal != nil {
		if !slices.Contains(points(), arg.Decimal.s) {
			d.add(arg.Decimal.at, `decimal: "," is for 1.234,50`, "decimal must be a dot or a comma")
			return nil
		}
		form.point = arg.Decimal.s[0]
	}
	if arg.Group != nil {
		if form.group = arg.Group.s; !slices.Contains(groups(), form.group) {
			d.add(arg.Group.at, "", "group must be a dot, a comma, an apostrophe, a blank or nothing")
		}
		if form.group == string(form.point) {
			d.add(arg.Group.at, `write {decimal: ",", group: "."} for 1.234,50, and {group: ","} for 1,234.50`, "group and decimal cannot be the same")
		}
	}
	if arg.Scale != nil {
		if scale = arg.Scale.n; scale > maxScale {
			d.add(arg.Scale.at, "", "scale must be from 0 to %d", maxScale)
		}
	}
	round := d.rounding(at, arg)
	if len(d.list) > before {
		return nil
	}
	return func(s string) (string, *refusal) {
		out, bad := form.read(s)
		if bad != nil || scale < 0 {
			return out, bad
		}
		return rescale(out, scale, round)
	}
}

// rounding gives the word for how to cut decimal places; empty: they are not cut.
func (d *decoder) rounding(at pos, arg numberArg) string {
	switch {
	case arg.Round == nil:
		return ""
	case arg.Scale == nil:
		d.add(at, "add scale: 2", "round says how to reach a scale, and there is none here")
	case !slices.Contains(roundings(), arg.Round.s):
		d.add(arg.Round.at, "", "round is %s, not %q%s", listed(roundings()), arg.Round.s, didYouMean(arg.Round.s, roundings()))
	}
	return arg.Round.s
}

// read gives the number in digits with a point: no group marks, no zeros before the
// first other digit, no plus. Each digit is kept, however many there are. Negative is
// what has a minus before or behind it, or stands in parentheses as accountants write.
func (f numberForm) read(s string) (string, *refusal) {
	if len(s) > maxNumberLen {
		return "", refuse("value is longer than a number can be", "")
	}
	body, negative, ok := unsigned(s)
	whole, places, point := strings.Cut(body, string(f.point))
	if ok {
		whole, ok = f.ungroup(whole)
	}
	if !ok || !all(whole, '0', '9') || !all(places, '0', '9') || whole == "" && places == "" || point && places == "" {
		return "", f.unread(s)
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if point {
		whole += "." + places
	}
	if negative && strings.ContainsAny(whole, "123456789") {
		whole = "-" + whole
	}
	return whole, nil
}

// unsigned takes the sign away; false: there is more than one.
func unsigned(s string) (body string, negative, ok bool) {
	body = s
	for _, minus := range []string{"-", "−"} { // U+2212, too
		if rest, cut := strings.CutPrefix(body, minus); cut {
			return rest, true, true
		}
		if rest, cut := strings.CutSuffix(body, minus); cut {
			return rest, true, !strings.HasPrefix(rest, "+")
		}
	}
	if rest, cut := strings.CutPrefix(body, "("); cut {
		rest, closed := strings.CutSuffix(rest, ")")
		return rest, true, closed
	}
	return strings.TrimPrefix(body, "+"), false, true
}

// ungroup takes the marks away that stand where they must: before each three digits from
// the right, or nowhere. A first group that begins with 0 is refused: nobody groups so,
// and 0.500 is a half in a table whose owner mistook its form, not five hundred.
func (f numberForm) ungroup(whole string) (string, bool) {
	if f.group == "" {
		return whole, true
	}
	for _, mark := range groupMarks(f.group) {
		if !strings.Contains(whole, mark) {
			continue
		}
		groups := strings.Split(whole, mark)
		for i, g := range groups {
			if i == 0 && (g == "" || len(g) > 3 || g[0] == '0') || i > 0 && len(g) != 3 || !all(g, '0', '9') {
				return "", false
			}
		}
		return strings.Join(groups, ""), true
	}
	return whole, true
}

// unread says why a text is no number in this form, by its shape.
func (f numberForm) unread(s string) *refusal {
	const msg = "value is no number in the form that the mapping names"
	if bare, _ := trim(s); bare != s {
		return refuse(msg, "it has blanks around it: transform: [trim, {number: ...}]")
	}
	if strings.ContainsAny(s, "eE") && isFloat(s) {
		return refuse("value is a number with an exponent, whose last digits are lost", "format the column as a number, or as text, in the spreadsheet")
	}
	if strings.ContainsAny(s, "%‰") {
		return refuse("value is a percentage", "take the sign away with replace, if the plain number is meant")
	}
	if strings.ContainsAny(s, "€$£¥") || strings.ContainsFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' }) {
		return refuse(msg+": it has a currency or other letters", `transform: [{replace: {pattern: "[€$£A-Z]"}}, trim, {number: ...}] takes them away`)
	}
	fit := formsOf(s)
	if len(fit) == 0 {
		return refuse(msg, "")
	}
	return refuse(msg, "it would be one as "+listed(fit)+"; whether that is what it means, the table's owner knows")
}

// formsOf lists the simplest form for each kind of point by which a text is a number.
func formsOf(s string) []string {
	var fit []string
	for _, point := range []byte{',', '.'} {
		for _, group := range []string{"", ".", ",", " ", "'"} {
			if f := (numberForm{point, group}); group != string(point) && f.takes(s) {
				fit = append(fit, f.String())
				break
			}
		}
	}
	return fit
}

func isFloat(s string) bool {
	_, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", "."), 64)
	return err == nil
}

// takes says whether a text is a number in this form.
func (f numberForm) takes(s string) bool {
	body, _, ok := unsigned(s)
	whole, places, point := strings.Cut(body, string(f.point))
	if ok {
		whole, ok = f.ungroup(whole)
	}
	return ok && whole != "" && all(whole, '0', '9') && all(places, '0', '9') && point == (places != "")
}

// String is the form as a mapping writes it.
func (f numberForm) String() string {
	out := `{number: {decimal: "` + string(f.point) + `"`
	if f.group != "" {
		out += `, group: "` + f.group + `"`
	}
	return out + "}}"
}

// rescale makes so many decimal places of a plain number. Zeros are added and taken away;
// other digits go only if the mapping says how.
func rescale(s string, scale int, round string) (string, *refusal) {
	whole, places, _ := strings.Cut(s, ".")
	if missing := scale - len(places); missing >= 0 {
		if scale == 0 {
			return whole, nil
		}
		return whole + "." + places + strings.Repeat("0", missing), nil
	}
	if strings.Trim(places[scale:], "0") != "" && round == "" {
		return "", refuse("value has more than "+strconv.Itoa(scale)+" decimal places",
			"round: half_up, half_even or down says how to cut them")
	}
	n, err := decimal.NewFromString(s)
	if err != nil {
		return "", refuse("value is no number", "")
	}
	switch round {
	case "half_up":
		n = n.Round(int32(scale)) //nolint:gosec // at most maxScale
	case "half_even":
		n = n.RoundBank(int32(scale)) //nolint:gosec // at most maxScale
	default: // down, or zeros only
		n = n.Truncate(int32(scale)) //nolint:gosec // at most maxScale
	}
	return n.StringFixed(int32(scale)), nil //nolint:gosec // at most maxScale
}
