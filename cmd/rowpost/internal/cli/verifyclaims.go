package cli

import (
	"hash/maphash"
	"iter"
	"math"
	"time"

	"rowpost/batch"
	"rowpost/batch/journal"
)

// journalFile is a file of a run's journal. What a kill left behind its whole part is no
// part of it.
type journalFile struct {
	name    string // for people
	lane    string // the provider
	records iter.Seq2[journal.Record, error]
}

// claimed names a request of a row in the journal.
type claimed struct{ row, request int }

// claim is what the journal says of a request, the last word of it, without texts.
type claim struct {
	lane     string
	status   batch.Status // empty: nothing was finished
	open     bool         // an attempt was announced since, and nothing more is known of it
	again    bool
	seen     bool // a line of the result is about it
	resolved bool // a person's decision
	http     int
	attempts int
	sentAt   int64 // milliseconds since 1970; math.MinInt64: none
	duration int64 // milliseconds
	texts    uint64
}

// doubtful says that the journal leaves the request in doubt.
func (c *claim) doubtful() bool { return c.open || c.status == batch.InDoubt }

// claims is a whole journal. It takes some 150 bytes for each request in it.
type claims struct {
	audit *audit
	seed  maphash.Seed
	of    map[claimed]*claim
	lanes map[int]string // by the requests' positions
}

func newClaims(a *audit) *claims {
	return &claims{audit: a, seed: maphash.MakeSeed(), of: map[claimed]*claim{}, lanes: map[int]string{}}
}

// read takes in a file; those of a lane come in the order in which they were written.
// Damage is a finding, and the error of the caller, who knows less then.
func (c *claims) read(f journalFile) error {
	c.audit.hold(ruleJournal)
	for rec, err := range f.records {
		if err != nil {
			return err
		}
		c.take(f.lane, spot{File: f.name, Row: rec.Entry.Row}, rec)
	}
	return nil
}

func (c *claims) take(lane string, at spot, rec journal.Record) {
	key := claimed{rec.Entry.Row, rec.Entry.Request}
	known := c.of[key]
	if known == nil {
		known = &claim{lane: lane, sentAt: math.MinInt64}
		c.of[key], c.lanes[key.request] = known, lane
	}
	if known.lane != lane {
		c.audit.find(ruleJournal, at, "request %d stands in the journals of two providers, %s and %s", key.request+1, known.lane, lane)
		return
	}
	c.audit.hold(ruleRepeats)
	if rec.Kind == journal.Begun {
		if why := known.mayNotBegin(); why != "" {
			c.audit.find(ruleRepeats, at, "request %d was sent again %s", key.request+1, why)
		}
		known.open = true
		return
	}
	if known.status == batch.Succeeded && rec.Entry.Status != batch.Succeeded {
		c.audit.find(ruleRepeats, at, "request %d is recorded as %s after it had succeeded", key.request+1, rec.Entry.Status)
	}
	c.finish(known, rec.Entry)
}

// mayNotBegin says why nothing more of a request may be sent; empty: it may.
func (c *claim) mayNotBegin() string {
	switch {
	case c.open:
		return "although what became of the attempt before is not recorded"
	case c.status == "" || c.again:
		return ""
	case c.status == batch.Succeeded:
		return "after it had succeeded"
	case c.status == batch.InDoubt:
		return "while it was in doubt"
	}
	return "after it was final: " + string(c.status)
}

func (c *claims) finish(known *claim, e batch.Entry) {
	if known.doubtful() && e.Status == batch.Succeeded {
		switch e.Code {
		case batch.CodeResolved:
			c.audit.settled["by a person"]++
		case batch.CodeLookedUp:
			c.audit.settled["by a lookup"]++
		}
	}
	known.open, known.status, known.again = false, e.Status, e.Again
	known.resolved = e.Code == batch.CodeResolved
	known.http, known.attempts, known.duration = e.HTTPStatus, e.Attempts, e.Duration.Milliseconds()
	known.sentAt = math.MinInt64
	if !e.SentAt.IsZero() {
		known.sentAt = e.SentAt.Truncate(time.Millisecond).UnixMilli()
	}
	known.texts = c.hash(entryTexts{guarded(e.Code), guarded(e.Message), guarded(e.RemoteID)})
}

func (c *claims) hash(t entryTexts) uint64 { return maphash.Comparable(c.seed, t) }

// guarded is a provider's text as a result shows it, so that no spreadsheet takes it for
// a formula.
func guarded(text string) string {
	if text == "" {
		return text
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return "'" + text
	}
	return text
}
