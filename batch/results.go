package batch

import (
	"fmt"
	"iter"
	"slices"

	"rowpost/mapping"
)

// CodeNotChosen marks lines of rows that --rows, --limit or a --sample leave out. Those of
// --rows and --limit do not count for a run's exit status.
const CodeNotChosen = "not_chosen"

// CodeMaxErrors marks lines of rows that --max-errors left unsent.
const CodeMaxErrors = "max_errors"

// codeNotReached marks lines that an ended run did not come to, where no better
// reason is known.
const codeNotReached = "not_reached"

// Results gives the lines of the result file, in the order of the source: one for
// each request of a row, and one for a row that makes none. It is a pure function
// of source, mapping and journal, and holds no more than the lanes' windows in
// memory. It is called after Run.
func Results(job Job, sum Summary) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		m, err := newMerge(job, sum)
		defer m.close()
		if err != nil {
			yield(Result{}, err)
			return
		}
		for line, err := range LinesOf(job.Source) {
			if err != nil {
				yield(Result{}, fmt.Errorf("reading the table: %w", err))
				return
			}
			results, err := m.line(&line)
			if err != nil {
				yield(Result{}, err)
				return
			}
			for _, r := range results {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// merge walks the journals of all lanes beside the source.
type merge struct {
	job       Job
	evaluator *mapping.Evaluator
	bound     []mapping.BoundRequest
	lanes     map[string]*part
	of        []*part // by position of the mapping's requests
	choice    *Choice
	stop      *Stop
	out       []Result // of the line at hand
}

// part is a lane's journal while it is read, and why the lane stopped.
type part struct {
	*record
	name string
	stop *Stop
	row  []Entry // of the line at hand
}

func newMerge(job Job, sum Summary) (*merge, error) {
	m := &merge{
		job: job, evaluator: job.Binding.Evaluator(), bound: job.Binding.Requests(),
		lanes: map[string]*part{}, choice: job.Options.NewChoice(), stop: sum.Stop,
	}
	for _, target := range job.Requests {
		name := target.Provider.Describe().Name
		p := m.lanes[name]
		if p == nil {
			lane, err := job.Journal.Lane(name, journalWindow)
			if err != nil {
				return m, fmt.Errorf("journal of %s: %w", name, err)
			}
			p = &part{name: name}
			m.lanes[name] = p
			if p.record, err = newRecord(lane.Entries()); err != nil {
				return m, fmt.Errorf("journal of %s: %w", name, err)
			}
		}
		m.of = append(m.of, p)
	}
	for _, l := range sum.Lanes {
		if p := m.lanes[l.Provider]; p != nil {
			p.stop = l.Stop
		}
	}
	return m, nil
}

func (m *merge) close() {
	for _, p := range m.lanes {
		if p.record != nil {
			p.close()
		}
	}
}

// line gives the results of one line of the source. The slice is used again.
func (m *merge) line(l *Line) ([]Result, error) {
	for _, p := range m.lanes {
		if Planted("row-shifted") && len(m.out) > 1 {
			break
		}
		var err error
		if p.row, err = p.record.of(l.Num); err != nil {
			return nil, fmt.Errorf("journal of %s: %w", p.name, err)
		}
	}
	m.out = m.out[:0]
	chosen := m.choice.Take(l)
	if b := l.Before; b != nil && b.Request != "" {
		m.one(l, chosen)
	} else {
		m.all(l, chosen)
	}
	for i := range m.out {
		m.out[i].Row = l.Row
		if l.Before != nil {
			m.out[i].Row.Num, m.out[i].Row.Line = l.Before.Num, l.Before.Line
			m.out[i].Origin = l.Before.Origin
		}
	}
	return m.out, nil
}

// one is for a line of an earlier result that is about one request.
func (m *merge) one(l *Line, chosen bool) {
	r := Result{Request: l.Before.Request, Column: l.Before.Column}
	request := slices.IndexFunc(m.bound, func(b mapping.BoundRequest) bool { return b.ID == r.Request })
	if request < 0 {
		m.out = append(m.out, unknownRequest(l))
		return
	}
	r.Provider = m.bound[request].Provider
	settled, ok := SettledBefore(l, m.job.Options.Again)
	_, known := entryOf(m.of[request].row, request)
	switch {
	case ok && !known:
		r.Entry = settled
		r.Entry.Request = request
	case known && l.Fault == nil:
		m.drafts(l, request, chosen)
		return
	case !chosen:
		r.Entry = notChosen(l.Num, request)
	case l.Fault != nil:
		r = invalid(l.Row, l.Fault)
		r.Request, r.Provider = l.Before.Request, m.bound[request].Provider
	default:
		m.drafts(l, request, chosen)
		return
	}
	m.out = append(m.out, r)
}

// all is for a line that is about a row with all its requests.
func (m *merge) all(l *Line, chosen bool) {
	settled, ok := SettledBefore(l, m.job.Options.Again)
	switch {
	case ok:
		m.out = append(m.out, Result{Entry: settled, Column: l.Before.Column})
	case l.Fault != nil && chosen:
		m.out = append(m.out, invalid(l.Row, l.Fault))
	default:
		m.drafts(l, -1, chosen)
	}
}

// drafts is for a line that has to be held against the mapping. Only says which request
// it is about; -1: all.
func (m *merge) drafts(l *Line, only int, chosen bool) {
	if only < 0 && m.told(l) {
		return
	}
	for _, d := range m.evaluator.Records(l.Row) {
		if only < 0 || d.Request == only {
			m.out = append(m.out, m.result(l, d, chosen))
		}
	}
	if len(m.out) > 0 {
		return
	}
	r := Result{Entry: Entry{Row: l.Num, Status: Skipped}}
	if only >= 0 {
		r.Request, r.Provider = m.bound[only].ID, m.bound[only].Provider
	}
	if !chosen {
		r.Entry = notChosen(l.Num, 0)
	}
	m.out = append(m.out, r)
}

// told is for a row of which the journal knows all requests that there can be: what its
// cells say does not matter then.
func (m *merge) told(l *Line) bool {
	for i, lane := range m.of {
		if _, known := entryOf(lane.row, i); !known {
			return false
		}
	}
	for i := range m.bound {
		m.out = append(m.out, m.result(l, mapping.Draft{Request: i}, true))
	}
	return true
}

// result is what became of one request of a row.
func (m *merge) result(l *Line, d mapping.Draft, chosen bool) Result {
	bound, lane := m.bound[d.Request], m.of[d.Request]
	r := Result{Request: bound.ID, Provider: bound.Provider}
	entry, known := entryOf(lane.row, d.Request)
	switch {
	case known:
		r.Entry = entry
		if entry.Field != "" {
			r.Column = m.job.Binding.Column(d.Request, entry.Field)
		}
	case !chosen:
		r.Entry = notChosen(l.Num, d.Request)
	case d.Err != nil:
		i := invalid(l.Row, d.Err)
		r.Entry, r.Column = i.Entry, i.Column
		r.Entry.Request = d.Request
	default:
		r.Entry = m.unsent(l.Num, d.Request, lane)
	}
	return r
}

// unknownRequest is for a line of an earlier result whose request the mapping has not.
func unknownRequest(l *Line) Result {
	return Result{Request: l.Before.Request, Column: "rp_request", Entry: Entry{
		Row: l.Num, Status: Invalid, Code: mapping.CodeBadValue,
		Message: "the mapping has no request with this id; use the mapping that the result was made with",
	}}
}

// unsent is the entry of a request that no lane came to.
func (m *merge) unsent(row, request int, lane *part) Entry {
	e := Entry{Row: row, Request: request, Status: NotSent, Again: true}
	switch {
	case lane.stop != nil:
		e.Code, e.Message = lane.stop.Code, lane.stop.Message
	case m.stop != nil:
		e.Code, e.Message = m.stop.Code, m.stop.Message
	default:
		e.Code, e.Message = codeNotReached, "the run ended before this row"
	}
	return e
}

// notChosen is the entry of a row that the user left out, whatever is wrong with it.
func notChosen(row, request int) Entry {
	return Entry{
		Row: row, Request: request, Status: NotSent, Again: true,
		Code: CodeNotChosen, Message: "not among the chosen rows",
	}
}

// invalid is the line of what cannot be sent as it stands.
func invalid(row mapping.Row, fault *mapping.CellError) Result {
	return Result{
		Column: fault.Column,
		Entry:  Entry{Row: row.Num, Status: Invalid, Code: fault.Code, Message: cellWords(fault), Field: fault.Field},
	}
}
