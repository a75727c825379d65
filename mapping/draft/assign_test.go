package draft

import (
	"testing"

	"pgregory.net/rapid"
)

// TestAssignIsTheBest compares with all the ways there are.
func TestAssignIsTheBest(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, m := rapid.IntRange(0, 5).Draw(r, "fields"), rapid.IntRange(0, 5).Draw(r, "columns")
		scores := make([][]float64, n)
		for i := range scores {
			scores[i] = rapid.SliceOfN(rapid.SampledFrom([]float64{0, 0.25, 0.5, 0.625, 1}), m, m).Draw(r, "scores")
		}
		got, used := 0.0, map[int]bool{}
		for i, j := range assign(n, m, func(i, j int) float64 { return scores[i][j] }) {
			switch {
			case j < 0:
				continue
			case used[j]:
				r.Fatalf("column %d is given twice", j)
			case scores[i][j] == 0:
				r.Fatalf("column %d does not serve field %d at all", j, i)
			}
			used[j] = true
			got += scores[i][j]
		}
		if want := most(scores, 0, map[int]bool{}); got != want {
			r.Fatalf("the sum is %v, and %v can be had", got, want)
		}
	})
}

// most tries all ways to give columns to the fields from i on.
func most(scores [][]float64, i int, used map[int]bool) float64 {
	if i == len(scores) {
		return 0
	}
	best := most(scores, i+1, used)
	for j, s := range scores[i] {
		if !used[j] {
			used[j] = true
			best = max(best, s+most(scores, i+1, used))
			delete(used, j)
		}
	}
	return best
}
