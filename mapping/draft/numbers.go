package draft

import (
	"regexp"
	"strings"
)

// numberStyle is how a column writes numbers with a fraction or with groups.
type numberStyle struct{ decimal, group string }

var (
	commaNumber = regexp.MustCompile(`^[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+$`)
	dotNumber   = regexp.MustCompile(`^[-+]?(\d{1,3}(,\d{3})+|\d+)\.\d+$`)
	blankGroups = regexp.MustCompile(`^[-+]?\d{1,3}([ \x{00A0}\x{202F}]\d{3})+([.,]\d+)?$`)
	wholeNumber = regexp.MustCompile(`^[-+]?\d+$`)
)

// numbersOf finds out how a column writes numbers. Cells that can be read in two ways
// (1.234 may be a thousand or one) decide nothing: there is no style then, and ok is false.
func numbersOf(c *column) (style numberStyle, ok bool) {
	for _, s := range []struct {
		style             numberStyle
		fraction, grouped *regexp.Regexp
	}{
		{numberStyle{decimal: ",", group: "."}, commaNumber, groupedDots},
		{numberStyle{decimal: ".", group: ","}, dotNumber, groupedCommas},
	} {
		blanks := func(cell string) bool { return blankGroups.MatchString(cell) && !strings.Contains(cell, s.style.group) }
		decides := func(cell string) bool {
			return s.fraction.MatchString(cell) && !ambiguousNumber.MatchString(cell) || blanks(cell) && strings.Contains(cell, s.style.decimal)
		}
		reads := func(cell string) bool {
			return s.fraction.MatchString(cell) || s.grouped.MatchString(cell) || blanks(cell) || wholeNumber.MatchString(cell)
		}
		if !c.mostly(reads, nearlyAll) || c.share(decides) == 0 {
			continue
		}
		switch {
		case c.share(blankGroups.MatchString) > 0:
			s.style.group = " "
		case c.share(s.grouped.MatchString) == 0:
			s.style.group = ""
		}
		return s.style, true
	}
	return numberStyle{}, false
}

// ambiguousNumber has one mark, and three digits behind it.
var (
	ambiguousNumber = regexp.MustCompile(`^[-+]?\d{1,3}[.,]\d{3}$`)
	groupedDots     = regexp.MustCompile(`^[-+]?\d{1,3}(\.\d{3})+(,\d+)?$`)
	groupedCommas   = regexp.MustCompile(`^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$`)
)

// transform is the step that reads such numbers; empty: they are plain already.
func (s numberStyle) transform() string {
	if s.decimal == "." && s.group == "" {
		return ""
	}
	out := "{number: {decimal: " + quote(s.decimal)
	if s.group != "" {
		out += ", group: " + quote(s.group)
	}
	return out + "}}"
}
