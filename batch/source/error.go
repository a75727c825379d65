package source

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Kind tells what sort of trouble an [Error] is, and so what exit status it makes.
type Kind uint8

const (
	// Unreadable says that the file is missing, may not be opened, breaks off in reading, or
	// changed while it was in use. The run could not start or go on.
	Unreadable Kind = iota + 1
	// Refused says that the file can be read, but it is no table that may be imported, or it is
	// ambiguous. Nothing was sent.
	Refused
)

// Error says why a table cannot be used. It never holds a cell's content.
type Error struct {
	Kind   Kind
	File   string // as it was given to [Open]
	Line   int    // physical line from 1; 0 if it is no line's matter
	Column string // name of the column at fault; empty if it is none
	Msg    string // what is wrong, in words: lower case, no full stop
	Hint   string // what to do about it; may be empty
	Err    error  // the system's error behind it, if there is one
}

// Error gives file, line and column, as far as they are known, and the reason.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ": line %d", e.Line)
		if e.Column != "" {
			fmt.Fprintf(&b, ", column %q", e.Column)
		}
	}
	b.WriteString(": ")
	b.WriteString(e.Msg)
	return b.String()
}

// Unwrap gives the system's error, so that errors.Is finds fs.ErrNotExist and the like.
func (e *Error) Unwrap() error { return e.Err }

// unreadable puts the system's error in the words of the other messages.
func unreadable(file string, err error) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	e := &Error{Kind: Unreadable, File: file, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Msg = "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		e.Msg = "may not be read"
		e.Hint = "give yourself the right to read it, or run as its owner"
	default:
		e.Msg = "cannot be read: " + reason(err)
	}
	return e
}

// reason is the innermost text of a system's error: the path stands in the message already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func refused(file string, line int, msg, hint string) *Error {
	return &Error{Kind: Refused, File: file, Line: line, Msg: msg, Hint: hint}
}
