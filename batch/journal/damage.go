package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"

	"rowpost/batch"
)

// TornError says that a file breaks off, as a crash leaves it: what stands before Offset
// is whole, and what stands behind it was never known to be safe.
type TornError struct {
	File   string
	Offset int64 // bytes that are whole
}

func (e *TornError) Error() string {
	return fmt.Sprintf("%s: breaks off after %d bytes: the end was not yet written out", e.File, e.Offset)
}

// DamageError says that something in a file changed after it had been safe on disk.
// Nothing may be concluded from what stands behind Offset, so nothing may be sent.
type DamageError struct {
	File   string
	Offset int64 // in bytes
	Lane   string
	Reason string

	missing bool // there is no such file
}

// Is says that a file that is missing does not exist, in the words of package io/fs.
func (e *DamageError) Is(target error) bool { return e.missing && target == fs.ErrNotExist }

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s: is damaged at byte %d: %s; so nobody can say what was sent to %s, and nothing is sent now: bring the file back from a copy, or see at %s what was applied",
		e.File, e.Offset, e.Reason, e.Lane, e.Lane)
}

// VersionError says that a file was written by a later version of this program.
type VersionError struct {
	File    string
	Version int // of the format
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s: was written by a later version of this program (format %d; this one knows up to %d), and nothing is sent now: use that version",
		e.File, e.Version, version)
}

// frameError is why a frame cannot be used.
type frameError struct {
	reason string
	surely bool // no crash leaves this
	later  int  // the format's version, if it is one that is not known
}

func (e *frameError) Error() string { return e.reason }

// verdict tells a torn tail from damage: a torn tail begins behind all that is known to
// have been synced. What the system could not read stays its error.
func (f *File) verdict(in *io.SectionReader, r *reader, err error) error {
	var bad *frameError
	if !errors.As(err, &bad) {
		return err
	}
	if bad.later > 0 {
		return &VersionError{f.Path, bad.later}
	}
	damage := &DamageError{File: f.Path, Offset: r.at, Lane: f.Lane, Reason: bad.reason}
	// A compaction gets its name when all of it is synced.
	if bad.surely || f.First != f.Last {
		return damage
	}
	safe := in.Size() > f.headerSize() // what is behind a header was written only after that was synced
	if r.headed {
		if safe, err = markBehind(in, r.nonce, r.at); err != nil {
			return err
		}
	}
	if safe || batch.Planted("torn-as-damage") {
		return damage
	}
	return &TornError{f.Path, r.at}
}

func (f *File) headerSize() int64 {
	h := header{lane: f.Lane}
	return h.size()
}

// markBehind looks behind a place for a mark that says that the place was synced.
func markBehind(in io.ReaderAt, nonce [8]byte, place int64) (bool, error) {
	if batch.Planted("damage-as-torn") {
		return false, nil
	}
	const step = 64 << 10
	buf := make([]byte, step+largestMark)
	for at := place; ; at += step {
		n, err := in.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return false, err
		}
		for i := 0; i < n; i++ {
			j := bytes.Index(buf[i:n], nonce[:])
			if j < 0 {
				break
			}
			i += j
			// Before the number are the payload's length and kind, of one byte each.
			if i >= 2 && safeAt(buf[i-2:n], nonce, at+int64(i)-2) > place {
				return true, nil
			}
		}
		if err == io.EOF {
			return false, nil
		}
	}
}

// safeAt gives up to where a mark at the given place says that its file was synced. It
// is 0 if there is no whole mark.
func safeAt(frame []byte, nonce [8]byte, at int64) int64 {
	body := 1 + int(frame[0])
	if frame[0] == 0 || frame[0] >= 0x80 || len(frame) < body+crc32.Size {
		return 0
	}
	if crc32.Checksum(frame[:body], seal) != binary.LittleEndian.Uint32(frame[body:]) || !isMark(frame[1:body]) {
		return 0
	}
	var d decoder
	if m, ok := d.mark(frame[1:body], nonce); ok && m.at == at {
		return m.safe
	}
	return 0
}
