package batch

import (
	"slices"
	"testing"

	"rowpost/mapping"
)

func TestRowsChosenByNumber(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts Options
		want []int
		over int // the first row at which it is known that no more will come; 0: never
	}{
		{"all", Options{}, []int{1, 2, 3, 4, 5, 6}, 0},
		{"some of them", Options{Only: []int{2, 5}}, []int{2, 5}, 6},
		{"some of the first", Options{Only: []int{2, 5}, Limit: 4}, []int{2}, 5},
		{"some of a range", Options{Only: []int{2, 3, 5}, From: 3, To: 4}, []int{3}, 5},
		{"none", Options{Only: []int{}}, nil, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &chooser{options: tc.opts}
			var got []int
			over := 0
			for row := range 6 {
				if c.take(&Line{Row: mapping.Row{Num: row + 1}}) {
					got = append(got, row+1)
				}
				if c.over && over == 0 {
					over = row + 1
				}
			}
			if !slices.Equal(got, tc.want) || over != tc.over {
				t.Errorf("got %v, over at %d", got, over)
			}
		})
	}
}

// In an earlier result the lines may be in any order, so that none is known to be the last.
func TestRowsChosenOfAResult(t *testing.T) {
	c := &chooser{options: Options{Only: []int{2, 3}}}
	var got []int
	for _, row := range []int{3, 9, 2, 2} {
		if c.take(&Line{Before: &Before{Num: row}}) {
			got = append(got, row)
		}
		if c.over {
			t.Fatalf("over at row %d", row)
		}
	}
	if !slices.Equal(got, []int{3, 2, 2}) {
		t.Errorf("got %v", got)
	}
}
