package cli

import (
	"cmp"
	"iter"
	"path/filepath"
	"slices"
	"strconv"

	"rowpost/batch"
	"rowpost/batch/journal"
)

// chronicle is what a run's journal says: the truth also where a start was killed
// before it could write a summary.
type chronicle struct {
	lanes []laneChronicle
	// doubts are the requests in doubt.
	doubts  []doubt
	settled []batch.Entry // by a person
}

// laneChronicle is the journal of one provider.
type laneChronicle struct {
	Provider string `json:"provider"`
	counts
	// Again counts the requests that the next start sends, whatever their status.
	Again int        `json:"to_be_sent_again"`
	Files []laneFile `json:"files"`
}

// laneFile is what one start wrote of a lane, or what several did, put together.
type laneFile struct {
	Name string `json:"name"`
	Size int64  `json:"size"` // in bytes, as far as it is whole
	// Torn says that a kill left more, which was never counted on and is not read.
	Torn bool `json:"torn"`
}

// readChronicle reads a run's journal, and writes nothing. Known is the run's
// [state.Info.Journal]. Before are the requests that an earlier result shows in doubt; those
// stay so of which the journal says nothing.
func readChronicle(dir string, known map[string]int64, before map[doubtKey]doubt) (*chronicle, error) {
	view, err := journal.Read(dir, known)
	if err != nil {
		return nil, chronicleFailure(err)
	}
	c := &chronicle{}
	for _, name := range view.Lanes() {
		lane := laneChronicle{Provider: name, Files: filesOf(view, name)}
		if err := c.read(&lane, view.Entries(name), before); err != nil {
			return nil, chronicleFailure(err)
		}
		c.lanes = append(c.lanes, lane)
	}
	for _, d := range before {
		c.doubts = append(c.doubts, d)
	}
	slices.SortFunc(c.doubts, inOrder)
	return c, nil
}

// chronicleFailure is for a journal that cannot be read; what is damaged says itself what
// to do.
func chronicleFailure(err error) *failure { return fail(statusBroken, "%s", err) }

func filesOf(view *journal.View, lane string) []laneFile {
	var out []laneFile
	for _, f := range view.Files {
		if f.Lane == lane {
			out = append(out, laneFile{filepath.Base(f.Path), f.Kept, f.Torn})
		}
	}
	return out
}

// read counts a lane's entries and gathers those in doubt. It takes what it meets out of
// before.
func (c *chronicle) read(lane *laneChronicle, entries iter.Seq2[batch.Entry, error], before map[doubtKey]doubt) error {
	for e, err := range entries {
		if err != nil {
			return err
		}
		d := doubt{Entry: e, provider: lane.Provider}
		delete(before, d.key())
		lane.add(e.Status)
		if e.Again {
			lane.Again++
		}
		switch {
		case e.Status == batch.InDoubt:
			c.doubts = append(c.doubts, d)
		case e.Code == batch.CodeResolved:
			c.settled = append(c.settled, e)
		}
	}
	return nil
}

// doubt is a request of which nobody knows whether it was applied.
type doubt struct {
	batch.Entry
	provider string
	// shown is the row's number as people know it, 0 if it cannot be told: rows of a run
	// over an earlier result are counted in that.
	shown int
	// request is its id in the mapping; without the mapping its position, in words.
	request string
	// known is what is known of it, in words and without the row's cells.
	known string
}

// doubtKey is a request's identity in a run.
type doubtKey struct {
	provider     string
	row, request int
}

func (d *doubt) key() doubtKey { return doubtKey{d.provider, d.Row, d.Request} }

func inOrder(a, b doubt) int {
	return cmp.Or(cmp.Compare(a.provider, b.provider), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Request, b.Request))
}

// doubtDoc is a request in doubt as programs read it; the names of its fields are stable.
type doubtDoc struct {
	Row        int    `json:"row"`
	Request    string `json:"request"`
	Provider   string `json:"provider"`
	HTTPStatus int    `json:"http_status,omitempty"`
	Code       string `json:"code"`
	Message    string `json:"message"` // the row's cells replaced by ...
	Attempts   int    `json:"attempts"`
	SentAt     string `json:"sent_at,omitempty"`
}

func (d *doubt) doc() doubtDoc {
	return doubtDoc{
		Row: d.shown, Request: d.request, Provider: d.provider, HTTPStatus: d.HTTPStatus,
		Code: d.Code, Message: d.known, Attempts: d.Attempts, SentAt: rfcTime(d.SentAt),
	}
}

func doubtDocs(list []doubt) []doubtDoc {
	docs := []doubtDoc{}
	for i := range list {
		docs = append(docs, list[i].doc())
	}
	return docs
}

// split parts what a person has to settle from what the next start sends again anyway.
func split(all []doubt) (open, repeated []doubt) {
	for _, d := range all {
		if d.Again {
			repeated = append(repeated, d)
		} else {
			open = append(open, d)
		}
	}
	return open, repeated
}

// doubtColumns makes a table of requests in doubt.
func doubtColumns(list []doubt) *columns {
	c := newColumns(">row", "request", "provider", ">http", ">attempts", "last sent", "what is known")
	for i := range list {
		d := &list[i]
		http, row, attempts := "-", "?", "-"
		if d.HTTPStatus != 0 {
			http = strconv.Itoa(d.HTTPStatus)
		}
		if d.shown != 0 {
			row = strconv.Itoa(d.shown)
		}
		if d.Attempts != 0 {
			attempts = strconv.Itoa(d.Attempts)
		}
		c.row(row, d.request, d.provider, http, attempts, stamp(d.SentAt), d.known)
	}
	return c
}
