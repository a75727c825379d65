package xlsx

import (
	"bytes"
	"errors"
	"io"
)

// find gives the place of a byte string at or behind from, reading as far as it must.
func (x *xmlReader) find(from int, what []byte) (int, error) {
	for {
		if i := bytes.Index(x.buf[min(from, len(x.buf)):], what); i >= 0 {
			return from + i, nil
		}
		before := x.pos
		from = max(from, len(x.buf)-len(what)+1)
		if err := x.fill(); err != nil {
			return 0, err
		}
		from -= before - x.pos
	}
}

// ensure reads until there are so many bytes from the token at hand on.
func (x *xmlReader) ensure(n int) error {
	for len(x.buf)-x.pos < n {
		if err := x.fill(); err != nil {
			return err
		}
	}
	return nil
}

// fill reads more, and drops what stands before the token at hand if there is no room.
func (x *xmlReader) fill() error {
	if x.eof {
		return io.EOF
	}
	if len(x.buf) == cap(x.buf) {
		if x.pos > 0 {
			x.buf = x.buf[:copy(x.buf, x.buf[x.pos:])]
			x.pos = 0
		} else if err := x.grow(); err != nil {
			return err
		}
	}
	return x.read()
}

func (x *xmlReader) grow() error {
	if len(x.buf) >= maxToken {
		return x.bad("a text or a tag in it is too long")
	}
	x.buf = append(make([]byte, 0, 2*cap(x.buf)), x.buf...)
	return nil
}

func (x *xmlReader) read() error {
	n, err := x.src.Read(x.buf[len(x.buf):cap(x.buf)])
	x.buf = x.buf[:len(x.buf)+n]
	if errors.Is(err, io.EOF) {
		x.eof = true
		return nil
	}
	return err
}
