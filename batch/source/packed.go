package source

import (
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const (
	// unpackMemory is how far back, in bytes, compressed data may refer. What zstd makes
	// without --ultra or --long stays below.
	unpackMemory = 32 << 20
	// A file that unpacks to more than plainSize bytes and to more than plainRatio times its
	// own size is refused: no export is so monotonous, and a disk is soon full.
	plainSize  = 64 << 20
	plainRatio = 250
)

// packing is a way in which a table's file may be compressed.
type packing struct {
	name, magic, command string
	open                 func(io.Reader) (io.ReadCloser, error)
}

func packings() []packing {
	return []packing{
		{"gzip", "\x1f\x8b", "gzip -d", func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }},
		{"zstd", "\x28\xb5\x2f\xfd", "zstd -d --long=31", func(r io.Reader) (io.ReadCloser, error) {
			d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
				zstd.WithDecoderMaxWindow(unpackMemory))
			if err != nil {
				return nil, err
			}
			return d.IOReadCloser(), nil
		}},
	}
}

// unpacker reads what a compressed file holds. Its errors are *[Error]s.
type unpacker struct {
	packing
	file string // for messages
	src  io.ReadCloser
	left int64 // bytes until it is too much
}

// unpackerOf looks at how the content starts; nil if it is not compressed.
func unpackerOf(file string, size int64, r *blockReader) (*unpacker, error) {
	head, err := r.head(8)
	if err != nil {
		return nil, err
	}
	for _, p := range packings() {
		if !strings.HasPrefix(string(head), p.magic) {
			continue
		}
		u := &unpacker{packing: p, file: file, left: max(plainSize, plainRatio*size)}
		if u.src, err = p.open(r); err != nil {
			return nil, u.trouble(err)
		}
		return u, nil
	}
	return nil, nil
}

// Read gives what the data unpacks to, up to a bound.
func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.src.Read(p)
	if u.left -= int64(n); u.left < 0 {
		return 0, u.refuse(fmt.Sprintf("unpacks to more than %d times its size", plainRatio),
			"if it really is a table, unpack it first: "+u.command)
	}
	if err != nil && err != io.EOF {
		err = u.trouble(err)
	}
	return n, err
}

// Close gives the memory back.
func (u *unpacker) Close() error { return u.src.Close() }

// trouble says why the data cannot be unpacked; an error of the file itself stays it.
func (u *unpacker) trouble(err error) error {
	const again = "fetch it again, or have it exported again"
	switch known, ok := errors.AsType[*Error](err); {
	case ok:
		return known
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return u.refuse("is not whole: its "+u.name+" data breaks off", again)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return u.refuse(fmt.Sprintf("needs more than %d MiB of memory to unpack", unpackMemory>>20), "unpack it first: "+u.command)
	}
	return u.refuse("is damaged: its "+u.name+" data cannot be unpacked", again)
}

func (u *unpacker) refuse(msg, hint string) *Error { return refused(u.file, 0, msg, hint) }

// unpacked opens a file to be read once, from behind its compression. The caller closes both.
func unpacked(path string) (r io.Reader, closeBoth func(), err error) {
	f, info, err := openFile(path)
	if err != nil {
		return nil, nil, err
	}
	raw := newContent(path, f, info.Size()).record(func([]byte) {})
	u, err := unpackerOf(path, info.Size(), raw)
	switch {
	case err != nil:
		closeRead(f)
		return nil, nil, err
	case u == nil:
		return raw, func() { closeRead(f) }, nil
	}
	return u, func() { _ = u.Close(); closeRead(f) }, nil
}

// Head gives the first bytes of a table, at most n, unpacked if it is compressed. The error
// is an *[Error].
func Head(path string, n int) ([]byte, error) {
	r, closeBoth, err := unpacked(path)
	if err != nil {
		return nil, err
	}
	defer closeBoth()
	head := make([]byte, n)
	n, err = io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return nil, err
	}
	return head[:n], nil
}

// Digest gives the SHA-256 that [Facts] would have of a file, whether it is a table or not.
// The error is an *[Error].
func Digest(path string) (sum [sha256.Size]byte, err error) {
	r, closeBoth, err := unpacked(path)
	if err != nil {
		return sum, err
	}
	defer closeBoth()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}
