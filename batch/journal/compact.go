package journal

import (
	"fmt"
	"io"
	"path/filepath"

	"rowpost/batch"
)

// manyFiles is how many files of a lane are read side by side; more are put together.
const manyFiles = 16

// compactAll puts together the files of lanes that have many, and looks again if so.
func (j *Disk) compactAll(found *View, many int) (*View, error) {
	again := false
	for _, lane := range found.Lanes() {
		files := found.of(lane)
		if len(files) <= many {
			continue
		}
		again = true
		if err := j.compact(files); err != nil {
			return nil, fmt.Errorf("journal: putting the files of %s together: %w", lane, err)
		}
	}
	if !again {
		return found, nil
	}
	return read(j.files, j.dir, nil) // what was known of the files was held against them before
}

// compact writes what files of a lane amount to into one, which gets its name when it is
// synced, and only then removes them: at each moment either they or it are there. Until
// they are gone, it goes before them by its name.
func (j *Disk) compact(files []*File) error {
	first, last := files[0], files[len(files)-1]
	n := name{first.Lane, uint32(first.First), uint32(last.Last)}
	path := filepath.Join(j.dir, n.String())
	draft := filepath.Join(j.dir, n.draft())
	if err := j.writeTogether(draft, n, files); err != nil {
		_ = j.files.remove(draft) // the next start would
		return err
	}
	if err := j.files.rename(draft, path); err != nil {
		return err
	}
	if err := j.files.syncFolder(j.dir); err != nil {
		return err
	}
	for _, f := range files {
		j.removeAll([]string{filepath.Base(f.Path)})
	}
	return nil
}

func (j *Disk) writeTogether(path string, n name, files []*File) (err error) {
	out, err := j.files.create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closing := out.Close(); err == nil {
			err = closing
		}
	}()
	c := compaction{out: out}
	h := header{first: n.first, last: n.last, lane: n.lane, nonce: j.files.nonce()}
	c.buf = c.start(nil, &h)
	if err := c.copy(files); err != nil {
		return err
	}
	at := c.written + int64(len(c.buf))
	c.buf = c.marked(c.buf, ended, at, at)
	if err := c.flush(); err != nil {
		return err
	}
	if batch.Planted("compaction-unsynced") {
		return nil
	}
	return out.Sync()
}

// compaction writes last words.
type compaction struct {
	encoder
	out     io.Writer
	buf     []byte
	written int64
}

func (c *compaction) copy(files []*File) error {
	parts, done, err := sorters(files)
	defer done()
	if err != nil {
		return err
	}
	m, err := merge(parts)
	for err == nil {
		var w *word
		if w, err = m.next(); err == nil {
			err = c.add(w)
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

func (c *compaction) add(w *word) (err error) {
	if w.finished {
		if c.buf, err = c.finished(c.buf, &w.entry); err != nil {
			return err
		}
	}
	if w.open {
		c.buf = c.begun(c.buf, w.entry.Row, w.entry.Request)
	}
	if len(c.buf) < groupSize {
		return nil
	}
	return c.flush()
}

func (c *compaction) flush() error {
	err := writeAll(c.out, c.buf)
	c.written += int64(len(c.buf))
	c.buf = c.buf[:0]
	return err
}
