package batch

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"rowpost/mapping"
)

// memory is a journal for the engine's tests.
type memory struct {
	mu    sync.Mutex
	lanes map[string]*memoryLane
	// fail, if set, is asked before each Finish.
	fail func(Entry) error
}

func (m *memory) Lane(provider string, window int) (LaneJournal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lanes == nil {
		m.lanes = map[string]*memoryLane{}
	}
	if m.lanes[provider] == nil {
		m.lanes[provider] = &memoryLane{of: m, window: window, entries: map[[2]int]Entry{}, begun: map[[2]int]bool{}}
	}
	return m.lanes[provider], nil
}

// restart makes what was written the past of another start.
func (m *memory) restart() {
	for _, l := range m.lanes {
		l.past, l.entries, l.begun, l.newest = l.all(), map[[2]int]Entry{}, map[[2]int]bool{}, 0
	}
}

type memoryLane struct {
	of      *memory
	window  int
	newest  int // the greatest row that was finished
	mu      sync.Mutex
	past    map[[2]int]Entry // of earlier starts
	entries map[[2]int]Entry
	begun   map[[2]int]bool // and not finished since
	begins  int
}

func (l *memoryLane) Begin(row, request int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun[[2]int{row, request}] = true
	l.begins++
	return nil
}

func (l *memoryLane) Finish(e Entry) error {
	if l.of.fail != nil {
		if err := l.of.fail(e); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.newest = max(l.newest, e.Row)
	if e.Row < l.newest-l.window {
		return fmt.Errorf("row %d was finished after row %d", e.Row, l.newest)
	}
	l.entries[[2]int{e.Row, e.Request}] = e
	delete(l.begun, [2]int{e.Row, e.Request})
	return nil
}

func (l *memoryLane) all() map[[2]int]Entry {
	out := map[[2]int]Entry{}
	maps.Copy(out, l.past)
	maps.Copy(out, l.entries)
	for at := range l.begun {
		out[at] = Entry{
			Row: at[0], Request: at[1], Status: InDoubt, Code: CodeUnrecorded, Message: UnrecordedMessage,
			Attempts: out[at].Attempts + 1,
		}
	}
	return out
}

func (l *memoryLane) Earlier() iter.Seq2[Entry, error] { return inOrder(l.past) }

func (l *memoryLane) Entries() iter.Seq2[Entry, error] { return inOrder(l.all()) }

func inOrder(entries map[[2]int]Entry) iter.Seq2[Entry, error] {
	all := slices.SortedFunc(maps.Values(entries), func(a, b Entry) int { return (a.Row-b.Row)*1000 + a.Request - b.Request })
	return func(yield func(Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// fakeResult is a table that is an earlier result. Lines that before does not name were
// not sent.
type fakeResult struct {
	table  fakeTable
	before map[int]Before // by the line's number
}

func (r *fakeResult) Header() []string                    { return r.table.Header() }
func (r *fakeResult) Total() int                          { return len(r.table) }
func (r *fakeResult) Rows() iter.Seq2[mapping.Row, error] { return r.table.Rows() }

func (*fakeResult) Added() []int { return nil }

func (r *fakeResult) Lines() iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for row, err := range r.table.Rows() {
			b, ok := r.before[row.Num]
			if !ok {
				b = Before{Status: NotSent}
			}
			if b.Num == 0 {
				b.Num, b.Line = row.Num, row.Line
			}
			if !yield(Line{row, &b}, err) {
				return
			}
		}
	}
}
