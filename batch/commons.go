package batch

import (
	"context"
	"time"
)

// Commons is what all runs on a machine that use the same account of a provider have in
// common: the account's windows, its number in flight, and until when the provider asked
// to be left alone. Its methods are safe for concurrent use. An error means that the run
// cannot go on.
type Commons interface {
	// Enter takes one of the account's places in flight and waits until one is free. Leave
	// gives it back. The error is the cause of the context's end, or the system's.
	Enter(ctx context.Context) (leave func(), err error)
	// Reserve counts up to n requests, at least one, in the account's windows. It says how
	// many it took and from when on they may be sent; that is never far in the future for
	// more than one. What is taken and not used stays counted.
	Reserve(n int) (taken int, at time.Time, err error)
	// Park says that the provider asked to be left alone until then; an earlier time than
	// the one that is known changes nothing.
	Park(until time.Time) error
	// Parked gives the time of the last Park, of any run, if it is still to come; else the zero time.
	Parked() (time.Time, error)
}
