package cli

import (
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"rowpost/batch"
	"rowpost/mapping"
)

// verification holds a result against the source and the journal that it stands for.
type verification struct {
	*audit
	result    string             // the result's name, for people
	source    batch.Source       // nil: it is not to be had any more
	earlier   bool               // the source is itself a result
	total     int                // the source's rows
	requests  []verifiedRequest  // by position in the mapping, if that is known
	named     bool               // it is known
	only      map[string]int     // else: positions by provider
	evaluator *mapping.Evaluator // nil: the mapping is not what it was
	claims    *claims            // nil: the journal cannot be read whole
	from, to  time.Time          // the run's first and last moment; zero: not known
	keys      keyOrder
	origin    string // of lines whose row says nothing of its own

	header    []string    // of the source
	current   int         // the source's row at hand
	drafts    []string    // its keys, by position in the mapping
	absent    map[int]int // rows without lines, and where they stand in the source
	misplaced map[int]bool
	open      int  // lines that another start would send
	whole     bool // the result was read to its end
	// otherSource says that the mapping reads the table in another way than it did.
	otherSource bool
	// unheld are lines that cannot be held against the journal.
	unheld int
	stale  int // lines that a person's later decision replaces
}

// verifiedRequest is a request of the mapping.
type verifiedRequest struct{ id, provider string }

// lines reads the result beside the source. The error is the source's; what is wrong
// with the result is a finding.
func (v *verification) lines(in io.Reader) error {
	v.absent, v.misplaced = map[int]int{}, map[int]bool{}
	r, header, err := newResultReader(in)
	v.hold(ruleForm)
	if err != nil {
		v.find(ruleForm, spot{File: v.result, Line: 1}, "%s", err)
		v.skip("result", "its lines, as it is none")
		return nil
	}
	defer r.close()
	if err := v.walk(r, header); err != nil {
		return err
	}
	for l := r.take(); l != nil; l = r.take() {
		v.stray(l)
	}
	if bad, ok := errors.AsType[*csv.ParseError](r.err); ok {
		v.find(ruleForm, spot{File: v.result, Line: bad.Line}, "cannot be read on as CSV: %s", bad.Err)
		v.skip("result", "what stands behind line %d, and whether all is there", bad.Line)
		return nil
	}
	if !errors.Is(r.err, io.EOF) {
		v.skip("result", "%s cannot be read to its end: %s", v.result, r.err)
		return nil
	}
	v.whole = true
	for _, row := range slices.Sorted(maps.Keys(v.absent)) {
		if !v.misplaced[row] {
			v.find(ruleRows, spot{File: v.result, Row: row}, "the row is missing; it stands in line %d of the source", v.absent[row])
		}
	}
	return nil
}

// walk goes through the source's rows, or without it through the result's alone.
func (v *verification) walk(r *resultReader, header []string) error {
	if v.source == nil {
		v.alone(r)
		return nil
	}
	v.header = v.source.Header()
	if !slices.Equal(header, v.header) {
		v.find(ruleForm, spot{File: v.result, Line: 1}, "the columns behind rp_check are not those of the source")
	}
	for line, err := range batch.LinesOf(v.source) {
		if err != nil {
			return err
		}
		v.row(&line, r)
	}
	return nil
}

// row takes a row's lines.
func (v *verification) row(src *batch.Line, r *resultReader) {
	v.current = src.Num
	want := v.wanted(src, r)
	var got []string
	for l := r.peek(0); l != nil; l = r.peek(0) {
		if l.row != src.Shown() {
			if len(got) > 0 || !v.isStray(l, src, r) {
				break
			}
			v.stray(r.take())
			continue
		}
		if want != nil && len(got) == len(want) {
			break
		}
		v.line(src, r.take())
		got = append(got, l.request)
	}
	v.hold(ruleRows)
	v.hold(ruleOrder)
	if len(got) == 0 {
		v.absent[src.Shown()] = src.Line
		return
	}
	v.checkRequests(src, want, got)
}

// isStray says that a line does not belong where it stands, and that the row may have
// its own line behind it.
func (v *verification) isStray(l *shownLine, src *batch.Line, r *resultReader) bool {
	next := r.peek(1)
	return !v.earlier && (l.row < src.Shown() || l.row > v.total) || next != nil && next.row == src.Shown()
}

// wanted lists the ids that a row's lines have to have; nil: that is not known.
func (v *verification) wanted(src *batch.Line, r *resultReader) []string {
	whole := []string{""}
	if b := src.Before; b != nil && b.Request != "" {
		v.evaluate(src.Row) // for its keys
		return []string{b.Request}
	}
	if src.Fault != nil {
		return whole
	}
	if l := r.peek(0); v.earlier && (l == nil || l.request == "") {
		return whole // such a line may stand for all requests of its row again
	}
	if v.evaluator == nil {
		return nil
	}
	ids := v.evaluate(src.Row)
	if len(ids) == 0 {
		return whole
	}
	return ids
}

// evaluate lists the ids of a row's requests, and keeps their keys.
func (v *verification) evaluate(row mapping.Row) []string {
	v.drafts = slices.Repeat([]string{""}, len(v.requests))
	if v.evaluator == nil {
		return nil
	}
	var ids []string
	for _, d := range v.evaluator.Records(row) {
		ids = append(ids, v.requests[d.Request].id)
		if d.Err == nil {
			v.drafts[d.Request] = strings.Clone(d.Record.Key)
		}
	}
	return ids
}

func (v *verification) checkRequests(src *batch.Line, want, got []string) {
	v.hold(ruleRequests)
	at := spot{File: v.result, Row: src.Shown()}
	sorted := slices.Sorted(slices.Values(got))
	switch {
	case want != nil && !slices.Equal(want, got):
		v.find(ruleRequests, at, "its lines are for %s, and the mapping makes of it %s", idList(got), idList(want))
	case len(slices.Compact(sorted)) < len(got):
		v.find(ruleRequests, at, "it has two lines for one request: %s", idList(got))
	}
}

func idList(ids []string) string {
	shown := make([]string, len(ids))
	for i, id := range ids {
		if shown[i] = id; id == "" {
			shown[i] = "the row as a whole"
		}
	}
	return strings.Join(shown, ", ")
}

// stray is a line that does not stand in its place, or has none.
func (v *verification) stray(l *shownLine) {
	at := spot{File: v.result, Line: l.at, Row: l.row, Request: l.request}
	_, waited := v.absent[l.row]
	switch {
	case l.row < 1 || !v.earlier && l.row > v.total:
		v.find(ruleRows, at, "the source has no such row")
		return
	case !waited && (v.earlier || v.misplaced[l.row] || l.row <= v.current):
		v.find(ruleRows, at, "the row has its lines, and this is one more")
		return
	}
	v.misplaced[l.row] = true
	v.find(ruleOrder, at, "the line stands at another place than its row in the source")
	if !v.earlier {
		v.count(l)
		v.against(l.row, l)
	}
}

// alone reads a result whose source is gone: rows must ascend, and the journal is all
// that the lines can be held against.
func (v *verification) alone(r *resultReader) {
	last := 0
	for l := r.take(); l != nil; l = r.take() {
		v.hold(ruleOrder)
		if !v.earlier && l.row < last {
			v.find(ruleOrder, spot{File: v.result, Line: l.at, Row: l.row}, "it stands behind row %d", last)
		}
		last = l.row
		v.count(l)
		if !v.earlier {
			v.against(l.row, l)
		}
	}
}
