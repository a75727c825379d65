package batch

import (
	"math/rand/v2"
	"time"
)

// The pauses before repetitions.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
)

// ceiling is the longest pause before the repetition that follows try n, from 1:
// doubling from firstPause to longestPause.
func ceiling(n int) time.Duration {
	d := firstPause
	for range n - 1 {
		d *= 2
		if d >= longestPause {
			return longestPause
		}
	}
	return d
}

// pause is a random time between nothing and the ceiling ("full jitter"): requests
// that failed together do not come back together.
func (o Options) pause(n int) time.Duration {
	if o.jitter != nil {
		return o.jitter(ceiling(n))
	}
	return rand.N(ceiling(n) + 1)
}
