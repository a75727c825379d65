package batch

import (
	"fmt"
	"iter"

	"rowpost/mapping"
)

// CodeNotChosen marks lines of rows that --rows or --limit leave out. They do not
// count for a run's exit status.
const CodeNotChosen = "not_chosen"

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
		for row, err := range job.Source.Rows() {
			if err != nil {
				yield(Result{}, fmt.Errorf("reading the table: %w", err))
				return
			}
			if !m.row(row, yield) {
				return
			}
		}
	}
}

// merge walks the journals of all lanes beside the source.
type merge struct {
	job       Job
	evaluator *mapping.Evaluator
	bound     []mapping.BoundRequest
	lanes     map[string]*record
	stop      *Stop
}

// record is a lane's journal while it is read.
type record struct {
	next  func() (Entry, error, bool)
	close func()
	head  Entry
	more  bool
	stop  *Stop
}

func newMerge(job Job, sum Summary) (*merge, error) {
	m := &merge{
		job: job, evaluator: job.Binding.Evaluator(), bound: job.Binding.Requests(),
		lanes: map[string]*record{}, stop: sum.Stop,
	}
	for _, target := range job.Requests {
		name := target.Provider.Describe().Name
		if m.lanes[name] != nil {
			continue
		}
		lane, err := job.Journal.Lane(name, journalWindow)
		if err != nil {
			return m, fmt.Errorf("journal of %s: %w", name, err)
		}
		r := &record{}
		r.next, r.close = iter.Pull2(lane.Entries())
		m.lanes[name] = r
		if err := r.advance(); err != nil {
			return m, fmt.Errorf("journal of %s: %w", name, err)
		}
	}
	for _, l := range sum.Lanes {
		if r := m.lanes[l.Provider]; r != nil {
			r.stop = l.Stop
		}
	}
	return m, nil
}

func (m *merge) close() {
	for _, r := range m.lanes {
		r.close()
	}
}

func (r *record) advance() (err error) {
	r.head, err, r.more = r.next()
	return err
}

// entry gives what the journal says of a request, and passes over what the source
// does not ask for.
func (r *record) entry(row, request int) (Entry, bool, error) {
	for r.more && (r.head.Row < row || r.head.Row == row && r.head.Request < request) {
		if err := r.advance(); err != nil {
			return Entry{}, false, err
		}
	}
	if !r.more || r.head.Row != row || r.head.Request != request {
		return Entry{}, false, nil
	}
	return r.head, true, nil
}

// row yields the lines of one row.
func (m *merge) row(row mapping.Row, yield func(Result, error) bool) bool {
	chosen := m.job.Options.Chosen(row.Num)
	if row.Fault != nil && chosen {
		return yield(invalid(row, row.Fault), nil)
	}
	drafts := m.evaluator.Records(row)
	if len(drafts) == 0 {
		whole := Result{Row: row, Entry: Entry{Row: row.Num, Status: Skipped}}
		if !chosen {
			whole.Entry = notChosen(row.Num, 0)
		}
		return yield(whole, nil)
	}
	for _, d := range drafts {
		line, err := m.line(row, d)
		if err != nil {
			yield(Result{}, err)
			return false
		}
		if !yield(line, nil) {
			return false
		}
	}
	return true
}

// line is what became of one request of a row.
func (m *merge) line(row mapping.Row, d mapping.Draft) (Result, error) {
	bound := m.bound[d.Request]
	line := Result{Row: row}
	chosen := m.job.Options.Chosen(row.Num)
	if d.Err != nil && chosen {
		line = invalid(row, d.Err)
	}
	line.Request, line.Provider = bound.ID, bound.Provider
	line.Entry.Request = d.Request
	switch {
	case !chosen:
		line.Entry = notChosen(row.Num, d.Request)
		return line, nil
	case d.Err != nil:
		return line, nil
	}
	name := m.job.Requests[d.Request].Provider.Describe().Name
	lane := m.lanes[name]
	entry, known, err := lane.entry(row.Num, d.Request)
	if err != nil {
		return line, fmt.Errorf("journal of %s: %w", name, err)
	}
	if !known {
		line.Entry = m.unsent(row.Num, d.Request, lane)
		return line, nil
	}
	line.Entry = entry
	if entry.Field != "" {
		line.Column = m.job.Binding.Column(d.Request, entry.Field)
	}
	return line, nil
}

// unsent is the entry of a request that no lane came to.
func (m *merge) unsent(row, request int, lane *record) Entry {
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
		Row: row, Column: fault.Column,
		Entry: Entry{Row: row.Num, Status: Invalid, Code: fault.Code, Message: cellWords(fault), Field: fault.Field},
	}
}
