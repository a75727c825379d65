package draft

import "math"

// assign gives each of n things at most one of m others, none twice, so that the sum of
// their scores is the greatest; -1: none. Scores are at least 0, and 0 is never chosen.
// (The Hungarian method with potentials; time n*n*(n+m).)
func assign(n, m int, score func(i, j int) float64) []int {
	// Each row has a column of its own that means "none", so that there is always a way.
	width := m + n
	cost := func(i, j int) float64 {
		switch {
		case j < m:
			return -score(i, j)
		case j-m == i:
			return 0
		}
		return math.MaxFloat32
	}
	u, v := make([]float64, n+1), make([]float64, width+1)
	owner := make([]int, width+1) // of a column: the row, from 1; 0: none
	way := make([]int, width+1)
	for i := 1; i <= n; i++ {
		owner[0] = i
		free := search(i, width, cost, u, v, owner, way)
		for free != 0 {
			owner[free] = owner[way[free]]
			free = way[free]
		}
	}
	out := make([]int, n)
	for i := range out {
		out[i] = -1
	}
	for j := 1; j <= m; j++ {
		if i := owner[j]; i > 0 && score(i-1, j-1) > 0 {
			out[i-1] = j - 1
		}
	}
	return out
}

// search finds the cheapest way from a row to a free column, through rows that give
// theirs up for another, and moves the potentials along.
func search(row, width int, cost func(i, j int) float64, u, v []float64, owner, way []int) int {
	cheapest := make([]float64, width+1)
	used := make([]bool, width+1)
	for j := range cheapest {
		cheapest[j] = math.Inf(1)
	}
	owner[0] = row
	at := 0
	for {
		used[at] = true
		i, next, delta := owner[at], 0, math.Inf(1)
		for j := 1; j <= width; j++ {
			if used[j] {
				continue
			}
			if c := cost(i-1, j-1) - u[i] - v[j]; c < cheapest[j] {
				cheapest[j], way[j] = c, at
			}
			if cheapest[j] < delta {
				delta, next = cheapest[j], j
			}
		}
		for j := range used {
			if used[j] {
				u[owner[j]] += delta
				v[j] -= delta
			} else {
				cheapest[j] -= delta
			}
		}
		if at = next; owner[at] == 0 {
			return at
		}
	}
}
