// Package batch sends a table's rows to providers: it paces, sends, repeats and
// records them, and says afterwards what became of each.
//
// It knows no provider by name, reads no file format and writes none: sources,
// journals and result files are its sub-packages, and reach it as interfaces.
package batch

import (
	"context"
	"iter"
	"log/slog"
	"net"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

// Source is a table that can be read any number of times, by several readers at once.
type Source interface {
	Header() []string
	// Rows reads the table from its first data row on. Each call starts anew and owns
	// what it opens until the loop over it ends. An error ends the sequence: the table
	// cannot be read on. What is wrong with one row only is its Fault.
	Rows() iter.Seq2[mapping.Row, error]
	// Total is the number of data rows, known from the first reading.
	Total() int
}

// Job is all that a run needs to know. Run does not change it.
type Job struct {
	Source  Source
	Binding *mapping.Binding
	// Requests has the operation of each of the binding's requests, by position.
	Requests []Target
	// Accounts has, by the name of a provider, where and as whom to call it.
	Accounts map[string]Account
	Journal  Journal // of the job; whoever opened it closes it, after the run and its results
	// Past are earlier runs whose lines the source, an earlier result, does not show all of:
	// a row is not sent after a later one with its key was confirmed by one of them.
	Past    []Past
	Options Options
	// Again is the run's id if it was begun to send once more what was applied before: its
	// idempotency keys are its own, so that no provider answers for an earlier run. Else empty.
	Again string
	// Abort, when closed, drops what is in flight; what was sent and has no answer is in doubt.
	Abort <-chan struct{}
	// Progress, if not nil, is kept up to date during the run.
	Progress *Progress
	// Log takes what happens to a lane: pauses, stops, refreshed tokens. Never a cell, never a secret.
	Log *slog.Logger
}

// Target is an operation and the provider that it belongs to.
type Target struct {
	Provider  providers.Provider
	Operation providers.Operation
}

// Account is where and as whom a provider is called.
type Account struct {
	BaseURL string
	// Values has the provider's variables by their names.
	Values map[string]providers.Secret
	// Limit is the pace and the number in flight to keep to.
	Limit providers.Limit
	// Commons is what it shares with other runs on this machine; nil: nothing.
	Commons Commons

	dial dialFunc // nil: the network; tests of the package have one in memory
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Options are the knobs of a run; [DefaultOptions] has the documented defaults.
type Options struct {
	Timeout  time.Duration // one attempt, from connecting to the last byte
	Attempts int           // for one request; a 429 does not count
	MaxWait  time.Duration // longest Retry-After obeyed
	GiveUp   time.Duration // a lane with nothing but 429, 5xx or refused connections for so long ends
	Grace    time.Duration // for requests in flight once no more rows are taken
	// MaxErrors stops the run when more lines than this have failed or are in doubt: with
	// 0 at the first. Not Set: never.
	MaxErrors MaxErrors
	// From and To choose rows by number, both included; 0: from the first, to the last.
	From, To int
	// Limit is the number of rows to take, after From and To; 0: all.
	Limit int
	// Only are the rows to take of those that are chosen otherwise, by number, in order;
	// nil: all of them.
	Only []int
	// Again sends what was edited after an earlier result had shown it as succeeded. It
	// matters for a [Reimport] only.
	Again bool
	// UserAgent is sent with each request.
	UserAgent string
	// HTTP is how requests are sent; empty: [LeanHTTP].
	HTTP HTTP

	jitter func(most time.Duration) time.Duration // nil: random; a simulation draws its own
}

// MaxErrors is a number of failed lines, or a share of the finished ones.
type MaxErrors struct {
	Set     bool    // else a run is never stopped
	Lines   int     // as many are allowed
	Percent float64 // judged after 200 lines; 0: Lines are meant
}

// DefaultOptions are the documented defaults.
func DefaultOptions() Options {
	return Options{
		Timeout:   30 * time.Second,
		Attempts:  5,
		MaxWait:   10 * time.Minute,
		GiveUp:    15 * time.Minute,
		Grace:     30 * time.Second,
		UserAgent: "rowpost",
	}
}
