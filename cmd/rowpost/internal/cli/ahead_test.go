package cli

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"rowpost/batch"
	"rowpost/mapping"
)

// numberedLines gives lines whose cells are used again, and an error behind them if there is one.
func numberedLines(n int, end error) iter.Seq2[batch.Result, error] {
	return func(yield func(batch.Result, error) bool) {
		cells := make([]string, 2)
		for i := range n {
			cells[0], cells[1] = fmt.Sprint(i), "x"
			if !yield(batch.Result{Row: mapping.Row{Num: i, Cells: cells[:i%3]}}, nil) {
				return
			}
		}
		if end != nil {
			yield(batch.Result{}, end)
		}
	}
}

// Whoever reads lines ahead sees what they would see without: each line with its own
// cells, the error at the end, as far as they want to.
func TestLinesAheadAreTheSameLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, aheadLines - 1, aheadLines, aheadLines + 1, 3 * aheadLines, 1000}).Draw(t, "lines")
		var end error
		if rapid.Bool().Draw(t, "breaks off") {
			end = errors.New("broken off")
		}
		wanted := rapid.IntRange(0, n+2).Draw(t, "wanted")
		want, got := collect(numberedLines(n, end), wanted), collect(ahead(numberedLines(n, end)), wanted)
		if !slices.Equal(want, got) {
			t.Errorf("%d lines, of which %d are wanted, end in %v: got %d", n, wanted, end, len(got))
		}
	})
}

// A result that is written slowly does not make its lines pile up.
func TestLinesAheadAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := 0
		counted := func(yield func(batch.Result, error) bool) {
			for line, err := range numberedLines(100*aheadLines, nil) {
				if read++; !yield(line, err) {
					return
				}
			}
		}
		written := 0
		for _, err := range ahead(counted) {
			if err != nil {
				t.Fatal(err)
			}
			written++
			if written%aheadLines == 1 {
				synctest.Wait()
				if read > written+3*aheadLines {
					t.Fatalf("%d lines are read, and %d written", read, written)
				}
			}
		}
	})
}

func collect(lines iter.Seq2[batch.Result, error], wanted int) (seen []string) {
	for line, err := range lines {
		if len(seen) == wanted {
			break
		}
		seen = append(seen, fmt.Sprint(line.Row.Num, line.Row.Cells, err))
	}
	return seen
}

// TestAheadHoldsFewLargeRows: what is read ahead is bounded by its size, too.
func TestAheadHoldsFewLargeRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cells, read := []string{strings.Repeat("x", 1<<20)}, 0
		lines := func(yield func(batch.Result, error) bool) {
			for range 2000 {
				read++
				if !yield(batch.Result{Row: mapping.Row{Cells: cells}}, nil) {
					return
				}
			}
		}
		for _, err := range ahead(lines) {
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the reader has got as far as it may
			break
		}
		if read > 8 {
			t.Errorf("%d rows of 1 MiB were read when the first was dealt with", read)
		}
	})
}
