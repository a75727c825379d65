package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rowpost/batch"
)

// choose gives the open requests that are meant, ordered by provider, row and position.
// It refuses a provider or a request that the run does not have, and rows of which
// nothing is in doubt, so that a slip of the pen decides nothing.
func (s *selection) choose(c *casebook) ([]doubt, error) {
	if err := s.checkNames(c); err != nil {
		return nil, err
	}
	var chosen []doubt
	rows := map[int]bool{}
	for i := range c.open {
		d := &c.open[i]
		if s.fits(d) {
			chosen = append(chosen, *d)
			rows[d.shown] = true
		}
	}
	if err := s.checkRows(c, rows); err != nil {
		return nil, err
	}
	if len(chosen) == 0 && s.all {
		return nil, fail(statusUsage, "nothing of run %s that is meant is in doubt, so nothing was changed", c.info.ID)
	}
	return chosen, nil
}

// names says whether the selection's request and provider are those of a doubt.
func (s *selection) names(d *doubt) bool {
	return (s.provider == "" || s.provider == d.provider) && (s.request == "" || s.request == d.request)
}

func (s *selection) fits(d *doubt) bool {
	in := func(r rowRange) bool { return d.shown >= r.from && (r.to == 0 || d.shown <= r.to) }
	return s.names(d) && (len(s.rows) == 0 || slices.ContainsFunc(s.rows, in))
}

func (s *selection) checkNames(c *casebook) error {
	var lanes, requests []string
	for i := range c.chronicle.doubts {
		lanes = append(lanes, c.chronicle.doubts[i].provider)
		requests = append(requests, c.chronicle.doubts[i].request)
	}
	for _, name := range []struct {
		flag, text string
		there      []string
	}{{"provider", s.provider, lanes}, {"request", s.request, requests}} {
		if name.text == "" || slices.Contains(name.there, name.text) {
			continue
		}
		slices.Sort(name.there)
		there := slices.Compact(name.there)
		f := fail(statusUsage, "--%s %q: nothing of it is in doubt%s", name.flag, name.text, didYouMean(name.text, there))
		if len(there) > 0 {
			return f.hint("there are %s", strings.Join(there, ", "))
		}
		return f
	}
	return nil
}

// shownRows is how many rows a message names.
const shownRows = 10

// checkRows refuses rows that were named although nothing is in doubt about them. A
// range without an end names those that are there.
func (s *selection) checkRows(c *casebook, there map[int]bool) error {
	var missing []int
	count := 0
	for _, r := range s.rows {
		first, n := r.missing(there)
		missing, count = append(missing, first...), count+n
	}
	if count == 0 {
		return nil
	}
	missing = missing[:min(shownRows, len(missing))]
	f := fail(statusUsage, "not in doubt, so nothing was changed: %s", listRows(missing, count))
	for _, row := range missing {
		if why := s.whyNot(c, row); why != "" {
			f.messages = append(f.messages, fmt.Sprintf("row %d %s", row, why))
		}
	}
	return f.hint("rowpost resolve %s lists what is in doubt", c.info.ID)
}

// missing gives the first rows of a range that are not there, and how many there are.
func (r rowRange) missing(there map[int]bool) (first []int, count int) {
	found := 0
	for row := range there {
		if row >= r.from && (r.to == 0 || row <= r.to) {
			found++
		}
	}
	if r.from == 0 || r.to == 0 {
		if found > 0 {
			return nil, 0
		}
		return []int{max(r.from, r.to)}, 1
	}
	if count = r.to - r.from + 1 - found; count == 0 {
		return nil, 0
	}
	for row := r.from; row <= r.to && len(first) < shownRows; row++ {
		if !there[row] {
			first = append(first, row)
		}
	}
	return first, count
}

// whyNot says what became of a row that somebody took for one in doubt.
func (s *selection) whyNot(c *casebook, row int) string {
	if slices.ContainsFunc(c.repeated, func(d doubt) bool { return d.shown == row && s.names(&d) }) {
		return "is safe to repeat: the next run sends it again by itself"
	}
	for _, e := range c.chronicle.settled {
		if e.Row == row && !c.info.Input.Result {
			return "was settled before, as " + decisionOf(e)
		}
	}
	return ""
}

// decisionOf reads a kept decision back.
func decisionOf(e batch.Entry) string {
	switch {
	case e.Status == batch.Succeeded:
		return decideSucceeded
	case e.Again:
		return decideAgain
	}
	return decideFailed
}

// listRows names the first rows of so many.
func listRows(rows []int, count int) string {
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = strconv.Itoa(r)
	}
	list := strings.Join(texts, ", ")
	if more := count - len(rows); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	if count == 1 {
		return "row " + list
	}
	return "rows " + list
}
