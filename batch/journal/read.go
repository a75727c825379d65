package journal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
)

// TornError says that a file breaks off, as a crash leaves it: what stands before Offset
// is whole, and what stands behind it was never said to be safe.
type TornError struct {
	File   string
	Offset int64 // bytes to keep
}

func (e *TornError) Error() string {
	return fmt.Sprintf("%s: breaks off after %d bytes: the end was not yet written out", e.File, e.Offset)
}

// DamageError says that something in a file changed after it had been safe on disk.
// Nothing may be concluded from what stands behind Offset.
type DamageError struct {
	File   string
	Offset int64
	Reason string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s: is damaged at byte %d: %s", e.File, e.Offset, e.Reason)
}

// Log is a lane's file that is read.
type Log struct {
	Lane   string
	Window int // rows, as for [batch.Journal]
	path   string
}

// Open reads a file's beginning. Errors are *[TornError] if not even that was written,
// *[DamageError], or the system's.
func Open(path string) (*Log, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	r := newReader(f)
	if err := r.start(); err != nil {
		return nil, verdict(path, f, r, err)
	}
	return &Log{Lane: r.lane, Window: r.window, path: path}, nil
}

// Records reads the file from its beginning, in the order in which it was written. It
// ends with a *[TornError] or *[DamageError] where the file does not go on as it should.
func (l *Log) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, err := os.Open(l.path)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer func() { _ = f.Close() }() // only read
		r := newReader(f)
		for rec, err := range r.records() {
			if err != nil {
				err = verdict(l.path, f, r, err)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// verdict tells a torn tail from damage: behind a torn tail there is no frame that says
// that what is before it was synced. What the system could not read stays its error.
func verdict(path string, f *os.File, r *reader, err error) error {
	var bad *frameError
	if !errors.As(err, &bad) {
		return err
	}
	if bad.surely {
		return &DamageError{path, r.at, bad.reason}
	}
	found, err := markBehind(f, r.at)
	switch {
	case err != nil:
		return err
	case found:
		return &DamageError{path, r.at, bad.reason}
	}
	return &TornError{path, r.at}
}

// frameError is why a frame cannot be used.
type frameError struct {
	reason string
	surely bool // no crash leaves this
}

func (e *frameError) Error() string { return e.reason }

// reader takes a file apart.
type reader struct {
	in     *bufio.Reader
	at     int64 // where the frame starts that is to be read next
	sum    uint32
	frame  []byte // scratch
	lane   string
	window int
	decoder
}

func newReader(in io.Reader) *reader { return &reader{in: bufio.NewReaderSize(in, 64<<10)} }

// start reads the magic word and the header.
func (r *reader) start() error {
	head := make([]byte, len(magic)+1)
	n, err := io.ReadFull(r.in, head)
	switch {
	case err != nil && !atEnd(err):
		return err
	case !bytes.HasPrefix([]byte(magic), head[:min(n, len(magic))]):
		return &frameError{"it does not start as a journal", true}
	case err != nil:
		return &frameError{"it breaks off", false}
	case head[len(magic)] != version:
		return &frameError{fmt.Sprintf("its format is version %d, which this program does not know", head[len(magic)]), true}
	}
	r.at, r.sum = int64(n), crc32.Checksum(head, seal())
	p, err := r.next()
	if err == io.EOF {
		err = &frameError{"it breaks off", false}
	}
	if err != nil {
		r.at = 0 // without its header nothing of the file can be kept
		return err
	}
	if Kind(p[0]&7) != header {
		return &frameError{"it has no header", true}
	}
	r.p = p[1:]
	r.window, r.bad = r.uvarint(), false
	r.lane = string(r.p)
	return nil
}

func atEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// next reads a frame's payload. The error is io.EOF where the file ends between two.
func (r *reader) next() ([]byte, error) {
	r.frame = r.frame[:0]
	size, err := binary.ReadUvarint(r) // appends to frame what it reads
	switch {
	case err == io.EOF && len(r.frame) == 0:
		return nil, io.EOF
	case err != nil && !atEnd(err) && len(r.frame) < binary.MaxVarintLen64:
		return nil, err
	case err != nil, size == 0, size > maxPayload:
		return nil, &frameError{"a record has no valid length", false}
	}
	head := len(r.frame)
	total := head + int(size) + crc32.Size
	r.frame = append(r.frame, make([]byte, total-head)...)
	if _, err := io.ReadFull(r.in, r.frame[head:]); err != nil {
		if !atEnd(err) {
			return nil, err
		}
		return nil, &frameError{"a record breaks off", false}
	}
	body := total - crc32.Size
	sum := crc32.Update(r.sum, seal(), r.frame[:body])
	if sum != binary.LittleEndian.Uint32(r.frame[body:]) {
		return nil, &frameError{"a record's checksum is wrong", false}
	}
	r.sum = sum
	r.at += int64(total)
	return r.frame[head:body], nil
}

// ReadByte gives binary.ReadUvarint its bytes.
func (r *reader) ReadByte() (byte, error) {
	b, err := r.in.ReadByte()
	if err == nil {
		r.frame = append(r.frame, b)
	}
	return b, err
}

// records reads all from the header on. An error ends them.
func (r *reader) records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if err := r.start(); err != nil {
			yield(Record{}, err)
			return
		}
		for {
			rec, err := r.one()
			if err == io.EOF || !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// one reads up to the next record that is no mark.
func (r *reader) one() (Record, error) {
	for {
		from := r.at
		p, err := r.next()
		if err != nil {
			return Record{}, err
		}
		switch Kind(p[0] & 7) {
		case Begun, Finished:
			rec, err := r.record(p)
			if err != nil {
				r.at = from
				return rec, &frameError{err.Error(), true}
			}
			return rec, nil
		case synced:
		case ended:
			if _, err := r.in.ReadByte(); err != io.EOF {
				return Record{}, &frameError{"something follows its end", true}
			}
			return Record{}, io.EOF
		default:
			r.at = from
			return Record{}, &frameError{errPayload.Error(), true}
		}
	}
}

// markBehind looks for a frame behind the given place that says that it was synced. Such
// a frame can be checked alone: it says where it stands, and the sum before it stands
// there too.
func markBehind(f io.ReaderAt, from int64) (bool, error) {
	const step, overlap = 64 << 10, 64
	buf := make([]byte, step+overlap)
	for at := from; ; at += step {
		n, err := f.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return false, err
		}
		for i := 0; i < n; {
			j := bytes.Index(buf[i:n], []byte(mark))
			if j < 0 {
				break
			}
			i += j
			if isMark(f, at+int64(i)-2, from) {
				return true, nil
			}
			i++
		}
		if err == io.EOF {
			return false, nil
		}
	}
}

// isMark says whether a whole frame with a mark starts at the given place.
func isMark(f io.ReaderAt, at, from int64) bool {
	if at <= from {
		return false
	}
	buf := make([]byte, crc32.Size+1+1+len(mark)+binary.MaxVarintLen64+crc32.Size)
	n, _ := f.ReadAt(buf, at-crc32.Size) // what is missing at the end is seen below
	buf = buf[:n]
	if len(buf) < crc32.Size+1 {
		return false
	}
	frame := buf[crc32.Size:]
	size := 1 + int(frame[0])
	if len(frame) < size+crc32.Size || size < 2+len(mark) {
		return false
	}
	said, k := binary.Uvarint(frame[2+len(mark) : size])
	kind := Kind(frame[1])
	sum := crc32.Update(binary.LittleEndian.Uint32(buf), seal(), frame[:size])
	return k > 0 && int64(said) == at && (kind == synced || kind == ended) &&
		sum == binary.LittleEndian.Uint32(frame[size:])
}
