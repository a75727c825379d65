package journal

import (
	"maps"
	"slices"

	"rowpost/batch"
)

// Told is what was said of each request, in the order in which it was said.
type Told map[[2]int][]Record

// Add notes a record.
func (m Told) Add(rec Record) {
	at := [2]int{rec.Entry.Row, rec.Entry.Request}
	m[at] = append(m[at], rec)
}

// Last is the last word on each request, by the contract of [batch.LaneJournal].
func (m Told) Last() []batch.Entry {
	out := []batch.Entry{}
	for _, at := range slices.SortedFunc(maps.Keys(m), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }) {
		said := m[at]
		if said[len(said)-1].Kind == Finished {
			out = append(out, said[len(said)-1].Entry)
			continue
		}
		before := 0
		for _, rec := range said {
			if rec.Kind == Finished {
				before = rec.Entry.Attempts
			}
		}
		out = append(out, batch.Entry{
			Row: at[0], Request: at[1], Status: batch.InDoubt,
			Code: batch.CodeUnrecorded, Message: batch.UnrecordedMessage, Attempts: before + 1,
		})
	}
	return out
}
