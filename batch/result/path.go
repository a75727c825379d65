package result

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// DefaultPath gives the place of an input's result: beside it, without its endings, with
// .result.csv. That of x.result.csv is x.result.2.csv.
func DefaultPath(input string) string {
	dir, base := filepath.Split(input)
	base = cutEnding(base, ".gz", ".zst")
	base = cutEnding(base, ".csv", ".tsv", ".txt", ".xlsx")
	stem, _ := cutNumber(base)
	if strings.HasSuffix(stem, ".result") {
		return nextPath(dir + base + ".csv")
	}
	return dir + base + ".result.csv"
}

// cutEnding removes the first of the endings that fits, in any case, unless nothing would be left.
func cutEnding(name string, endings ...string) string {
	for _, e := range endings {
		if n := len(name) - len(e); n > 0 && strings.EqualFold(name[n:], e) {
			return name[:n]
		}
	}
	return name
}

// nextPath gives the next number: x.csv, x.2.csv, x.3.csv.
func nextPath(path string) string {
	ext := filepath.Ext(path)
	stem, n := cutNumber(strings.TrimSuffix(path, ext))
	return stem + "." + strconv.Itoa(n+1) + ext
}

// cutNumber takes the number 2 or above off the end of x.2; of any other name it is 1.
func cutNumber(name string) (stem string, n int) {
	i := strings.LastIndexByte(name, '.')
	if i > 0 {
		if n, err := strconv.Atoi(name[i+1:]); err == nil && n > 1 && name[i+1] != '0' && name[i+1] != '+' {
			return name[:i], n
		}
	}
	return name, 1
}

// IsResult says whether a file is one that this package wrote: its header begins with
// all our columns, in order, and is written as we write it. The error is the system's;
// fs.ErrNotExist if there is no file.
func IsResult(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, len(markedStart)+len(strings.Join(Columns(), ","))+1)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	text, delimiter := string(head[:n]), ","
	switch {
	case strings.HasPrefix(text, zipMagic):
		return isResultBook(path), nil
	case strings.HasPrefix(text, markedStart):
		text = Columns()[0] + text[len(markedStart):]
		delimiter = delimiterOf(text)
	}
	behind, ours := strings.CutPrefix(text, strings.Join(Columns(), delimiter))
	return ours && delimiter != "" && behind != "" && strings.Contains(delimiter+"\n\r", behind[:1]), nil
}

// markedStart is how a CSV file of ours with a byte order mark begins. The quotes tell it
// from one that a spreadsheet program saved anew, perhaps with a person's corrections:
// such programs quote either no cell that does not need it, or all.
const markedStart = byteOrderMark + `"rp_row"`

// delimiterOf gives what stands behind the first of our columns; empty: the text does not
// begin as a result does.
func delimiterOf(text string) string {
	behind, ours := strings.CutPrefix(text, Columns()[0])
	if !ours {
		behind, ours = strings.CutPrefix(text, `"`+Columns()[0]+`"`)
	}
	if !ours || behind == "" || !IsDelimiter(behind[:1]) {
		return ""
	}
	return behind[:1]
}

// IsDelimiter says whether a character may stand between the cells of a result: a comma, a
// semicolon, a tab or a bar.
func IsDelimiter(c string) bool { return c == "," || c == ";" || c == "\t" || c == "|" }

// Error says why a result cannot be written, or be the input of a run.
type Error struct {
	Path string // may be empty if it is an input
	Msg  string // what is wrong, in words: lower case, no full stop
	Hint string // what to do about it; may be empty
	// Refused says that the file was badly chosen: one that must not be overwritten, or
	// that is no input. Else it cannot be written to.
	Refused bool
	Err     error // the system's error behind it, if there is one
}

// Error gives the file, if it is known, and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Msg
	}
	return e.Path + ": " + e.Msg
}

// Unwrap gives the system's error.
func (e *Error) Unwrap() error { return e.Err }

// Probe says whether a result can be written: that its folder takes new files, and that
// nothing stands there which is not a result of ours. It leaves nothing behind. Errors
// are *[Error]. It is to be called before the first request. A trial overwrites only
// results of trials.
func Probe(path string, trial bool) error {
	path, err := target(path, trial)
	if err != nil {
		return err
	}
	f, err := createTemp(path)
	if err != nil {
		return unwritable(path, err)
	}
	// A place without room takes new names, and shows only when something is written.
	_, err = f.Write(make([]byte, probeSize))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// probeSize is how much is written to see that a place has room for anything at all.
const probeSize = 64 << 10

// target gives the file that is to be replaced, behind symbolic links, unless it must not be.
func target(path string, trial bool) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	if err != nil {
		return "", unwritable(path, err)
	}
	switch {
	case info.IsDir():
		return "", &Error{Path: path, Msg: "is a folder", Hint: "name a file in it", Refused: true}
	case !info.Mode().IsRegular():
		return "", &Error{Path: path, Msg: "is not a regular file", Hint: "name one that is, or that is not there yet", Refused: true}
	}
	ours, err := IsResult(path)
	switch {
	case err != nil:
		return "", unwritable(path, err)
	case !ours && glimpseOf(path, headOf(path)).ours:
		return "", &Error{
			Path: path, Msg: "is a result that another program saved anew, perhaps with corrections in it, so it is not overwritten",
			Hint: "to send what was corrected in it, give it as INPUT; else name another file with -o, or move this one away", Refused: true,
		}
	case !ours:
		return "", &Error{
			Path: path, Msg: "is there already and is not a result, so it is not overwritten",
			Hint: "name another file with -o, or move this one away", Refused: true,
		}
	}
	if trial {
		if err := overTrial(path); err != nil {
			return "", err
		}
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target, nil
	}
	return path, nil
}

func unwritable(path string, err error) *Error {
	e := &Error{Path: path, Err: err}
	var pe *fs.PathError
	var le *os.LinkError // names the temporary file, which nobody knows
	switch {
	case errors.As(err, &pe):
		err = pe.Err
	case errors.As(err, &le):
		err = le.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Msg, e.Hint = "cannot be written: its folder does not exist", "make the folder first"
	case errors.Is(err, fs.ErrPermission):
		e.Msg, e.Hint = "cannot be written: no permission for its folder", "name a file elsewhere with -o"
	default:
		e.Msg = fmt.Sprintf("cannot be written: %v", err)
	}
	return e
}

// Temporary files stand beside the result, as .NAME.*.rowpost-tmp.
const tempEnd = ".rowpost-tmp"

func tempStart(path string) string {
	return "." + strings.ReplaceAll(filepath.Base(path), "*", "_") + "."
}

func createTemp(path string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(path), tempStart(path)+"*"+tempEnd)
}

// Leftovers lists the temporary files that a killed run left beside a result. Only whoever
// knows that no other run is writing the same result may remove them.
func Leftovers(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, tempStart(path)) && strings.HasSuffix(name, tempEnd) {
			out = append(out, filepath.Join(filepath.Dir(path), name))
		}
	}
	return out, nil
}

// headOf gives the first bytes of a file; nothing if it cannot be read, as whoever writes to
// it finds out why.
func headOf(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // it was only read
	head, err := io.ReadAll(io.LimitReader(f, HeadSize))
	if err != nil {
		return nil
	}
	return head
}
