package batch

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"

	"rowpost/mapping"
)

// record reads a lane's journal beside the source, in step with it.
type record struct {
	next  func() (Entry, error, bool)
	close func()
	head  Entry
	more  bool
	row   []Entry // scratch for of
}

func newRecord(entries iter.Seq2[Entry, error]) (*record, error) {
	r := &record{}
	r.next, r.close = iter.Pull2(entries)
	return r, r.advance()
}

func (r *record) advance() (err error) {
	r.head, err, r.more = r.next()
	return err
}

// of gives what the journal says of a row's requests, and passes over what is said of
// rows before it. The slice is used again.
func (r *record) of(row int) ([]Entry, error) {
	r.row = r.row[:0]
	for r.more && r.head.Row <= row {
		if r.head.Row == row && !(Planted("doubt-sent-again") && r.head.Code == CodeUnrecorded) {
			r.row = append(r.row, r.head)
		}
		if err := r.advance(); err != nil {
			return nil, err
		}
	}
	return r.row, nil
}

// entryOf finds a request among a row's entries.
func entryOf(row []Entry, request int) (Entry, bool) {
	i := slices.IndexFunc(row, func(e Entry) bool { return e.Request == request })
	if i < 0 {
		return Entry{}, false
	}
	return row[i], true
}

// SettledBefore is what an earlier result decides about a line: it says that nothing is
// to be sent, and what the line is to show. Again is the user's wish to send what was
// edited after it had succeeded.
func SettledBefore(l *Line, again bool) (Entry, bool) {
	b := l.Before
	if b == nil {
		return Entry{}, false
	}
	e := Entry{Row: l.Num, HTTPStatus: b.HTTPStatus, Code: b.Code, Message: b.Message, RemoteID: b.RemoteID}
	done := b.Status == Succeeded || b.Code == CodeDoneBefore || b.Code == CodeEditedAfter
	switch {
	case b.Status == InDoubt:
		e.Status = InDoubt
	case b.Status == Invalid && b.Request == "" && staysInvalid(b.Code):
		e.Status = Invalid
	case b.Status != Succeeded && b.Status != Skipped:
		return Entry{}, false
	case done && (b.Edited || b.Code == CodeEditedAfter):
		e.Status, e.Code = Skipped, CodeEditedAfter
		e.Message = "succeeded in an earlier run, and its cells were changed since; it is not sent without --again"
		return e, !again
	case done:
		e.Status, e.Code, e.Message = Skipped, CodeDoneBefore, "succeeded in an earlier run"
	default:
		e.Status = Skipped
	}
	return e, true
}

// staysInvalid says whether a row was wrong in a way that its cells no longer show, so
// that only a person can say that it is right now.
func staysInvalid(code string) bool {
	return code == mapping.CodeRagged || code == mapping.CodeBadQuote || code == mapping.CodeBadCell
}

// confirmed says that a provider confirmed a request, now or in an earlier run.
func confirmed(e Entry) bool {
	return e.Status == Succeeded || e.Status == Skipped && (e.Code == CodeDoneBefore || e.Code == CodeEditedAfter)
}

// confirmations are the keys of confirmed rows, and the last row of each. It takes 16
// bytes for each, and only rows behind one that is still to be sent are in it.
type confirmations struct {
	seed maphash.Seed
	keys []confirmedKey // sorted once all are there: by key, the last row first
	// now are those of this start, by key; nil if the source is in the order of its rows, so
	// that none can come before a row that it supersedes.
	now map[uint64]int
}

type confirmedKey struct {
	key uint64
	row int
}

func (c *confirmations) add(key string, row int) {
	c.keys = append(c.keys, confirmedKey{maphash.String(c.seed, key), row})
}

// came takes in a row that was confirmed in this start.
func (c *confirmations) came(key string, row int) {
	if c.now != nil && key != "" {
		h := maphash.String(c.seed, key)
		c.now[h] = max(c.now[h], row)
	}
}

func (c *confirmations) sort() {
	slices.SortFunc(c.keys, func(a, b confirmedKey) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(b.row, a.row))
	})
	c.keys = slices.Clip(slices.CompactFunc(c.keys, func(a, b confirmedKey) bool { return a.key == b.key }))
}

// after gives a row behind the given one that has its key and was confirmed; 0: there is none.
func (c *confirmations) after(key string, row int) int {
	if len(c.keys) == 0 && c.now == nil || key == "" {
		return 0
	}
	h := maphash.String(c.seed, key)
	if later := c.now[h]; later > row {
		return later
	}
	i, found := slices.BinarySearchFunc(c.keys, h, func(k confirmedKey, h uint64) int { return cmp.Compare(k.key, h) })
	if !found || c.keys[i].row <= row {
		return 0
	}
	return c.keys[i].row
}

// recall finds out what earlier starts, or an earlier result, know that bears on rows
// still to be sent: which keys are in doubt, and which were confirmed by a later row. It
// reads the table as far as anything is known, and counts for --max-errors what it passes.
func (l *lane) recall() error {
	reimport := l.run.reimport
	known, err := newRecord(l.journal.Earlier())
	defer known.close()
	if err != nil || !known.more && !reimport {
		return err
	}
	l.confirmed.seed = maphash.MakeSeed()
	l.waiting.wanted = reimport && len(l.run.job.Past) > 0
	pending, last := reimport, 0 // the lines of a result need not be in the order of their rows
	for line, err := range LinesOf(l.run.job.Source) {
		if err != nil {
			return fmt.Errorf("reading the table: %w", err)
		}
		if l.taking.Err() != nil {
			return nil // nothing is sent any more
		}
		if !known.more && !reimport {
			break
		}
		if line.Shown() < last && l.confirmed.now == nil {
			l.confirmed.now = map[uint64]int{}
		}
		last = line.Shown()
		row, err := known.of(line.Num)
		if err != nil {
			return err
		}
		for _, e := range row {
			l.ops[e.Request].probation.recall(e)
			if !e.Again && e.Status != Invalid && !l.ops[e.Request].canLookUp(e) {
				l.run.count(e.Status)
			}
		}
		if !pending && l.allDone(row) {
			continue
		}
		pending = l.recallRow(&line, row, pending)
	}
	if err := l.recallPast(); err != nil {
		return err
	}
	l.confirmed.sort()
	return l.resumeProbations()
}

// resumeProbations goes on with probations that earlier starts did not end.
func (l *lane) resumeProbations() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, op := range l.ops {
		if op == nil || !op.probation.resume() {
			continue
		}
		if err := l.refusedAlike(op, op.probation.entries[0]); err != nil {
			return err
		}
	}
	return nil
}

// allDone says that a row's entries are final for each of the lane's requests, and leave
// no doubt: then the row need not be looked at.
func (l *lane) allDone(row []Entry) bool {
	return len(row) == l.operations && !slices.ContainsFunc(row, func(e Entry) bool { return e.Again || e.Status == InDoubt })
}

// recallRow looks at one row and says whether one up to it is still to be sent.
func (l *lane) recallRow(line *Line, row []Entry, pending bool) bool {
	for d := range l.drafts(line) {
		e, settled := l.settled(line, row, d.Request)
		if d.Err != nil {
			continue
		}
		pending = pending || !settled
		key := d.Record.Key
		if !settled && key != "" {
			l.waiting.add(maphash.String(l.confirmed.seed, key), line.Shown())
		}
		switch {
		case key == "":
		case e.Status == InDoubt && !e.Again:
			l.doubted[key] = line.Shown()
		case pending && confirmed(e):
			l.confirmed.add(key, line.Shown())
		}
	}
	return pending
}

// settled gives what is final about a request before this start.
func (l *lane) settled(line *Line, row []Entry, request int) (Entry, bool) {
	if e, ok := entryOf(row, request); ok {
		return e, !e.Again && !l.ops[request].canLookUp(e)
	}
	return SettledBefore(line, l.run.job.Options.Again)
}
