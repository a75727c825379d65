package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"

	"rowpost/batch"
)

// A journal keeps some room of the disk for itself, so that what is in flight when the disk
// runs full can still be recorded once the room is given back. That is enough for some
// hundred answers.
const (
	reserveName = "reserve"
	reserveSize = 64 << 10 // bytes
)

// WriteError says that a journal could not be written. What [Open] gives, where there is no
// room to begin with, and what a lane gives have only Path and Err.
type WriteError struct {
	Path string // of the file
	Err  error  // the system's
	// Saved is how many answers [Disk.Close] could record after all, in files of their own.
	Saved int
	// Lost are the rows whose answers are not known to be in any file, by lanes, in order; a
	// row stands there once for each request.
	Lost map[string][]int
}

// Error names the file and the system's reason, once.
func (e *WriteError) Error() string {
	err := e.Err
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fmt.Sprintf("%s: %s", e.Path, err)
}

// Unwrap gives the system's error.
func (e *WriteError) Unwrap() error { return e.Err }

// LostAnswers counts those of all lanes.
func (e *WriteError) LostAnswers() int {
	n := 0
	for _, rows := range e.Lost {
		n += len(rows)
	}
	return n
}

// keepRoom takes the reserve. A start for which there is not even that much room does not
// begin.
func (j *Disk) keepRoom() error {
	path := filepath.Join(j.dir, reserveName)
	f, err := j.files.create(path)
	if err != nil {
		return &WriteError{Path: path, Err: err}
	}
	err = errors.Join(writeAll(f, filling(j.files.nonce())), f.Sync())
	if err = errors.Join(err, f.Close()); err != nil {
		j.giveRoom()
		return &WriteError{Path: path, Err: err}
	}
	return nil
}

// filling takes room also where a file system keeps no zeros, or packs what it keeps.
func filling(nonce [8]byte) []byte {
	rng := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(nonce[:]), 0))
	out := make([]byte, 0, reserveSize)
	for len(out) < reserveSize {
		out = binary.LittleEndian.AppendUint64(out, rng.Uint64())
	}
	return out
}

// giveRoom gives the reserve back.
func (j *Disk) giveRoom() { j.removeAll([]string{reserveName}) }

// rescueAll tries once more for the lanes that could not write, each in a file of its own.
// It gives the first of their errors, and what became of all.
func rescueAll(lanes []*lane, errs []error) error {
	var told *WriteError
	for i, l := range lanes {
		if errs[i] == nil {
			continue
		}
		if told == nil {
			told = &WriteError{Path: l.path, Err: errs[i], Lost: map[string][]int{}}
			var of *WriteError
			if errors.As(errs[i], &of) {
				told.Path, told.Err = of.Path, of.Err
			}
		}
		saved, lost := l.rescue()
		told.Saved += saved
		if len(lost) > 0 {
			told.Lost[l.name] = lost
		}
	}
	if told == nil {
		return nil
	}
	return told
}

// rescue writes what was finished, and is not known to be on disk, as if another start had
// found it. The file that failed is not touched again: what it has of this says the same.
// What was begun is left out: if that is not on disk, it was not sent.
func (l *lane) rescue() (saved int, lost []int) {
	entries := l.unsaved()
	if batch.Planted("rescue-left-out") {
		return answers(entries), nil
	}
	next := l.disk.start + 1
	h := header{first: next, last: next, window: uint32(l.window), lane: l.name, nonce: l.disk.files.nonce()}
	r := newLane(l.disk, &h, nil)
	for i := range entries {
		// What was taken once is not refused now.
		r.buf, _ = r.finished(r.buf, &entries[i])
	}
	r.used, r.closed = len(entries) > 0, true
	_ = r.close() // what it did not bring onto the disk is counted
	left := r.unsaved()
	return answers(entries) - answers(left), rowsAnswered(left)
}

func answered(e *batch.Entry) bool {
	return e.Status == batch.Succeeded || e.Status == batch.Failed || e.Status == batch.InDoubt
}

func answers(entries []batch.Entry) int { return len(rowsAnswered(entries)) }

// rowsAnswered are the rows of the entries that are about a request that was sent.
func rowsAnswered(entries []batch.Entry) []int {
	var rows []int
	for i := range entries {
		if answered(&entries[i]) {
			rows = append(rows, entries[i].Row)
		}
	}
	return rows
}

// unsaved are the last words on what was finished, and is not known to be on disk, ordered
// by row and request.
func (l *lane) unsaved() []batch.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []batch.Entry
	g := &gathered{decoder: decoder{prev: l.base}, rest: l.buf}
	for s := newSorter(g, l.window); ; {
		w, err := s.next()
		if err != nil { // io.EOF: what this process wrote to its own memory is whole
			return out
		}
		if w.finished {
			out = append(out, w.entry)
		}
	}
}

// gathered reads frames in memory, whose checksums need not be looked at.
type gathered struct {
	decoder
	rest []byte
}

func (g *gathered) read(rec *Record) error {
	for len(g.rest) > 0 {
		size, head := binary.Uvarint(g.rest)
		payload := g.rest[head : head+int(size)]
		g.rest = g.rest[head+int(size)+crc32.Size:]
		if kind := Kind(payload[0] & 7); kind == Begun || kind == Finished {
			return g.record(payload, rec)
		}
	}
	return io.EOF
}
