package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"rowpost/batch"
)

// backlog is how much may wait for a slow disk, in bytes, before Finish waits, too.
const backlog = 1 << 20

// burst is the time between two answers below which more have surely come: to wait for
// those that can be dealt with at once is worth a little then.
const burst = 50 * time.Microsecond

// lane is one provider's file of this start, and those of the starts before it.
type lane struct {
	disk    *Disk
	name    string
	path    string
	window  int
	earlier []*File
	head    []byte   // the header
	file    writable // nil: nothing was written; made by who writes first

	mu      sync.Mutex // guards all below; never held while the disk works
	wrote   *sync.Cond // writing ended
	free    *sync.Cond // syncing ended
	writing bool       // somebody writes
	syncing bool       // somebody syncs; others may write meanwhile
	encoder            // its state follows what stands in buf
	safe    int64      // bytes of the file that are written and synced
	written int64      // bytes that the system has
	taken   int64      // bytes that the last sync is for
	base    delta      // what the first record of buf was written against
	buf     []byte     // what comes after the safe ones
	pending bool       // there is an entry that no sync was for, and that nobody waits for
	used    bool       // there is something to keep
	came    time.Time  // the answer that was finished last
	burst   bool       // its request was under way when the one before it came, closely
	newest  int        // the highest row that was finished
	closed  bool
	err     error // the first that the disk gave; there is no second try
}

func newLane(j *Disk, h *header, earlier []*File) *lane {
	path := filepath.Join(j.dir, name{h.lane, h.first, h.last}.String())
	l := &lane{disk: j, name: h.lane, path: path, window: int(h.window), earlier: earlier}
	l.wrote, l.free = sync.NewCond(&l.mu), sync.NewCond(&l.mu)
	l.head = l.encoder.start(nil, h)
	l.safe = int64(len(l.head))
	l.written, l.taken = l.safe, l.safe
	for _, f := range earlier {
		l.buf = l.saw(l.buf, sighting{uint32(f.Last), f.Kept, f.sum})
	}
	return l
}

// size is that of the file once all is written. It is asked for with the lock.
func (l *lane) size() int64 { return l.safe + int64(len(l.buf)) }

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

// Finish returns when the system has the entry, so that it outlives the process; the
// committer soon syncs it. After an error it still keeps it, in memory, so that what was in
// flight when the disk failed stands in the result.
func (l *lane) Finish(e batch.Entry) error {
	size, err := l.finish(&e)
	if err != nil || size == 0 {
		return err
	}
	return l.commit(size)
}

// finish gathers the entry, and has it written. If size is not 0, so much has to be safe
// before there is more.
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
	came := e.SentAt.Add(e.Duration)
	l.burst, l.came = came.Sub(l.came) < burst && e.SentAt.Before(l.came), came
	if l.err != nil {
		return 0, l.err
	}
	size = l.size()
	if c := &l.disk.committer; !l.pending {
		l.pending = true
		c.poke(c.first, l.disk.commitAll)
	} else if size-l.taken >= groupSize {
		c.poke(c.full, l.disk.commitAll)
	}
	if len(l.buf) >= backlog {
		return size, nil
	}
	return 0, l.write(size)
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

// write returns when the system has so much of the file. One writes for all who wait, and
// what comes meanwhile is for the next. It is called with the lock, and gives it away
// while the system works.
func (l *lane) write(size int64) error {
	for l.written < size && l.err == nil {
		if l.writing {
			l.wrote.Wait()
			continue
		}
		l.writing = true
		if l.burst {
			l.mu.Unlock()
			runtime.Gosched() // the answers that have come can share this write
			l.mu.Lock()
		}
		part := l.buf[l.written-l.safe:]
		l.mu.Unlock()
		err := l.store(part)
		l.mu.Lock()
		l.writing = false
		if l.wrote.Broadcast(); err != nil {
			return l.failed(err)
		}
		l.written += int64(len(part))
	}
	return l.err
}

// failed keeps the first error.
func (l *lane) failed(err error) error {
	if l.err == nil {
		l.err = &WriteError{Path: l.path, Err: err}
	}
	return l.err
}

// commit returns when so much of the file is on disk. One syncs for all who wait.
func (l *lane) commit(size int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.safe < size && l.err == nil {
		if l.syncing {
			l.free.Wait()
			continue
		}
		l.syncing, l.pending, l.taken = true, false, l.size()
		err := l.syncTaken()
		l.syncing = false
		if l.free.Broadcast(); err != nil {
			return l.failed(err)
		}
	}
	return l.err
}

// syncTaken writes and syncs what is taken. Like write, it gives the lock away meanwhile.
func (l *lane) syncTaken() error {
	taken, base := l.taken, l.prev
	if err := l.write(taken); err != nil {
		return err
	}
	l.mu.Unlock()
	err := l.file.Sync()
	l.mu.Lock()
	if err != nil && !batch.Planted("sync-error-ignored") {
		return err
	}
	l.drop(int(taken - l.safe))
	l.base = base
	if !l.closed {
		safe := l.safe
		if batch.Planted("mark-too-early") {
			safe = l.size()
		}
		l.buf = l.marked(l.buf, synced, l.size(), safe)
	}
	return nil
}

// drop forgets what is safe now. Who writes meanwhile has its own part of the buffer, so
// that the rest may not move.
func (l *lane) drop(n int) {
	l.safe += int64(n)
	if n == len(l.buf) && !l.writing {
		l.buf = l.buf[:0]
		return
	}
	l.buf = l.buf[n:]
}

// store writes a part. What a failed write, or a failed sync, got onto the disk is not
// relied on.
func (l *lane) store(part []byte) error {
	if l.file == nil {
		if err := l.create(); err != nil {
			return err
		}
	}
	return writeAll(l.file, part)
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
		err = &WriteError{Path: l.path, Err: closing}
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
	rest := bytes.Clone(l.buf)
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
