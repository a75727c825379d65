package journal

import (
	"io"
	"iter"
	"sync"

	"rowpost/batch"
)

// InMemory is a journal without a file. It forgets everything with the process.
type InMemory struct {
	mu    sync.Mutex // guards lanes
	lanes map[string]*memoryLane
}

// Memory makes a journal in memory.
func Memory() *InMemory { return &InMemory{lanes: map[string]*memoryLane{}} }

// Restart makes the journal that another start of the same run would find: what was
// written so far is its past. Nothing that is written to j afterwards gets into it.
func (j *InMemory) Restart() *InMemory {
	j.mu.Lock()
	defer j.mu.Unlock()
	next := Memory()
	for name, l := range j.lanes {
		next.lanes[name] = &memoryLane{past: l.all()}
	}
	return next
}

// Lane opens a provider's part; asked again it gives the same one.
func (j *InMemory) Lane(provider string, window int) (batch.LaneJournal, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lanes[provider]
	if l == nil {
		l = &memoryLane{}
		j.lanes[provider] = l
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.opened {
		l.opened, l.window = true, window
	}
	if err := sameWindow(provider, l.window, window); err != nil {
		return nil, err
	}
	return l, nil
}

// memoryFile is what one start left.
type memoryFile struct {
	window  int
	records []Record
}

type memoryLane struct {
	past []memoryFile

	mu     sync.Mutex // guards the fields below
	opened bool       // in this start
	window int
	now    []Record
	newest int
}

func (l *memoryLane) Begin(row, request int) error {
	return l.add(Record{Kind: Begun, Entry: batch.Entry{Row: row, Request: request}})
}

func (l *memoryLane) Finish(e batch.Entry) error { return l.add(Record{Finished, kept(e)}) }

func (l *memoryLane) add(rec Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := inWindow(rec.Entry.Row, l.newest, l.window); err != nil {
		return err
	}
	if rec.Kind == Finished {
		l.newest = max(l.newest, rec.Entry.Row)
	}
	l.now = append(l.now, rec)
	return nil
}

func (l *memoryLane) all() []memoryFile {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.past)
	return append(l.past[:n:n], memoryFile{l.window, l.now[:len(l.now):len(l.now)]})
}

func (l *memoryLane) Earlier() iter.Seq2[batch.Entry, error] { return inOrder(l.past) }

func (l *memoryLane) Entries() iter.Seq2[batch.Entry, error] {
	return func(yield func(batch.Entry, error) bool) { inOrder(l.all())(yield) }
}

func inOrder(files []memoryFile) iter.Seq2[batch.Entry, error] {
	return func(yield func(batch.Entry, error) bool) {
		parts := make([]*sorter, len(files))
		for i, f := range files {
			parts[i] = newSorter(&memoryReader{f.records}, f.window)
		}
		entries(parts, yield)
	}
}

type memoryReader struct{ rest []Record }

func (r *memoryReader) read(rec *Record) error {
	if len(r.rest) == 0 {
		return io.EOF
	}
	*rec, r.rest = r.rest[0], r.rest[1:]
	return nil
}
