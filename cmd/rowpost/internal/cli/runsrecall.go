package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"rowpost/batch"
	"rowpost/batch/state"
	"rowpost/mapping"
)

// recall is what the files that a run was made from still tell of it: the ids of its
// requests, the rows' numbers as people know them, and which words of a provider's
// message are the row's own.
type recall struct {
	info *state.Info
	// requests are by position; nil: the mapping is not the one that the run was given.
	requests []mapping.BoundRequest
	// lines are those of the table; nil: it is not the one that the run was given.
	lines batch.Source
	gap   string // why something is missing
	load  *load  // that of the lines; nil: neither mapping nor table could be read
}

// recallFiles reads the mapping and the table of a run, if they are still what they were.
// The caller closes it.
func (p *Program) recallFiles(info *state.Info) *recall {
	l, err := p.load(&options{mapping: info.Mapping}, info.Input.Path)
	r := &recall{info: info, load: l}
	switch {
	case err != nil:
		r.gap = err.Error()
	case l.table.Facts().SHA256 != info.Input.SHA256:
		r.gap = info.Input.Path + ": is no longer the table that the run was given"
	case !maps.Equal(state.Sums(l.meaning()), info.Meaning):
		r.gap = info.Mapping + ": was changed since the run"
		if info.Input.Result { // a result is read alike with any mapping
			r.lines = l.rows
		}
	default:
		r.requests, r.lines = l.binding.Requests(), l.rows
	}
	return r
}

// close closes the table, if there is one; nil is nothing to close.
func (r *recall) close(p *Program) {
	if r != nil && r.load != nil {
		r.load.close(p)
	}
}

// name gives a request's id; without the mapping its position, counted from 1.
func (r *recall) name(request int) string {
	if request < len(r.requests) {
		return r.requests[request].ID
	}
	return fmt.Sprintf("request %d", request+1)
}

// doubtsBefore gives what an earlier result as INPUT shows in doubt. A line that stands
// for all requests of its row is not among them: no single request is meant by it.
func (r *recall) doubtsBefore() (map[doubtKey]doubt, error) {
	if r.requests == nil {
		return nil, nil
	}
	out := map[doubtKey]doubt{}
	for line, err := range batch.LinesOf(r.lines) {
		if err != nil {
			return nil, tableFailure(err)
		}
		b := line.Before
		if b == nil || b.Status != batch.InDoubt {
			continue
		}
		at := slices.IndexFunc(r.requests, func(q mapping.BoundRequest) bool { return q.ID == b.Request })
		if at < 0 {
			continue
		}
		d := doubt{provider: r.requests[at].Provider, Entry: batch.Entry{
			Row: line.Num, Request: at, Status: batch.InDoubt, HTTPStatus: b.HTTPStatus,
			Code: b.Code, Message: b.Message, RemoteID: b.RemoteID,
		}}
		out[d.key()] = d
	}
	return out, nil
}

// tell fills in what the journal does not know of the requests in doubt.
func (r *recall) tell(list []doubt) error {
	byRow, last := map[int][]*doubt{}, 0
	for i := range list {
		d := &list[i]
		d.request, d.known = r.name(d.Request), withoutFiles(d.Entry)
		if !r.info.Input.Result {
			d.shown = d.Row
		}
		byRow[d.Row], last = append(byRow[d.Row], d), max(last, d.Row)
	}
	if last == 0 || r.lines == nil {
		return nil
	}
	for line, err := range batch.LinesOf(r.lines) {
		if err != nil {
			return tableFailure(err)
		}
		for _, d := range byRow[line.Num] {
			if d.shown = line.Shown(); r.requests != nil {
				d.known = knownOf(d.Entry, line.Cells)
			}
		}
		if line.Num >= last {
			break
		}
	}
	return nil
}

// knownOf is what is known of a request, without its row's cells.
func knownOf(e batch.Entry, cells []string) string {
	if e.Message == "" {
		return e.Code
	}
	return batch.HideCells(e.Message, cells)
}

// withoutFiles is what may be said of a request whose row cannot be read: a provider's
// message may hold its cells, which could not be told from its other words.
func withoutFiles(e batch.Entry) string {
	if e.Code == batch.CodeUnrecorded {
		return batch.UnrecordedMessage
	}
	return fmt.Sprintf("code %s; the words stand in the result file", e.Code)
}

// casebook is a run's journal with all that is in doubt about the run.
type casebook struct {
	info           *state.Info
	finished       bool // when it was read; a decision makes the run unfinished
	chronicle      *chronicle
	open, repeated []doubt // for a person to settle; sent by the next start
	notes          []string
	// blind says that the rows' numbers are not known: those of the journal count in an
	// earlier result that is no longer there.
	blind bool
}

// casebook reads journal, mapping and table of a run. The folder is that of its journal.
func (p *Program) casebook(info *state.Info, folder string) (*casebook, error) {
	c := &casebook{info: info, finished: info.Finished, chronicle: &chronicle{}}
	if info.Running {
		c.notes = append(c.notes, "the run is under way: what is in flight just now looks like a doubt")
	}
	var files *recall
	defer func() { files.close(p) }()
	var before map[doubtKey]doubt
	var err error
	if info.Input.Result {
		files = p.recallFiles(info)
		if before, err = files.doubtsBefore(); err != nil {
			return nil, err
		}
	}
	if c.chronicle, err = readChronicle(folder, info.Journal, before); err != nil {
		return nil, err
	}
	if files == nil && len(c.chronicle.doubts) > 0 {
		files = p.recallFiles(info)
	}
	if files == nil {
		return c, nil
	}
	if files.gap != "" {
		c.notes = append(c.notes, "less is told of what is in doubt, because "+files.gap)
		c.blind = info.Input.Result && files.lines == nil
	}
	if err := files.tell(c.chronicle.doubts); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.chronicle.doubts, func(a, b doubt) int { return cmp.Compare(a.shown, b.shown) })
	c.open, c.repeated = split(c.chronicle.doubts)
	return c, nil
}
