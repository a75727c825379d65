package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rowpost/batch"
)

// value is a flag's value with a parser of its own, so that what is wrong with it is
// said with the flag's name and before anything else happens.
type value[T any] struct {
	to    *T
	parse func(string) (T, error)
	text  string
	kind  string // stands for the value in the help
}

func (v *value[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err != nil {
		return err
	}
	*v.to, v.text = parsed, text
	return nil
}

func (v *value[T]) String() string { return v.text }

// Type stands for the value in the help.
func (v *value[T]) Type() string { return v.kind }

// listed is a value that can be given several times, each time for one provider.
type listed struct {
	items *[]string
	check func(string) error // nil: all are right
	kind  string
}

func (l *listed) Set(text string) error {
	if l.check != nil {
		if err := l.check(text); err != nil {
			return err
		}
	}
	*l.items = append(*l.items, text)
	return nil
}

func (l *listed) String() string { return strings.Join(*l.items, " ") }

// Type stands for the value in the help.
func (l *listed) Type() string { return l.kind }

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errors.New("not a length of time above 0: write it as 30s, 10m or 1h30m")
	}
	return d, nil
}

func parsePositive(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errors.New("not a whole number above 0")
	}
	return n, nil
}

func parseMaxErrors(text string) (batch.MaxErrors, error) {
	number, percent := strings.CutSuffix(text, "%")
	if !percent {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return batch.MaxErrors{}, errors.New("not a number of lines: write it as 100 or 5%")
		}
		return batch.MaxErrors{Lines: n, Set: true}, nil
	}
	share, err := strconv.ParseFloat(number, 64)
	if err != nil || !(share > 0 && share <= 100) {
		return batch.MaxErrors{}, errors.New("not a share of the lines: write it as 5%, above 0 and up to 100")
	}
	return batch.MaxErrors{Percent: share, Set: true}, nil
}

// rowRange is rows by their numbers, both included; 0: from the first, to the last.
type rowRange struct{ from, to int }

func parseRows(text string) (rowRange, error) {
	wrong := errors.New("not rows: write them as 10-20, 10- (to the last), -20 (from the first) or 10")
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	var r rowRange
	for _, side := range []struct {
		text string
		to   *int
	}{{first, &r.from}, {last, &r.to}} {
		if side.text == "" {
			continue
		}
		n, err := parsePositive(side.text)
		if err != nil {
			return rowRange{}, wrong
		}
		*side.to = n
	}
	switch {
	case first == "" && last == "":
		return rowRange{}, wrong
	case r.to > 0 && r.from > r.to:
		return rowRange{}, fmt.Errorf("the last row comes before the first: %d-%d is meant?", r.to, r.from)
	}
	return r, nil
}

// clock is a time of day.
type clock struct {
	hour, minute int
	set          bool
}

func parseClock(text string) (clock, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return clock{}, errors.New("not a time of day: write it as 05:45 or 23:00")
	}
	return clock{t.Hour(), t.Minute(), true}, nil
}

// next is the first such moment after now, in now's time zone.
func (c clock) next(now time.Time) time.Time {
	t := time.Date(now.Year(), now.Month(), now.Day(), c.hour, c.minute, 0, 0, now.Location())
	if !t.After(now) {
		t = time.Date(now.Year(), now.Month(), now.Day()+1, c.hour, c.minute, 0, 0, now.Location())
	}
	return t
}

func parseChoice(choices ...string) func(string) (string, error) {
	return func(text string) (string, error) {
		for _, c := range choices {
			if text == c {
				return text, nil
			}
		}
		return "", fmt.Errorf("use %s", strings.Join(choices, " or "))
	}
}
