package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"rowpost/batch"
)

// reader takes a file apart, frame by frame.
type reader struct {
	in       io.Reader
	buf      []byte
	from, to int   // what of buf is still to be read
	at       int64 // where the frame starts that is to be read next
	sum      uint32
	headed   bool // the header was read
	header
	sightings []sighting
	closed    bool // its last mark says that nothing follows
	decoder
}

// newReader reads a file from its beginning.
func newReader(in io.Reader) *reader { return &reader{in: in, buf: make([]byte, 64<<10)} }

func atEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// need reads until n bytes can be had. The error is atEnd if the file has fewer.
func (r *reader) need(n int) error {
	if r.to-r.from >= n {
		return nil
	}
	r.to = copy(r.buf, r.buf[r.from:r.to])
	r.from = 0
	if n > len(r.buf) {
		r.buf = slices.Grow(r.buf, n-len(r.buf))
		r.buf = r.buf[:cap(r.buf)]
	}
	read, err := io.ReadAtLeast(r.in, r.buf[r.to:], n-r.to)
	r.to += read
	return err
}

func (r *reader) skip(n int) {
	r.from += n
	r.at += int64(n)
}

// start reads the magic word and the header.
func (r *reader) start() error {
	const n = len(magic) + 1
	err := r.need(n)
	if err != nil && !atEnd(err) {
		return err
	}
	head := r.buf[r.from:min(r.to, r.from+n)]
	switch word := head[:min(len(head), len(magic))]; {
	case !bytes.HasPrefix([]byte(magic), word):
		return &frameError{reason: "it does not start as a journal"}
	case err != nil:
		return &frameError{reason: "it breaks off"}
	}
	format := int(head[len(magic)])
	r.sum = crc32.Checksum(head, seal)
	r.skip(n)
	p, err := r.next()
	if err == io.EOF {
		err = &frameError{reason: "it breaks off"}
	}
	if err != nil {
		r.at = 0 // without its header nothing of the file can be kept
		return err
	}
	if format > version { // whatever else changes, the first frame will have a checksum
		return &frameError{reason: "its format is not known", later: format}
	}
	if r.header, r.headed = r.opening(p); !r.headed || format < version {
		return &frameError{reason: "it has no header", surely: true}
	}
	return nil
}

// length reads a frame's: of the payload, and of what is before it.
func (r *reader) length() (payload, head int, err error) {
	err = r.need(binary.MaxVarintLen64)
	if err != nil && !atEnd(err) {
		return 0, 0, err
	}
	if r.from == r.to {
		return 0, 0, io.EOF
	}
	size, head := binary.Uvarint(r.buf[r.from:r.to])
	if head <= 0 || size == 0 || size > maxPayload {
		return 0, 0, &frameError{reason: "a record has no valid length"}
	}
	return int(size), head, nil
}

// next reads a frame's payload, which is lent until the next call. The error is io.EOF
// where the file ends between two.
func (r *reader) next() ([]byte, error) {
	size, head, err := r.length()
	if err != nil {
		return nil, err
	}
	body := head + size
	if err := r.need(body + crc32.Size); err != nil {
		if !atEnd(err) {
			return nil, err
		}
		return nil, &frameError{reason: "a record breaks off"}
	}
	frame := r.buf[r.from : r.from+body+crc32.Size]
	before := r.sum
	if isMark(frame[head:]) || batch.Planted("checksum-unchained") {
		before = 0
	}
	sum := crc32.Update(before, seal, frame[:body])
	if sum != binary.LittleEndian.Uint32(frame[body:]) && !batch.Planted("checksum-unchecked") {
		return nil, &frameError{reason: "a record's checksum is wrong"}
	}
	if isMark(frame[head:]) {
		m, ok := r.mark(frame[head:body], r.nonce)
		if !ok || m.at != r.at || m.sum != r.sum {
			return nil, &frameError{reason: "a mark does not belong where it stands"}
		}
	}
	r.sum = sum
	r.skip(len(frame))
	return frame[head:body], nil
}

// read gives the next record that a lane wrote; io.EOF is the file's end.
func (r *reader) read(rec *Record) error {
	p, err := r.payload()
	if err != nil {
		return err
	}
	if err := r.record(p, rec); err != nil {
		return &frameError{reason: err.Error(), surely: true}
	}
	return nil
}

// payload gives the next record as it was written, lent until the next call.
func (r *reader) payload() ([]byte, error) {
	for {
		p, err := r.next()
		if err != nil {
			return nil, err
		}
		switch Kind(p[0] & 7) {
		case Begun, Finished:
			return p, nil
		case synced:
		case ended:
			return nil, r.end()
		case seen:
			s, ok := r.sighting(p)
			if !ok {
				return nil, &frameError{reason: errPayload.Error(), surely: true}
			}
			r.sightings = append(r.sightings, s)
		default:
			return nil, &frameError{reason: errPayload.Error(), surely: true}
		}
	}
}

// end sees that nothing follows the mark that says so.
func (r *reader) end() error {
	switch err := r.need(1); {
	case err == nil:
		return &frameError{reason: "something follows its end", surely: true}
	case !atEnd(err):
		return err
	}
	r.closed = true
	return io.EOF
}
