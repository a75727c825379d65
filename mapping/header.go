package mapping

import (
	"slices"
	"strconv"
	"strings"
)

// header finds a table's columns by name.
type header struct {
	names []string
	index map[string]int
	count map[string]int
}

func newHeader(names []string) *header {
	h := &header{names: names, index: make(map[string]int, len(names)), count: make(map[string]int, len(names))}
	for i, name := range names {
		if h.count[name]++; h.count[name] == 1 {
			h.index[name] = i
		}
	}
	return h
}

// column finds the column that a mapping names, and notes a problem if it cannot be
// used. A name that stands twice in the header is one only here, where it is needed.
func (h *header) column(p *problems, at pos, name string) (int, bool) {
	switch n := h.count[name]; {
	case name == "":
		p.add(at, "", "a column without a name cannot be used; give it one in the table")
	case n == 1:
		return h.index[name], true
	case n > 1:
		p.add(at, "give the columns different names in the table", "column %q stands %d times in the table's header, so it is not clear which is meant", name, n)
	default:
		h.missing(p, at, name)
	}
	return 0, false
}

func (h *header) missing(p *problems, at pos, name string) {
	if !slices.Contains(p.missing, name) {
		p.missing = append(p.missing, name)
	}
	near := nearest(name, h.names)
	if near == "" {
		hint := "the table has no columns"
		if named := slices.DeleteFunc(slices.Clone(h.names), func(s string) bool { return s == "" }); len(named) > 0 {
			hint = "the table's columns are " + known(named)
		}
		p.add(at, hint, "column %q is not in the table's header", name)
		return
	}
	hint := ""
	if looks(near) == looks(name) {
		hint = "the names differ in " + difference(name, near)
	}
	p.add(at, hint, "column %q is not in the table's header; did you mean %s?", name, strconv.Quote(near))
}

// difference says in what two names differ that look alike.
func difference(a, b string) string {
	plain := func(s string) string {
		s, _ = collapseSpaces(strings.Map(func(r rune) rune {
			if invisible(r) {
				return -1
			}
			return r
		}, s))
		return strings.TrimSpace(s)
	}
	switch {
	case plain(a) == plain(b):
		return "blanks or invisible characters only: copy the name from the table"
	case strings.EqualFold(plain(a), plain(b)):
		return "upper and lower case"
	}
	return "case, blanks, hyphens or underscores"
}
