// Package journal keeps what became of each request of a run, append only: in memory for
// tests and small jobs ([Memory]), on disk for all others ([Create]).
//
// On disk each lane has a file of its own. It is a sequence of frames, and each is
//
//	length of the payload (uvarint) | payload | CRC-32C (4 bytes, little endian)
//
// where the checksum goes on from that of the frame before: so none can be lost, doubled
// or exchanged unseen. The first frame names the lane and its window, behind a magic
// word with the format's version. After each fsync the next frame says so, and where it
// stands; a closed journal ends with such a frame. That tells apart what a crash may
// leave, a tail that was never synced and can be cut ([TornError]), from damage to what
// was safe already ([DamageError]).
package journal

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"rowpost/batch"
)

// InMemory is a journal without a file. It forgets everything with the process.
type InMemory struct {
	mu    sync.Mutex // guards lanes
	lanes map[string]*memoryLane
}

// Memory makes a journal in memory.
func Memory() *InMemory { return &InMemory{lanes: map[string]*memoryLane{}} }

// Lane opens a provider's part; asked again it gives the same one.
func (j *InMemory) Lane(provider string, window int) (batch.LaneJournal, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lanes[provider]
	if l == nil {
		l = &memoryLane{window: window}
		j.lanes[provider] = l
	}
	if l.window != window {
		return nil, fmt.Errorf("journal of %s is open with a window of %d rows, not of %d", provider, l.window, window)
	}
	return l, nil
}

type memoryLane struct {
	window  int
	mu      sync.Mutex // guards the fields below
	entries []batch.Entry
	newest  int
}

// Begin has nothing to keep: what is in memory is gone after a crash anyway.
func (*memoryLane) Begin(int, int) error { return nil }

func (l *memoryLane) Finish(e batch.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := inWindow(e, l.newest, l.window); err != nil {
		return err
	}
	l.newest = max(l.newest, e.Row)
	l.entries = append(l.entries, kept(e))
	return nil
}

// Done knows nothing: there were no earlier runs.
func (*memoryLane) Done(int, int) (batch.Entry, bool) { return batch.Entry{}, false }

func (l *memoryLane) Entries() iter.Seq2[batch.Entry, error] {
	return func(yield func(batch.Entry, error) bool) {
		l.mu.Lock()
		written := l.entries[:len(l.entries):len(l.entries)]
		l.mu.Unlock()
		for e, err := range ordered(unfailing(written), l.window) {
			if !yield(e, err) {
				return
			}
		}
	}
}

func unfailing(entries []batch.Entry) iter.Seq2[batch.Entry, error] {
	return func(yield func(batch.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// kept is an entry as every journal gives it back: times in UTC and whole microseconds,
// without a monotonic clock.
func kept(e batch.Entry) batch.Entry {
	if !e.SentAt.IsZero() {
		e.SentAt = time.UnixMicro(e.SentAt.UnixMicro()).UTC()
	}
	e.Duration = e.Duration.Truncate(time.Microsecond)
	return e
}

// inWindow refuses an entry that comes too late to be put in order when it is read.
func inWindow(e batch.Entry, newest, window int) error {
	if e.Row < newest-window {
		return fmt.Errorf("journal: row %d was finished after row %d, which is beyond the window of %d rows", e.Row, newest, window)
	}
	return nil
}

// ordered sorts entries of which none comes more than window rows late. It holds those
// of that many rows, and of equal ones the last.
func ordered(written iter.Seq2[batch.Entry, error], window int) iter.Seq2[batch.Entry, error] {
	return func(yield func(batch.Entry, error) bool) {
		var held []batch.Entry // sorted from done on; what is before is handed on
		done, newest := 0, 0
		for e, err := range written {
			if err == nil {
				err = inWindow(e, newest, window)
			}
			if err != nil {
				yield(batch.Entry{}, err)
				return
			}
			newest = max(newest, e.Row)
			held = hold(held, done, e)
			for ; held[done].Row < newest-window; done++ {
				if !yield(held[done], nil) {
					return
				}
			}
			if done > 1024 && done > len(held)/2 {
				held = slices.Delete(held, 0, done)
				done = 0
			}
		}
		for _, e := range held[done:] {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// hold puts an entry in its place behind from, or in that of an earlier one of its request.
func hold(held []batch.Entry, from int, e batch.Entry) []batch.Entry {
	if n := len(held); n == from || order(held[n-1], e) < 0 {
		return append(held, e)
	}
	at, found := slices.BinarySearchFunc(held[from:], e, order)
	if at += from; found {
		held[at] = e
		return held
	}
	return slices.Insert(held, at, e)
}

func order(a, b batch.Entry) int {
	return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Request, b.Request))
}
