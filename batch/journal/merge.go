package journal

import (
	"io"
	"slices"
	"sort"

	"rowpost/batch"
)

// records is what one start wrote, in that order. The error is io.EOF at the end.
type records interface {
	read(*Record) error
}

// word is the last word on a request.
type word struct {
	entry    batch.Entry // Row and Request are always there
	finished bool        // the entry is; else there is none
	open     bool        // begun, and not finished since
}

// add takes in a later record of the same request.
func (w *word) add(rec *Record) {
	if rec.Kind == Begun {
		w.open = true
		return
	}
	w.entry, w.finished, w.open = rec.Entry, true, false
}

// follow takes in what a later start had to say.
func (w *word) follow(later *word) {
	if later.finished {
		*w = *later
		return
	}
	w.open = w.open || later.open
}

// conclude gives the entry that the word amounts to.
func (w *word) conclude() batch.Entry {
	if !w.open {
		return w.entry
	}
	return batch.Entry{
		Row: w.entry.Row, Request: w.entry.Request, Status: batch.InDoubt,
		Code: batch.CodeUnrecorded, Message: batch.UnrecordedMessage,
		Attempts: w.entry.Attempts + 1,
	}
}

// place is where a request's word is held. Places are what is sorted: they are small.
type place struct{ row, request, at int }

func (p place) before(q place) bool {
	return p.row < q.row || p.row == q.row && p.request < q.request
}

// sorter gives the last words on the requests of one start, ordered by row and request.
// As no record comes more than window rows late, it holds those of that many rows.
type sorter struct {
	in     records
	window int
	rec    Record // scratch
	newest int    // the highest row that was finished
	ended  bool
	queue  []place // sorted from done on; what is before is handed on
	done   int
	words  []word
	free   []int // of words
	lent   int   // the word that the caller looks at; -1: none
}

func newSorter(in records, window int) *sorter { return &sorter{in: in, window: window, lent: -1} }

// next gives the following request's word, which is lent until the next call. The error
// is io.EOF at the end.
func (s *sorter) next() (*word, error) {
	if s.lent >= 0 {
		s.free = append(s.free, s.lent)
		s.lent = -1
	}
	for {
		if s.done < len(s.queue) && (s.ended || s.queue[s.done].row < s.newest-s.window) {
			return s.pop(), nil
		}
		if s.ended {
			return nil, io.EOF
		}
		if err := s.take(); err != nil {
			return nil, err
		}
	}
}

func (s *sorter) take() error {
	err := s.in.read(&s.rec)
	if err == io.EOF {
		s.ended = true
		return nil
	}
	if err != nil {
		return err
	}
	e := &s.rec.Entry
	if err := inWindow(e.Row, s.newest, s.window); err != nil {
		return err
	}
	if s.rec.Kind == Finished {
		s.newest = max(s.newest, e.Row)
	}
	s.hold(place{row: e.Row, request: e.Request}).add(&s.rec)
	return nil
}

func (s *sorter) pop() *word {
	p := s.queue[s.done]
	s.done++
	if s.done > 1024 && s.done > len(s.queue)/2 {
		s.queue = slices.Delete(s.queue, 0, s.done)
		s.done = 0
	}
	s.lent = p.at
	return &s.words[p.at]
}

// hold finds the word on a request, or makes one in its place.
func (s *sorter) hold(p place) *word {
	at := s.find(p)
	if at < len(s.queue) && !p.before(s.queue[at]) {
		return &s.words[s.queue[at].at]
	}
	if n := len(s.free); n > 0 {
		p.at, s.free = s.free[n-1], s.free[:n-1]
	} else {
		p.at, s.words = len(s.words), append(s.words, word{})
	}
	s.queue = slices.Insert(s.queue, at, p)
	w := &s.words[p.at]
	*w = word{entry: batch.Entry{Row: p.row, Request: p.request}}
	return w
}

// find gives where in the queue a request has its place: mostly near its end.
func (s *sorter) find(p place) int {
	const near = 32
	at := len(s.queue)
	for ; at > s.done; at-- {
		if s.queue[at-1].before(p) {
			return at
		}
		if len(s.queue)-at == near {
			break
		}
	}
	return s.done + sort.Search(at-s.done, func(i int) bool { return !s.queue[s.done+i].before(p) })
}

// words are the last ones on each request, in their order. The error is io.EOF at the end.
type words interface {
	next() (*word, error)
}

// merger puts together what several starts said, in the order of the starts.
type merger struct {
	parts []*sorter
	heads []*word // nil: that start has no more
	out   word
}

// merge puts sorted words together. What it gives is lent until the next call.
func merge(parts []*sorter) (words, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	m := &merger{parts: parts, heads: make([]*word, len(parts))}
	for i := range parts {
		if err := m.advance(i); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *merger) advance(i int) error {
	head, err := m.parts[i].next()
	if err == io.EOF {
		err = nil
	}
	m.heads[i] = head
	return err
}

func (m *merger) next() (*word, error) {
	first := m.first()
	if first < 0 {
		return nil, io.EOF
	}
	m.out = *m.heads[first]
	at := placeOf(&m.out)
	if err := m.advance(first); err != nil {
		return nil, err
	}
	for i := first + 1; i < len(m.heads); i++ {
		if m.heads[i] == nil || at.before(placeOf(m.heads[i])) {
			continue
		}
		m.out.follow(m.heads[i])
		if err := m.advance(i); err != nil {
			return nil, err
		}
	}
	return &m.out, nil
}

// first gives the earliest start that has something to say on the lowest request; -1: none has.
func (m *merger) first() int {
	first := -1
	for i, head := range m.heads {
		if head != nil && (first < 0 || placeOf(head).before(placeOf(m.heads[first]))) {
			first = i
		}
	}
	return first
}

func placeOf(w *word) place { return place{row: w.entry.Row, request: w.entry.Request} }

// entries gives what several starts, in their order, amount to. An error ends it.
func entries(parts []*sorter, yield func(batch.Entry, error) bool) {
	m, err := merge(parts)
	for err == nil {
		var w *word
		if w, err = m.next(); err == nil && !yield(w.conclude(), nil) {
			return
		}
	}
	if err != io.EOF {
		yield(batch.Entry{}, err)
	}
}
