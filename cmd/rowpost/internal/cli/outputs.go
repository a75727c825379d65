package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rowpost/batch/result"
)

// outputs are the files that a run writes.
type outputs struct{ result, errors string }

// chooseOutputs finds before the first request that the result can be written, and
// that nothing is overwritten that is not a result.
func chooseOutputs(opts *options, input string) (outputs, error) {
	out := outputs{result: opts.out, errors: opts.errorsFile}
	if out.result == "" && input == stdStream {
		return out, outputNeeded()
	}
	if out.result == "" {
		out.result = result.DefaultPath(input)
	}
	switch {
	case out.result == "-" || out.errors == "-":
		return out, fail(statusUsage, "the result is a file and cannot go to standard output").
			hint("name it with -o RESULT; --json prints the summary for programs")
	case sameFile(out.result, input):
		return out, fail(statusUsage, "%s is the input and the result at once", out.result).
			hint("name another result with -o RESULT")
	case out.errors == "":
	case sameFile(out.errors, input):
		return out, fail(statusUsage, "%s is the input and the errors file at once", out.errors).
			hint("name another file with --errors FILE")
	case sameFile(out.errors, out.result):
		return out, fail(statusUsage, "%s is the result and the errors file at once", out.errors).
			hint("name another file with --errors FILE")
	}
	if err := checkOutput(out.result, "-o", opts.sandbox); err != nil {
		return out, err
	}
	if out.errors == "" {
		return out, nil
	}
	return out, checkOutput(out.errors, "--errors", opts.sandbox)
}

// checkOutput refuses a place that cannot be written, or where something stands that
// is no result; of a trial, also where a real result stands.
func checkOutput(path, flag string, trial bool) error {
	if end := strings.ToLower(filepath.Ext(path)); slices.Contains(otherForms(), end) {
		return fail(statusUsage, "%s: a result is written as CSV or as a workbook (.xlsx), and not as %s", path, end).
			hint("name another file with %s, one that ends in .csv or .xlsx", flag)
	}
	err := result.Probe(path, trial)
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*result.Error](err)
	if !ok {
		return fileFailure(statusBroken, path, err)
	}
	f := fail(statusBroken, "%s: %s", path, e.Msg)
	if e.Refused {
		f.status = statusUsage
	}
	if e.Hint != "" {
		return f.hint("%s", strings.ReplaceAll(e.Hint, "with -o", "with "+flag))
	}
	return f
}

// otherForms are endings of files that a result would not be.
func otherForms() []string {
	return []string{".gz", ".zst", ".zip", ".bz2", ".xz", ".7z", ".xls", ".xlsm", ".xlsb", ".xltx", ".ods", ".numbers", ".json", ".jsonl", ".parquet", ".pdf", ".html"}
}

// sameFile says whether two names mean one file, also by links or an unclean path.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	return errA != nil && errB != nil && sameName(a, b)
}

// sameName compares two files that are not there yet: their folders by what they are,
// also through links, and their names without regard to case, which not every disk has.
func sameName(a, b string) bool {
	dirA, errA := os.Stat(filepath.Dir(a))
	dirB, errB := os.Stat(filepath.Dir(b))
	return errA == nil && errB == nil && os.SameFile(dirA, dirB) &&
		strings.EqualFold(filepath.Base(a), filepath.Base(b))
}
