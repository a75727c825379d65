package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"rowpost/batch"
)

// A group is written out when so much is gathered, or with the first entry after so
// long: a slow run that is killed leaves a record of all but its last moments.
const (
	groupSize = 64 << 10
	groupTime = 50 * time.Millisecond
)

// Ext is the ending of a lane's file.
const Ext = ".journal"

// Disk is a journal in a folder of its own.
type Disk struct {
	dir    string
	create func(path string) (file, error)
	mu     sync.Mutex // guards lanes
	lanes  map[string]*lane
}

// file is what a lane needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
}

// Create makes a journal in a folder, which it makes too if it is missing (mode 0700).
// A folder with an earlier journal's files is refused when their lane is opened.
func Create(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return &Disk{dir: dir, create: createFile, lanes: map[string]*lane{}}, nil
}

func createFile(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// syncFolder makes a new file's name last. Windows knows no such thing, and needs none.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Lane opens a provider's part; asked again it gives the same one.
func (j *Disk) Lane(provider string, window int) (batch.LaneJournal, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if l := j.lanes[provider]; l != nil {
		if l.window != window {
			return nil, fmt.Errorf("journal of %s is open with a window of %d rows, not of %d", provider, l.window, window)
		}
		return l, nil
	}
	path := filepath.Join(j.dir, url.QueryEscape(provider)+Ext)
	f, err := j.create(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	l := &lane{path: path, window: window, f: f, buf: make([]byte, 0, groupSize+4096)}
	l.buf = l.start(l.buf, provider, window)
	j.lanes[provider] = l
	return l, nil
}

// Close writes everything out, marks the end and closes the files. It gives what went
// wrong now or before. Entries may be read afterwards.
func (j *Disk) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var errs []error
	for _, l := range j.lanes {
		errs = append(errs, l.close())
	}
	return errors.Join(errs...)
}

// lane is one provider's file. Lock syncing before mu, never the other way.
type lane struct {
	path   string
	window int

	syncing sync.Mutex // one fsync at a time; guards safe
	safe    int64      // bytes of the file that are synced

	mu      sync.Mutex // guards all below
	f       file
	encoder        // its state follows what stands in buf
	buf     []byte // behind what is written
	written int64  // bytes of the file that are written out
	flushed time.Time
	newest  int   // the highest row that was finished
	err     error // the first that a write or a sync gave; there is no second try
	closed  bool
}

// Begin returns when the request's record is synced. Those who call it meanwhile share
// one fsync.
func (l *lane) Begin(row, request int) error {
	l.mu.Lock()
	if err := l.usable(); err != nil {
		l.mu.Unlock()
		return err
	}
	l.buf = l.begun(l.buf, row, request)
	want := l.written + int64(len(l.buf))
	l.mu.Unlock()
	return l.sync(want)
}

// Finish gathers the entry. After an error it still keeps it, in memory, so that what was
// in flight when the disk failed stands in the result.
func (l *lane) Finish(e batch.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.usable()
	}
	err := inWindow(e, l.newest, l.window)
	if err == nil {
		l.buf, err = l.finished(l.buf, e)
	}
	if err != nil {
		return err
	}
	l.newest = max(l.newest, e.Row)
	if now := time.Now(); len(l.buf) >= groupSize || now.Sub(l.flushed) >= groupTime {
		l.flushed = now
		l.flush()
	}
	return l.err
}

// Done knows nothing: a new journal has no earlier runs.
func (*lane) Done(int, int) (batch.Entry, bool) { return batch.Entry{}, false }

// Entries reads what is on disk and what is still to be written, and writes nothing.
func (l *lane) Entries() iter.Seq2[batch.Entry, error] {
	return ordered(l.finishedOnes(), l.window)
}

func (l *lane) finishedOnes() iter.Seq2[batch.Entry, error] {
	return func(yield func(batch.Entry, error) bool) {
		l.mu.Lock()
		written, rest := l.written, bytes.Clone(l.buf)
		l.mu.Unlock()
		f, err := os.Open(l.path)
		if err != nil {
			yield(batch.Entry{}, fmt.Errorf("journal: %w", err))
			return
		}
		defer func() { _ = f.Close() }() // only read
		r := newReader(io.MultiReader(io.NewSectionReader(f, 0, written), bytes.NewReader(rest)))
		for rec, err := range r.records() {
			var bad *frameError
			if errors.As(err, &bad) {
				err = &DamageError{l.path, r.at, bad.reason}
			}
			if (err != nil || rec.Kind == Finished) && !yield(rec.Entry, err) || err != nil {
				return
			}
		}
		if r.at < written { // cut at the end of a record
			yield(batch.Entry{}, &DamageError{l.path, r.at, "its end is missing"})
		}
	}
}

// sync returns when so many bytes of the file are on disk.
func (l *lane) sync(want int64) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	if l.safe >= want {
		return nil
	}
	l.mu.Lock()
	l.flush()
	err, end := l.err, l.written
	l.mu.Unlock()
	if err != nil {
		return err
	}
	err = l.f.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		return l.fail(err)
	}
	l.safe = end
	l.buf = l.marked(l.buf, synced, l.written+int64(len(l.buf)))
	return nil
}

// flush writes the group out. What a failed write got onto the disk is not relied on.
func (l *lane) flush() {
	if l.err != nil || len(l.buf) == 0 {
		return
	}
	n, err := l.f.Write(l.buf)
	if err == nil && n < len(l.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		_ = l.fail(err) // kept in l.err
		return
	}
	l.written += int64(n)
	l.buf = l.buf[:0]
}

func (l *lane) fail(err error) error {
	if l.err == nil {
		l.err = fmt.Errorf("journal: %w", err)
	}
	return l.err
}

func (l *lane) usable() error {
	if l.closed && l.err == nil {
		return fmt.Errorf("journal: %w", os.ErrClosed)
	}
	return l.err
}

func (l *lane) close() error {
	l.mu.Lock()
	want := l.written + int64(len(l.buf))
	closed := l.closed
	l.closed = true
	l.mu.Unlock()
	if closed {
		return nil
	}
	err := l.sync(want)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.buf = l.marked(l.buf, ended, l.written+int64(len(l.buf)))
		l.flush()
		err = l.err
	}
	if err == nil {
		err = l.f.Sync()
	}
	if closing := l.f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return l.fail(err)
	}
	return nil
}
