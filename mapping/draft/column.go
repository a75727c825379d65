package draft

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// nearlyAll is the share of cells from which a column counts as being of one kind:
// tables have slips.
const nearlyAll = 0.97

// column is a column of the table: its name, and what the sampled cells look like.
type column struct {
	name   string
	parts  []string  // of the name
	at     int       // position in the header
	usable bool      // a mapping can name it
	values []counted // the different cells that are not blank, in the order in which they came
	filled int       // cells that are not blank
	rows   int
	padded int     // cells with blanks around their text
	named  reading // by its name alone
	// terms is what the column is about, by its name and its cells together.
	terms reading
	// why says what terms are known from.
	why   map[term]string
	tried map[string]float64 // results of probes
}

// counted is a cell's text and how often it came.
type counted struct {
	text string
	n    int
}

type table struct {
	columns []*column
	sample  *Sample
	known   *places
	// The country of all rows, worked out when it is first asked for.
	regionKnown bool
	regionCode  string
}

func newTable(s *Sample) *table {
	t := &table{sample: s, known: newPlaces()}
	count := map[string]int{}
	for _, name := range s.header {
		count[name]++
	}
	for i, name := range s.header {
		c := newColumn(s, i)
		c.terms = c.about(t.known)
		c.usable = strings.TrimSpace(name) != "" && count[name] == 1 && utf8.ValidString(name)
		t.columns = append(t.columns, c)
	}
	t.partNames()
	return t
}

// partNames knows that a column Name beside one of first names holds last names (Vorname,
// Name), and beside one of last names, first names (Nombre, Apellidos).
func (t *table) partNames() {
	for _, pair := range [][2]term{{firstName, lastName}, {lastName, firstName}} {
		part := t.mostAbout(pair[0], nil)
		if part == nil || t.mostAbout(pair[1], nil) != nil {
			continue
		}
		if c := t.mostAbout(fullName, part); c != nil {
			c.terms[pair[1]], c.why[pair[1]] = c.terms[fullName], c.why[fullName]
			delete(c.terms, fullName)
			return
		}
	}
}

// mostAbout gives the column that is surely about a term; of several, the one whose name
// has most in common with another column's.
func (t *table) mostAbout(what term, like *column) *column {
	var best *column
	most := 0.0
	for _, c := range t.columns {
		score := c.terms[what]
		if score < 0.7 {
			continue
		}
		if like != nil {
			for _, part := range tokens(c.name) {
				if slices.Contains(tokens(like.name), part) {
					score++
				}
			}
		}
		if score > most {
			best, most = c, score
		}
	}
	return best
}

func newColumn(s *Sample, at int) *column {
	c := &column{name: s.header[at], parts: tokens(s.header[at]), at: at, rows: len(s.rows), why: map[term]string{}, tried: map[string]float64{}}
	index := map[string]int{}
	for _, row := range s.rows {
		cell := row[at]
		text := strings.TrimSpace(cell)
		if text == "" || !utf8.ValidString(cell) {
			continue
		}
		c.filled++
		if text != cell {
			c.padded++
		}
		i, known := index[cell]
		if !known {
			i = len(c.values)
			index[cell] = i
			c.values = append(c.values, counted{text: cell})
		}
		c.values[i].n++
	}
	return c
}

// share is the part of the filled cells that something is true of, their surrounding
// blanks left out; 0 if none is filled.
func (c *column) share(is func(string) bool) float64 {
	return c.shareAsIs(func(s string) bool { return is(strings.TrimSpace(s)) })
}

// shareAsIs is share with the blanks around the cells.
func (c *column) shareAsIs(is func(string) bool) float64 {
	if c.filled == 0 {
		return 0
	}
	n := 0
	for _, v := range c.values {
		if is(v.text) {
			n += v.n
		}
	}
	return float64(n) / float64(c.filled)
}

// mostly says whether something is true of so large a part of the filled cells. It looks
// no further once it cannot be: most questions are about columns of another kind.
func (c *column) mostly(is func(string) bool, least float64) bool {
	bad, allowed := 0, (1-least)*float64(c.filled)
	for _, v := range c.values {
		if !is(strings.TrimSpace(v.text)) {
			if bad += v.n; float64(bad) > allowed {
				return false
			}
		}
	}
	return c.filled > 0
}

// fill is the part of the cells that hold something; 1 for a table without rows.
func (c *column) fill() float64 {
	if c.rows == 0 {
		return 1
	}
	return float64(c.filled) / float64(c.rows)
}

// fewWords are at most as many as a column of codes has. Such words may be shown.
const fewWords = 12

// coded says whether a column holds few words over and over, as codes are: they say
// nothing of a single person.
func (c *column) coded() bool {
	if len(c.values) == 0 || len(c.values) > fewWords || c.filled < 3*len(c.values) {
		return false
	}
	for _, v := range c.values {
		if len(v.text) > 40 || strings.ContainsAny(v.text, "@\r\n") {
			return false
		}
	}
	return true
}

// meaning is what a name says, as far as the cells do not speak against it.
func (c *column) meaning(name string) reading {
	r := words().read(name)
	for t := range r {
		if c.speaksAgainst(t) {
			r[t] *= 0.15
		}
	}
	return r
}

// about puts together what name and cells say.
func (c *column) about(known *places) reading {
	c.named = words().read(c.name)
	r := c.meaning(c.name)
	for t := range r {
		c.why[t] = "name"
	}
	if r[state] > 0 && c.filled > 0 && c.mostly(isStateCode, often) {
		r[stateCode], r[state] = r[state], 0.85*r[state]
		c.why[stateCode] = "name and cells"
	}
	if c.filled < 3 {
		return r
	}
	for _, e := range known.signs() {
		if r[e.term] >= Sure {
			continue
		}
		if c.mostly(e.is, e.least) {
			if r[e.term] < e.score {
				c.why[e.term] = "cells"
			}
			r[e.term] = max(r[e.term], e.score)
		}
	}
	return r
}
