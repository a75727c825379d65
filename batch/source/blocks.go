package source

import (
	"bytes"
	"errors"
	"hash/maphash"
	"io"
	"os"
)

// blockSize is how much of a file is checked at once, in bytes: half of what a [scanner]
// buffers, so that blocks are read right into its buffer. The checksums of a table of 1 GB
// take 128 KiB.
const blockSize = bufferSize / 2

// keptSize is up to what size, in bytes, a table's content stays in memory: then a run ends
// well, with a whole result, even if somebody writes over the file meanwhile.
const keptSize = 4 << 20

// content is the bytes of a file as the first reading met them. It keeps the file open,
// so that another file under its name, or none, is nothing to it, and a checksum of each
// block, so that no reading hands on a byte that the first one did not see.
//
// The checksums are keyed by a seed of their own: a block that was changed, by whomever,
// passes for the old one once in 2^64 times.
type content struct {
	name string // for messages
	file *os.File
	size int64 // bytes; what is written behind them later is not read
	seed maphash.Seed
	sums []uint64 // of the blocks; the first reading fills them in
	kept []byte   // all of it, if it is small
}

func newContent(name string, f *os.File, size int64) *content {
	return &content{name: name, file: f, size: size, seed: maphash.MakeSeed()}
}

// record reads the content for the first time. The function takes each block.
func (c *content) record(use func(block []byte)) *blockReader {
	c.sums, c.kept = make([]uint64, 0, (c.size+blockSize-1)/blockSize), nil
	return c.blocks(c.file, func(_ int, block []byte) bool {
		c.sums = append(c.sums, maphash.Bytes(c.seed, block))
		if c.size <= keptSize {
			c.kept = append(c.kept, block...)
		}
		use(block)
		return true
	})
}

// reader reads the content again. What is not as it was is never handed on: the error is
// then that the table was changed.
func (c *content) reader() *blockReader {
	if c.size <= keptSize {
		return c.compare(bytes.NewReader(c.kept))
	}
	return c.compare(c.file)
}

// compare reads what has to be the same content.
func (c *content) compare(from io.ReaderAt) *blockReader {
	return c.blocks(from, func(i int, block []byte) bool {
		return i < len(c.sums) && maphash.Bytes(c.seed, block) == c.sums[i]
	})
}

func (c *content) blocks(from io.ReaderAt, check func(i int, block []byte) bool) *blockReader {
	return &blockReader{name: c.name, file: from, size: c.size, check: check}
}

// blockReader hands on a file's bytes, each block after it was checked as a whole.
type blockReader struct {
	name  string
	file  io.ReaderAt
	size  int64
	check func(i int, block []byte) bool // false: it is not the block that it was
	next  int                            // number of the block to read
	block []byte                         // room for one; nil until it is needed
	rest  []byte                         // of the block, not yet handed on
}

// Read gives a block, or what is left of one; the error is io.EOF or an *[Error].
func (r *blockReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && len(p) >= blockSize {
		block, err := r.load(p[:blockSize]) // saves copying it
		return len(block), err
	}
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// head gives the first bytes, at most n, without using them up.
func (r *blockReader) head(n int) ([]byte, error) {
	if err := r.fill(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return bytes.Clone(r.rest[:min(n, len(r.rest))]), nil
}

// fill sees that there is a rest, if anything is left.
func (r *blockReader) fill() (err error) {
	if len(r.rest) > 0 {
		return nil
	}
	if r.block == nil {
		r.block = make([]byte, min(blockSize, r.size))
	}
	r.rest, err = r.load(r.block)
	return err
}

// load reads the next block into the buffer, which has room for it, and checks it.
func (r *blockReader) load(buf []byte) ([]byte, error) {
	at := int64(r.next) * blockSize
	if at >= r.size {
		return nil, io.EOF
	}
	block := buf[:min(blockSize, r.size-at)]
	switch n, err := r.file.ReadAt(block, at); {
	case n == len(block): // an error that came with the last byte is met again, or none
	case errors.Is(err, io.EOF):
		return nil, changed(r.name)
	default:
		return nil, unreadable(r.name, err)
	}
	if !r.check(r.next, block) {
		return nil, changed(r.name)
	}
	r.next++
	return block, nil
}

func changed(file string) *Error {
	return &Error{
		Kind: Unreadable, File: file, Msg: "was changed while it was being read",
		Hint: "let whatever writes it finish, or work on a copy",
	}
}
