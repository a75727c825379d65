package cli

import (
	"fmt"
	"testing"

	"rowpost/batch"
)

// An API's refusals are told apart by the column that they are about.
func TestErrorsAreGroupedByColumn(t *testing.T) {
	tally := &tally{groups: map[groupKey]*group{}}
	for row, column := range []string{"Amount", "E-mail", "Amount", "", "Amount"} {
		line := batch.Result{Provider: "acme", Column: column}
		line.Row.Num, line.Status, line.HTTPStatus, line.Code, line.Message = row+1, batch.Failed, 422, "invalid", "refused"
		tally.group(line)
	}
	var got []string
	for _, g := range tally.sorted() {
		got = append(got, fmt.Sprintf("%d %q %v", g.count, g.column, g.rows))
	}
	if want := `[3 "Amount" [1 3 5] 1 "" [4] 1 "E-mail" [2]]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
