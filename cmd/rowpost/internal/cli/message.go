package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"rowpost/batch/source"
	"rowpost/mapping"
)

// failure ends the program with a status. Its messages and hints are printed, each
// on a line of its own.
type failure struct {
	status   int
	messages []string
	hints    []string
}

// Error joins the messages.
func (f *failure) Error() string { return strings.Join(f.messages, "; ") }

// fail makes a failure of one message.
func fail(status int, format string, args ...any) *failure {
	return &failure{status: status, messages: []string{fmt.Sprintf(format, args...)}}
}

// hint adds a way out.
func (f *failure) hint(format string, args ...any) *failure {
	f.hints = append(f.hints, fmt.Sprintf(format, args...))
	return f
}

// quietly ends the program with a status that the output has already explained;
// nil for 0.
func quietly(status int) error {
	if status == statusOK {
		return nil
	}
	return &failure{status: status}
}

// report prints what an error has to say and gives the exit status.
func (p *Program) report(err error) int {
	if err == nil {
		return statusOK
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = fail(statusUsage, "%s", err)
	}
	for _, m := range f.messages {
		p.say("%s", m)
	}
	for _, h := range f.hints {
		p.say("hint: %s", h)
	}
	return f.status
}

// say prints a message for people.
func (p *Program) say(format string, args ...any) {
	// There is nowhere to tell that standard error cannot be written.
	_, _ = fmt.Fprintf(p.Stderr, "rowpost: "+format+"\n", args...)
}

// fileFailure says what is wrong with a file of the user's, under the name that the
// user gave.
func fileFailure(status int, name string, err error) *failure {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	f := fail(status, "%s: %s", name, err)
	if errors.Is(err, fs.ErrNotExist) {
		return f.hint("check the name and the folder: names are relative to where the command runs")
	}
	return f
}

// mappingFailure lists all problems of a mapping.
func mappingFailure(err error) error {
	bind, ok := errors.AsType[*mapping.BindError](err)
	if !ok {
		return fail(statusUsage, "%s", err)
	}
	f := &failure{status: statusUsage}
	for _, problem := range bind.Problems {
		f.messages = append(f.messages, problem.String())
		if problem.Hint != "" && !slices.Contains(f.hints, problem.Hint) {
			f.hints = append(f.hints, problem.Hint)
		}
	}
	return f
}

// tableFailure says what is wrong with the table: 1 if it cannot be read, 2 if it is
// refused.
func tableFailure(err error) error {
	e, ok := errors.AsType[*source.Error](err)
	if !ok {
		return fail(statusBroken, "%s", err)
	}
	status := statusUsage
	if e.Kind == source.Unreadable {
		status = statusBroken
	}
	f := fail(status, "%s", e.Error())
	if e.Hint != "" {
		return f.hint("%s", e.Hint)
	}
	return f
}
