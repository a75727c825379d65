package state

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"
)

// ledgerFile keeps a ledger in two files that are written in turn: a process that is
// killed while it writes one leaves the other, which lacks only what was just to be
// counted. A version of its own format has a name of its own, so that two releases of the
// program never read each other's. Whoever uses it holds the account's lock.
type ledgerFile struct {
	halves [2]*os.File
	// seen is what this process wrote or read last; it is current as long as the heads say so.
	seen   head
	ledger ledger
	buf    []byte
}

// The names of the two files.
const ledgerA, ledgerB = "pace.1a", "pace.1b"

// headSize is that of a half's beginning: number, length and checksum, little endian.
const headSize = 8 + 4 + 4

// mostLedger bounds what is read; a longer ledger is a damaged one.
const mostLedger = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// head describes what stands in a half. The sum covers number and content.
type head struct {
	number uint64 // counts the changes
	length uint32
	sum    uint32
}

func openLedger(dir string) (*ledgerFile, error) {
	f := &ledgerFile{}
	for i, name := range []string{ledgerA, ledgerB} {
		half, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, errors.Join(err, f.close())
		}
		f.halves[i] = half
	}
	return f, nil
}

func (f *ledgerFile) close() error {
	var errs []error
	for _, half := range f.halves {
		if half != nil {
			errs = append(errs, half.Close())
		}
	}
	return errors.Join(errs...)
}

// load gives the current ledger; an empty one if both halves are damaged.
func (f *ledgerFile) load() (*ledger, error) {
	var heads [2]head
	for i, half := range f.halves {
		var b [headSize]byte
		n, err := half.ReadAt(b[:], 0)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if n == headSize {
			heads[i] = readHead(b[:])
		}
	}
	newest := 0
	if heads[1].number > heads[0].number {
		newest = 1
	}
	if f.seen.number > 0 && heads[newest] == f.seen {
		return &f.ledger, nil
	}
	f.seen, f.ledger = head{}, ledger{}
	for _, i := range []int{newest, 1 - newest} {
		ok, err := f.read(i, heads[i])
		if ok || err != nil {
			return &f.ledger, err
		}
	}
	return &f.ledger, nil
}

// read takes a half's content over, if it is whole.
func (f *ledgerFile) read(i int, h head) (ok bool, err error) {
	if h.number == 0 || h.length > mostLedger {
		return false, nil
	}
	b := make([]byte, headSize+int(h.length))
	if _, err = f.halves[i].ReadAt(b, 0); err == io.EOF {
		return false, nil
	}
	if err != nil || sumOf(b) != h.sum {
		return false, err
	}
	l, ok := decode(b[headSize:])
	if ok {
		f.seen, f.ledger = h, l
	}
	return ok, nil
}

// save writes the ledger that load gave, over the half that is not the current one.
func (f *ledgerFile) save() error {
	b := append(f.buf[:0], make([]byte, headSize)...)
	b = f.ledger.encode(b)
	f.buf = b
	h := head{number: f.seen.number + 1, length: uint32(len(b) - headSize)}
	binary.LittleEndian.PutUint64(b, h.number)
	binary.LittleEndian.PutUint32(b[8:], h.length)
	h.sum = sumOf(b)
	binary.LittleEndian.PutUint32(b[12:], h.sum)
	f.seen = head{} // if the write fails, nobody knows what stands there
	if _, err := f.half(h).WriteAt(b, 0); err != nil {
		return err
	}
	f.seen = h
	return nil
}

// half is the file that holds, or is to hold, what the head describes.
func (f *ledgerFile) half(h head) *os.File { return f.halves[h.number%2] }

// sync makes what this process wrote last survive a power cut. It needs no lock.
func (f *ledgerFile) sync(h head) error { return f.half(h).Sync() }

func readHead(b []byte) head {
	return head{
		number: binary.LittleEndian.Uint64(b),
		length: binary.LittleEndian.Uint32(b[8:]),
		sum:    binary.LittleEndian.Uint32(b[12:]),
	}
}

// sumOf is the checksum of a half: of all but the checksum.
func sumOf(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:12], castagnoli), castagnoli, b[headSize:])
}

// encode appends the ledger: numbers as varints, times and buckets as differences.
func (l *ledger) encode(b []byte) []byte {
	for _, n := range [...]int64{l.written, l.next, l.parked, int64(len(l.pending))} {
		b = binary.AppendVarint(b, n)
	}
	last := l.written
	for _, p := range l.pending {
		b = binary.AppendVarint(binary.AppendVarint(b, p.at-last), p.interval)
		last = p.at
	}
	b = binary.AppendVarint(b, int64(len(l.history)))
	for _, h := range l.history {
		for _, n := range [...]int64{int64(h.per), h.used, int64(len(h.buckets))} {
			b = binary.AppendVarint(b, n)
		}
		index := int64(0)
		for _, k := range h.buckets {
			b = binary.AppendVarint(binary.AppendVarint(b, k.index-index), k.n)
			index = k.index
		}
	}
	return b
}

// numbers reads varints one after the other; once one is missing or a count makes no
// sense, bad stays set and all that follow are 0.
type numbers struct {
	b   []byte
	bad bool
}

func (r *numbers) next() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[size:]
	return n
}

// count is a number of things that take two bytes each at least.
func (r *numbers) count() int {
	n := r.next()
	if n < 0 || n > int64(len(r.b)/2) {
		r.b, r.bad = nil, true
		return 0
	}
	return int(n)
}

func decode(b []byte) (l ledger, ok bool) {
	r := numbers{b: b}
	l.written, l.next, l.parked = r.next(), r.next(), r.next()
	l.pending = make([]pending, r.count())
	last := l.written
	for i := range l.pending {
		last += r.next()
		l.pending[i] = pending{last, r.next()}
	}
	l.history = make([]history, r.count())
	for i := range l.history {
		per := time.Duration(r.next())
		if per <= time.Second {
			return ledger{}, false
		}
		h := newHistory(per, r.next())
		h.buckets = make([]bucket, r.count())
		index := int64(0)
		for k := range h.buckets {
			index += r.next()
			h.buckets[k] = bucket{index, r.next()}
		}
		l.history[i] = h
	}
	return l, !r.bad && len(r.b) == 0
}
