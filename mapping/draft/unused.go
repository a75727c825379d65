package draft

import (
	"slices"
	"strconv"
	"strings"

	"rowpost/mapping"
)

// unused lists the columns that no request reads, with what a person who wants them
// needs to know.
func (t *table) unused(requests []Request) []Unused {
	read := map[string]bool{}
	for _, r := range requests {
		for _, f := range r.Fields {
			for _, name := range f.Columns {
				read[name] = true
			}
		}
	}
	var out []Unused
	for _, c := range t.columns {
		if !c.usable || !read[c.name] {
			out = append(out, Unused{Column: c.name, Note: c.note(), status: c.condition()})
		}
	}
	return out
}

// note says what a column looks like, and how it would be read.
func (c *column) note() string {
	switch {
	case strings.TrimSpace(c.name) == "":
		return "has no name, so a mapping cannot use it"
	case !c.usable:
		return "its name stands twice in the header, so a mapping cannot use it"
	case c.filled == 0 && c.rows > 0:
		return "empty in the rows that were looked at"
	}
	if open := decided(dateLayout(c)); len(open) > 1 {
		return "dates that " + undecided(open)
	} else if len(open) == 1 && open[0] != isoDate {
		return "dates" + c.readBy(dateStep(open[0]))
	}
	if style, ok := numbersOf(c); ok && style.transform() != "" {
		return "numbers" + c.readBy(style.transform())
	}
	if step := c.yesNo(); step != "" {
		return "yes and no" + c.readBy(step)
	}
	if c.coded() {
		codes := c.words()
		slices.Sort(codes)
		return plural(len(codes), "word", "different words") + ": " + strings.Join(codes, ", ")
	}
	return ""
}

// readBy names the transform for the cells; empty if the mapping does not know it.
func (c *column) readBy(step string) string {
	if c.accepts(mapping.Field{Name: "f"}, recipe{steps: []string{step}}.over(c)) <= 0 {
		return ""
	}
	return "; read by transform: [" + step + "]"
}

// yesNo is the transform that reads a column of two words for yes and no; empty: it is
// none.
func (c *column) yesNo() string {
	by := map[string]string{}
	for _, w := range c.words() {
		by[meaningOf(w)] = w
	}
	if len(by) != 2 || by["yes"] == "" || by["no"] == "" || len(c.words()) != 2 {
		return ""
	}
	return "{bool: {true: [" + quote(by["yes"]) + "], false: [" + quote(by["no"]) + "]}}"
}

// condition suggests to send only some rows, if the column tells states of the rows apart.
func (c *column) condition() string {
	if !c.usable || !c.coded() || c.terms[status] < 0.7 || len(c.values) < 2 {
		return ""
	}
	most := slices.MaxFunc(c.values, func(a, b counted) int { return a.n - b.n })
	return "only some of the rows? when: " + single(reference(c)+" == "+strconv.Quote(strings.TrimSpace(most.text)))
}
