package result

import (
	"errors"
	"strings"

	"rowpost/batch"
	"rowpost/mapping"
)

// Opener opens a run's input, reading it once. Earlier says that it is a result, for which
// bounds are wider, and that the options are what is known of it, not the mapping's.
type Opener[T batch.Source] func(opts mapping.SourceOptions, earlier bool) (T, error)

// Open opens a file that may be an earlier result: what it gives second is nil if it is
// none. The name is for messages, the file where it can be read, and the head its first
// bytes, up to [HeadSize], unpacked. The options are the mapping's. They say how the first
// table is written; of its result only the null texts and the columns that must be there are
// still true.
//
// A result is UTF-8 as it was written, but a spreadsheet may have saved it in another
// encoding, which those lines tell that are not edited otherwise: their hash is right in
// one reading only. If no line tells, it is taken as any table would be, unless there were
// bytes already that are no text: they must not become letters unseen.
//
// Errors are open's, and *[Error] if the header has some of our columns only.
func Open[T batch.Source](path, file string, head []byte, opts mapping.SourceOptions, open Opener[T]) (T, *Table, error) {
	if g := glimpseOf(file, head); g.ours {
		in, err := openResult(path, g, opts, open)
		if err != nil || in.result != nil {
			return in.table, in.result, err
		}
	}
	in, err := openAs(path, opts, false, open)
	return in.table, in.result, err
}

// opened is a table, and the result that it is, if it is one.
type opened[T batch.Source] struct {
	table  T
	result *Table
}

func openAs[T batch.Source](path string, opts mapping.SourceOptions, earlier bool, open Opener[T]) (in opened[T], err error) {
	if in.table, err = open(opts, earlier); err != nil || !hasOurs(in.table.Header()) {
		return in, err
	}
	in.result, err = Reimport(in.table)
	if e, ok := errors.AsType[*Error](err); ok {
		e.Path = path
	}
	return in, err
}

func openResult[T batch.Source](path string, g glimpse, opts mapping.SourceOptions, open Opener[T]) (opened[T], error) {
	written := mapping.SourceOptions{Delimiter: g.delimiter, Null: opts.Null, Columns: opts.Columns}
	saved := written
	switch {
	case g.marked:
		return openAs(path, written, true, open)
	case !g.utf8:
		saved.Encoding = localEncoding(opts.Encoding)
		return openAs(path, saved, true, open)
	}
	written.Encoding, saved.Encoding = "utf-8", localEncoding(opts.Encoding)
	first, err := openAs(path, written, true, open)
	if err != nil || first.result == nil {
		return first, err
	}
	e := first.result.evidence
	if e.broken == 0 || e.proven {
		return first, nil
	}
	second, err := openAs(path, saved, true, open)
	if err == nil && second.result != nil && (second.result.evidence.proven || e.brokenBefore == 0) {
		return second, nil
	}
	return first, nil // its lines with such bytes are invalid, and say so
}

// localEncoding is the encoding in which a spreadsheet would save a result where the
// first table was written. Empty: it is to be detected.
func localEncoding(said string) string {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(said)), "utf") {
		return ""
	}
	return said
}
