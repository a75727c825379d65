package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"rowpost/batch/journal"
	"rowpost/batch/result"
	"rowpost/batch/source"
)

// trouble is why a run cannot end well, whatever became of its rows.
type trouble struct {
	send, write error
	input       error // the table is no longer what was read
	left        int   // rows
	lost        map[string][]int
}

func (b *trouble) any() bool { return b.send != nil || b.write != nil || b.input != nil }

// closed takes in how the journal ended.
func (b *trouble) closed(err error) {
	// The lanes' errors are among those of the sending, too; each is told once.
	b.send = errors.Join(b.send, err)
	if of, ok := errors.AsType[*journal.WriteError](err); ok {
		b.lost = of.Lost
	}
}

// lostAnswers are those that only the result tells of.
func (b *trouble) lostAnswers() int {
	n := 0
	for _, rows := range b.lost {
		n += len(rows)
	}
	return n
}

// broken says why a run could not go on, and where to find what it did.
func (s *send) broken(broke *trouble, resultPath string) error {
	f := &failure{status: statusBroken}
	full, rest := fullPlaces(causes(errors.Join(broke.send, broke.write)))
	if len(full) > 0 {
		f.messages = append(f.messages, fmt.Sprintf("the disk is full, and the run could not go on: %s: %s; what is left of it needs about %s",
			strings.Join(full.paths(), " and "), full[0].reason, s.needs(broke.left)))
	}
	for _, err := range rest {
		what := "the run could not go on: "
		if broke.write != nil && errors.Is(broke.write, err) {
			what = "the result could not be written: "
		}
		f.messages = append(f.messages, what+err.Error())
	}
	if broke.input != nil {
		f.messages = append(f.messages, broke.input.Error()+": the result shows it as it was read")
	}
	if lost := broke.lostAnswers(); lost > 0 {
		return s.hintLost(f, broke, resultPath)
	}
	if broke.input != nil {
		return f.hint("what was sent is recorded; the table as it is now is one of its own, of which all rows would be sent")
	}
	if _, ok := errors.AsType[*source.Error](errors.Join(rest...)); ok {
		return f.hint("what was sent is recorded, and no row was sent as it stands there now: the same command goes on once the table is as it was; as it is now, it is a table of its own")
	}
	if len(full) > 0 {
		return f.hint("what was sent is recorded; free so much and give the same command again, it goes on from there")
	}
	return f.hint("what was sent is recorded; the same command goes on with it, once the cause is mended")
}

// hintLost says what to do about answers that the next start will not know.
func (s *send) hintLost(f *failure, broke *trouble, resultPath string) error {
	var where []string
	for _, lane := range slices.Sorted(maps.Keys(broke.lost)) {
		rows := broke.lost[lane]
		where = append(where, fmt.Sprintf("of %s for rows %s", lane, rowList(rows[:min(firstRows, len(rows))], len(rows))))
	}
	n := broke.lostAnswers()
	f.messages = append(f.messages, fmt.Sprintf("%s could not be recorded: %s", plural(n, "answer", "answers"), strings.Join(where, ", ")))
	if resultPath == "" {
		return f.hint("nothing else tells of them: see at the provider what became of these rows, before the same command sends again what is safe to repeat and takes the others for in doubt")
	}
	return f.hint("keep a copy of %s: its lines are the only record of them", resultPath).
		hint("the same command goes on, once the cause is mended; of these rows it sends again what is safe to repeat, and takes the others for in doubt: tell rowpost resolve what the copy says of them")
}

// roomFailure says how much room is missing, if that is why a run cannot begin.
func (s *send) roomFailure(err error) error {
	if of, ok := errors.AsType[*journal.WriteError](err); ok && isFull(of) {
		return fail(statusBroken, "nothing was sent, as there is no room for the run's journal: %s", of).
			hint("free about %s, or name another folder with --state DIR", s.needs(s.table.Facts().Rows))
	}
	return err
}

// causes takes apart errors that were joined, and gives each text once.
func causes(err error) []error {
	var out []error
	told := map[string]bool{}
	var walk func(error)
	walk = func(err error) {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range many.Unwrap() {
				walk(one)
			}
			return
		}
		if err != nil && !told[err.Error()] {
			told[err.Error()] = true
			out = append(out, err)
		}
	}
	walk(err)
	return out
}

// places are files that could not be written, all for one reason.
type places []place

type place struct{ path, reason string }

func (p places) paths() []string {
	var out []string
	for _, one := range p {
		if !slices.Contains(out, one.path) {
			out = append(out, one.path)
		}
	}
	return out
}

// fullPlaces picks the errors that a full disk gave.
func fullPlaces(all []error) (full places, rest []error) {
	for _, err := range all {
		if p, ok := placeOf(err); ok && isFull(err) {
			full = append(full, p)
		} else {
			rest = append(rest, err)
		}
	}
	return full, rest
}

// placeOf gives the file that an error is about, and the system's reason.
func placeOf(err error) (place, bool) {
	reason := err
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		reason = of.Err
	}
	if of, ok := errors.AsType[*journal.WriteError](err); ok {
		return place{of.Path, reason.Error()}, true
	}
	if of, ok := errors.AsType[*result.Error](err); ok && of.Err != nil {
		return place{of.Path, reason.Error()}, true
	}
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		return place{of.Path, reason.Error()}, true
	}
	return place{}, false
}
