package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"rowpost/batch"
)

// backlog is how much may wait for a slow disk, in bytes, before Finish waits, too.
const backlog = 1 << 20

// lane is one provider's file of this start, and those of the starts before it.
type lane struct {
	disk    *Disk
	name    string
	path    string
	window  int
	earlier []*File
	head    []byte   // the header
	file    writable // nil: nothing was written; only for whoever is busy

	mu      sync.Mutex // guards all below; never held while the disk works
	free    *sync.Cond // busy ended
	busy    bool       // somebody writes and syncs the group
	encoder            // its state follows what stands in buf
	group   []byte     // what is being written, or could not be
	buf     []byte     // what comes next
	spare   []byte     // the buffer that is not in use
	safe    int64      // bytes of the file that are written and synced
	pending bool       // buf has an entry that nobody waits for
	used    bool       // there is something to keep
	newest  int        // the highest row that was finished
	closed  bool
	err     error // the first that the disk gave; there is no second try
}

func newLane(j *Disk, h *header, earlier []*File) *lane {
	path := filepath.Join(j.dir, name{h.lane, h.first, h.last}.String())
	l := &lane{disk: j, name: h.lane, path: path, window: int(h.window), earlier: earlier}
	l.free = sync.NewCond(&l.mu)
	l.head = l.encoder.start(nil, h)
	l.safe = int64(len(l.head))
	for _, f := range earlier {
		l.buf = l.saw(l.buf, sighting{uint32(f.Last), f.Kept, f.sum})
	}
	return l
}

// size is that of the file once all is written. It is asked for with the lock.
func (l *lane) size() int64 { return l.safe + int64(len(l.group)+len(l.buf)) }

// Begin returns when the request's record is synced. Those who call it meanwhile share
// one fsync.
func (l *lane) Begin(row, request int) error {
	size, err := l.begin(row, request)
	if err != nil || batch.Planted("intent-unsynced") {
		return err
	}
	return l.commit(size)
}

// begin gathers the record. It says how much must be safe before the request is sent.
func (l *lane) begin(row, request int) (size int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return 0, err
	}
	if err := inWindow(row, l.newest, l.window); err != nil {
		return 0, err
	}
	l.buf, l.used = l.begun(l.buf, row, request), true
	return l.size(), nil
}

// Finish gathers the entry. After an error it still keeps it, in memory, so that what was
// in flight when the disk failed stands in the result.
func (l *lane) Finish(e batch.Entry) error {
	size, err := l.finish(&e)
	if err != nil || size == 0 {
		return err
	}
	return l.commit(size)
}

// finish gathers the entry. If size is not 0, so much has to be safe before there is more.
func (l *lane) finish(e *batch.Entry) (size int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, l.usable()
	}
	if err := inWindow(e.Row, l.newest, l.window); err != nil {
		return 0, err
	}
	if l.buf, err = l.finished(l.buf, e); err != nil {
		return 0, err
	}
	l.newest, l.used = max(l.newest, e.Row), true
	if l.err != nil {
		return 0, l.err
	}
	if c := &l.disk.committer; !l.pending {
		l.pending = true
		c.poke(c.first, l.disk.commitAll)
	} else if len(l.buf) >= groupSize {
		c.poke(c.full, l.disk.commitAll)
	}
	if len(l.buf) >= backlog {
		return l.size(), nil
	}
	return 0, nil
}

func (l *lane) usable() error {
	if l.closed && l.err == nil {
		return fmt.Errorf("journal: %w", os.ErrClosed)
	}
	return l.err
}

// commitFinished commits what was finished, if there is something.
func (l *lane) commitFinished() {
	l.mu.Lock()
	pending, size := l.pending, l.size()
	l.mu.Unlock()
	if pending {
		_ = l.commit(size) // kept in l.err
	}
}

// commit returns when so much of the file is on disk. One does it for all who wait.
func (l *lane) commit(size int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy && l.safe < size && l.err == nil {
		l.free.Wait()
	}
	if l.err != nil || l.safe >= size {
		return l.err
	}
	l.busy, l.pending = true, false
	l.group, l.buf = l.buf, l.spare[:0]
	l.mu.Unlock()
	err := l.store()
	l.mu.Lock()
	l.busy = false
	l.free.Broadcast()
	if err != nil {
		l.err = fmt.Errorf("journal: %w", err)
		return l.err
	}
	l.safe += int64(len(l.group))
	l.group, l.spare = nil, l.group
	if !l.closed {
		safe := l.safe
		if batch.Planted("mark-too-early") {
			safe = l.size()
		}
		l.buf = l.marked(l.buf, synced, l.size(), safe)
	}
	return nil
}

// store writes the group and syncs it. What a failed write, or a failed sync, got onto
// the disk is not relied on.
func (l *lane) store() error {
	if l.file == nil {
		if err := l.create(); err != nil {
			return err
		}
	}
	if err := writeAll(l.file, l.group); err != nil {
		return err
	}
	err := l.file.Sync()
	if batch.Planted("sync-error-ignored") {
		return nil
	}
	return err
}

// create makes the file. Its header and its name last before anything else is written.
func (l *lane) create() error {
	f, err := l.disk.files.create(l.path)
	if err != nil {
		return err
	}
	l.file = f
	if err := writeAll(f, l.head); err != nil {
		return err
	}
	return errors.Join(f.Sync(), l.disk.files.syncFolder(filepath.Dir(l.path)))
}

func writeAll(w io.Writer, p []byte) error {
	n, err := w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return err
}

// refuse ends the taking of records.
func (l *lane) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// close writes out what was gathered, and a mark that says that this is all.
func (l *lane) close() error {
	l.mu.Lock()
	used, size, err := l.used, l.size(), l.err
	l.mu.Unlock()
	if used && err == nil && !batch.Planted("close-unwritten") {
		if err = l.commit(size); err == nil {
			err = l.end()
		}
	}
	if l.file == nil {
		return err
	}
	if closing := l.file.Close(); err == nil && closing != nil {
		err = fmt.Errorf("journal: %w", closing)
	}
	return err
}

func (l *lane) end() error {
	l.mu.Lock()
	l.buf = l.marked(l.buf, ended, l.size(), l.safe)
	size := l.size()
	l.mu.Unlock()
	return l.commit(size)
}

// Earlier reads what the starts before this one left.
func (l *lane) Earlier() iter.Seq2[batch.Entry, error] {
	return func(yield func(batch.Entry, error) bool) { merged(l.earlier, nil, l.window, yield) }
}

// Entries reads also what this start wrote, and what it has still to write, and writes nothing.
func (l *lane) Entries() iter.Seq2[batch.Entry, error] {
	return func(yield func(batch.Entry, error) bool) {
		own, err := l.own()
		if err != nil {
			yield(batch.Entry{}, err)
			return
		}
		merged(l.earlier, own, l.window, yield)
	}
}

// own reads what this start wrote. What is not known to be on disk comes from memory.
func (l *lane) own() (*fileReader, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy {
		l.free.Wait()
	}
	rest := append(bytes.Clone(l.group), l.buf...)
	own := &fileReader{path: l.path, lane: l.name, size: l.size(), sum: l.encoder.sum}
	if l.safe == int64(len(l.head)) { // there may be no file
		own.in = newReader(bytes.NewReader(append(bytes.Clone(l.head), rest...)))
		return own, nil
	}
	f, err := l.disk.files.open(l.path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	own.raw = f
	own.in = newReader(io.MultiReader(io.NewSectionReader(f, 0, l.safe), bytes.NewReader(rest)))
	return own, nil
}
