package cli

import (
	"fmt"
	"strconv"
	"strings"

	"rowpost/batch"
)

// condition is what --ok-if asks of the numbers of lines: all of its terms. The zero
// value never holds.
type condition struct{ terms []okTerm }

// okTerm compares the number of lines in some statuses with a bound.
type okTerm struct {
	statuses []batch.Status // their numbers are added
	op       string
	bound    float64
	percent  bool // the bound is a share of all lines
}

// okOperators are looked for in this order: the longer of two that begin alike first.
func okOperators() []string { return []string{"<=", ">=", "==", "<", ">", "="} }

const okIfForm = "write it as 'failed<1%' or 'failed+in_doubt<=10 && invalid<5%'"

// parseCondition reads terms joined by && or commas, each STATUS[+STATUS...] OP N or N%.
func parseCondition(text string) (condition, error) {
	var c condition
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "&&", ","), ",") {
		term, err := parseOkTerm(strings.TrimSpace(part))
		if err != nil {
			return condition{}, err
		}
		c.terms = append(c.terms, term)
	}
	return c, nil
}

func parseOkTerm(text string) (okTerm, error) {
	for _, op := range okOperators() {
		left, right, found := strings.Cut(text, op)
		if !found {
			continue
		}
		term := okTerm{op: op}
		var err error
		if term.statuses, err = parseStatuses(left); err != nil {
			return okTerm{}, err
		}
		number, percent := strings.CutSuffix(strings.TrimSpace(right), "%")
		term.percent = percent
		term.bound, err = strconv.ParseFloat(strings.TrimSpace(number), 64)
		// The negation also catches NaN, with which every comparison is false.
		if err != nil || !(term.bound >= 0 && term.bound < 1e15) {
			return okTerm{}, fmt.Errorf("%q is no number of lines: %s", strings.TrimSpace(right), okIfForm)
		}
		return term, nil
	}
	return okTerm{}, fmt.Errorf("%q compares nothing: %s", text, okIfForm)
}

func parseStatuses(text string) ([]batch.Status, error) {
	var out []batch.Status
	for name := range strings.SplitSeq(text, "+") {
		s := batch.Status(strings.TrimSpace(name))
		if new(counts).of(s) == nil {
			return nil, fmt.Errorf("%q is no status: use %s", string(s), joinStatuses())
		}
		out = append(out, s)
	}
	return out, nil
}

func joinStatuses() string {
	names := make([]string, 0, len(statuses()))
	for _, s := range statuses() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// holds says whether the lines satisfy every term.
func (c condition) holds(lines counts) bool {
	for _, t := range c.terms {
		if !t.holds(lines) {
			return false
		}
	}
	return len(c.terms) > 0
}

func (t okTerm) holds(lines counts) bool {
	sum := 0
	for _, s := range t.statuses {
		sum += *lines.of(s)
	}
	// Both sides are scaled by the total instead of dividing by it, so that no line at
	// all is 0 % and a bound of exactly the share is met.
	left, right := float64(sum), t.bound
	if t.percent {
		left, right = left*100, right*float64(lines.total())
	}
	switch t.op {
	case "<":
		return left < right || t.percent && sum == 0 && lines.total() == 0 && t.bound > 0
	case "<=":
		return left <= right
	case ">":
		return left > right
	case ">=":
		return left >= right
	}
	return left == right
}
