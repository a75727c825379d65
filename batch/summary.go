package batch

import (
	"sync/atomic"
	"time"
)

// Summary is what a run did, as far as the engine knows it: what became of the rows
// is told by [Results].
type Summary struct {
	Lanes []LaneSummary // in the order in which the mapping first names the providers
	// Stop is the run's own reason to end early; nil if it had none.
	Stop    *Stop
	Started time.Time
	Elapsed time.Duration // until the last lane had ended
}

// LaneSummary is what a lane did.
type LaneSummary struct {
	Provider string
	Requests int           // requests sent
	Retries  int           // of these, repetitions
	Elapsed  time.Duration // from the lane's start to its last answer
	// Found is the limit, in requests a second, that the provider's 429s showed at the end, below
	// what the lane was allowed; 0: none.
	Found float64
	// Stop is why the lane took no more rows; nil if it took them all.
	Stop *Stop
}

// Progress counts what a run does while it does it. Its fields may be read at any time.
type Progress struct {
	Lanes []*LaneProgress // fixed before the run's first request
	Ready chan struct{}   // closed when Lanes is set
}

// NewProgress makes the counters that a job can carry.
func NewProgress() *Progress { return &Progress{Ready: make(chan struct{})} }

// LaneProgress counts what one lane does.
type LaneProgress struct {
	Provider string
	Rows     atomic.Int64 // rows of the source that the lane is done with, from the front, without a gap
	Sent     atomic.Int64 // requests sent, repetitions included
	Retries  atomic.Int64
	// The statuses of finished requests. Invalid ones are counted as the lane passes them.
	Succeeded, Failed, InDoubt, Invalid atomic.Int64
	PausedUntil                         atomic.Int64         // Unix nanoseconds; 0: not paused
	Stopped                             atomic.Pointer[Stop] // nil while the lane takes rows
}
