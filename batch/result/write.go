// Package result writes what became of a run's requests, as a CSV file or a workbook of one
// line for each: what happened in columns of ours, then the source's columns as they were.
// Such a file can be the input of another run, and [Open] reads what it says.
//
// A workbook is written where the file's name ends in .xlsx. It has the same texts as the
// CSV file, each as a text, the guard before what looks like a formula too: a person may
// save the workbook as CSV.
//
// A file appears under its name in one step, whole or not at all.
package result

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"rowpost/batch"
)

// Options say where results go.
type Options struct {
	// Path has passed [Probe]; one that ends with .xlsx makes a workbook, any other CSV.
	Path string
	// Errors, if not empty, is a second file, for the lines that neither succeeded nor
	// were skipped.
	Errors string
	Header []string // the source's columns
	// Delimiter is what stands between the cells of CSV files: one ASCII character; empty: a
	// comma. BOM says that such files start with a byte order mark, as spreadsheets like it.
	Delimiter string
	BOM       bool
	// Origin is that of lines that have none by themselves: see [Origin]. If it is
	// [SandboxOrigin], all lines have it, and no other result is overwritten.
	Origin string
}

func (o *Options) trial() bool { return o.Origin == SandboxOrigin }

// Written says what was written. The paths are those of the options, unless another
// program held the file open: then it stands beside it, under the next free number.
type Written struct {
	Path, Errors      string
	Lines, ErrorLines int
}

// Write writes all lines, in their order. If it fails, or the lines end with an error,
// then neither file is changed and nothing is left behind. (If only the second of two
// cannot be put in its place, the first is there all the same, and Written names it.)
// Errors of the files are *[Error]; those of the lines are given back as they are.
func Write(lines iter.Seq2[batch.Result, error], opts Options) (Written, error) {
	return write(lines, opts, realSystem())
}

// system is what the operating system does, so that tests can let it fail.
type system struct {
	create     func(path string) (file, error)
	rename     func(from, to string) error
	remove     func(path string) error
	syncFolder func(dir string) error
	// held says whether a rename failed because another program holds the target open.
	held func(error) bool
}

type file interface {
	io.WriteCloser
	Sync() error
	Name() string
}

func realSystem() system {
	return system{
		create: func(path string) (file, error) {
			if batch.Planted("result-in-place") {
				return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
			}
			return createTemp(path)
		},
		rename: os.Rename, remove: os.Remove, syncFolder: syncFolder, held: held,
	}
}

// held knows Windows, where a file that a spreadsheet shows cannot be replaced; elsewhere
// a rename does not care. (System Error Codes: ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION,
// ERROR_LOCK_VIOLATION, ERROR_USER_MAPPED_FILE)
func held(err error) bool {
	var no syscall.Errno
	if runtime.GOOS != "windows" || !errors.As(err, &no) {
		return false
	}
	return no == 5 || no == 32 || no == 33 || no == 1224
}

// syncFolder makes a new name last. Windows knows no such thing, and needs none.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func write(lines iter.Seq2[batch.Result, error], opts Options, sys system) (done Written, err error) {
	all, err := begin(opts.Path, &opts, sys)
	if err != nil {
		return done, err
	}
	defer all.discard()
	var some *output
	if opts.Errors != "" && filepath.Clean(opts.Errors) == filepath.Clean(opts.Path) {
		return done, &Error{
			Path: opts.Errors, Msg: "is the result and the file of errors at once",
			Hint: "name another file with --errors", Refused: true,
		}
	}
	if opts.Errors != "" {
		if some, err = begin(opts.Errors, &opts, sys); err != nil {
			return done, err
		}
		defer some.discard()
	}
	if err := fill(lines, &opts, all, some); err != nil {
		return done, err
	}
	if err := errors.Join(all.seal(), some.seal()); err != nil {
		return done, err
	}
	if done.Path, err = all.appear(); err != nil {
		return done, err
	}
	done.Lines = all.table.count
	if some != nil {
		if done.Errors, err = some.appear(); err != nil {
			return done, err
		}
		done.ErrorLines = some.table.count
	}
	return done, nil
}

// fill writes each line where it belongs.
func fill(lines iter.Seq2[batch.Result, error], opts *Options, all, some *output) error {
	check := newChecker(opts.Header)
	for r, err := range lines {
		if err != nil {
			return err
		}
		line := lineOf(&r, check, opts.Origin)
		err = all.add(&line, &r)
		if some != nil && r.Status != batch.Succeeded && r.Status != batch.Skipped {
			err = errors.Join(err, some.add(&line, &r))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// output is a file that is being written under a temporary name.
type output struct {
	sys   system
	path  string
	temp  string // empty: there is none, or no longer
	file  file
	open  bool
	table *table
}

func begin(path string, opts *Options, sys system) (*output, error) {
	path, err := target(path, opts.trial())
	if err != nil {
		return nil, err
	}
	f, err := sys.create(path)
	if err != nil {
		return nil, unwritable(path, err)
	}
	o := &output{sys: sys, path: path, temp: f.Name(), file: f, open: true}
	var rows form = newCSVRows(f, opts)
	if IsWorkbook(path) {
		rows = newWorkbook(f, opts.Header)
	}
	if o.table, err = newTable(rows, opts.Header); err != nil {
		o.discard()
		return nil, unwritable(path, err)
	}
	return o, nil
}

func (o *output) add(line *Line, r *batch.Result) error {
	if err := o.table.add(line, r); err != nil {
		return unwritable(o.path, err)
	}
	return nil
}

// seal brings all that was written onto the disk. There may be no output.
func (o *output) seal() error {
	if o == nil {
		return nil
	}
	err := o.table.finish()
	if err == nil {
		err = o.file.Sync()
	}
	o.open = false
	if err = errors.Join(err, o.file.Close()); err != nil {
		return unwritable(o.path, err)
	}
	return nil
}

// appear gives the file its name, or the next free one if another program holds it.
func (o *output) appear() (string, error) {
	path := o.path
	err := o.sys.rename(o.temp, path)
	for tries := 0; err != nil && o.sys.held(err) && tries < 1000; tries++ {
		path = nextPath(path)
		if _, missing := os.Lstat(path); errors.Is(missing, fs.ErrNotExist) {
			err = o.sys.rename(o.temp, path)
		}
	}
	if err != nil {
		return "", unwritable(o.path, err)
	}
	o.temp = ""
	if err := o.sys.syncFolder(filepath.Dir(path)); err != nil {
		return path, unwritable(path, fmt.Errorf("its folder could not be synced: %w", err))
	}
	return path, nil
}

// discard removes what did not appear. Nothing is lost by an error of it but space, and
// whatever went wrong before has been said.
func (o *output) discard() {
	if o.table != nil {
		_ = o.table.stop()
	}
	if o.open {
		o.open = false
		_ = o.file.Close()
	}
	if o.temp != "" {
		_ = o.sys.remove(o.temp)
		o.temp = ""
	}
}
