package batch

import (
	"iter"
	"time"

	"rowpost/mapping"
)

// Status is what became of a request of a row.
type Status string

// The statuses. Every line of a result has exactly one.
const (
	Succeeded Status = "succeeded" // the provider confirmed it
	Failed    Status = "failed"    // the last answer was a refusal or an error
	Invalid   Status = "invalid"   // refused here; nothing was sent
	Skipped   Status = "skipped"   // left out by the mapping's when
	NotSent   Status = "not_sent"  // nothing of it reached the provider
	InDoubt   Status = "in_doubt"  // sent, and no answer says whether it was applied
)

// Entry is what the journal keeps of a request: numbers, codes and the provider's
// message, no cell.
type Entry struct {
	Row     int // mapping.Row.Num
	Request int // position among the mapping's requests
	Status  Status
	// HTTPStatus is that of the last attempt; 0: there was no answer.
	HTTPStatus int
	Code       string // the provider's, or one of this program's
	Message    string // cleaned, bounded, without secrets
	Field      string // the provider's name of the field at fault; several have commas between them
	Attempts   int    // requests sent
	SentAt     time.Time
	Duration   time.Duration // of the last attempt
	RemoteID   string
	// Again says that it failed by the lane's or the run's fault, not the row's: the next
	// run of the same job sends it.
	Again bool
}

// Result is one line of the result file: a request of a row and what became of it.
type Result struct {
	Row      mapping.Row
	Request  string // the request's id in the mapping; empty: the row as a whole
	Provider string
	Column   string // the source column at fault, if known
	Origin   string // [Before.Origin]; empty: that of the run
	Entry
}

// Codes of entries that resuming and repeated imports make.
const (
	// CodeUnrecorded marks a request that was about to be sent, or sent, when the program
	// ended before it could record what became of it.
	CodeUnrecorded = "unrecorded"
	// CodeSuperseded marks a row that was not sent because a later one with its key was confirmed.
	CodeSuperseded = "superseded"
	// CodeKeyInDoubt marks a row that waits because another one with its key is in doubt.
	CodeKeyInDoubt = "key_in_doubt"
	// CodeDoneBefore marks a line that an earlier result shows as succeeded.
	CodeDoneBefore = "done_before"
	// CodeEditedAfter marks a line like that whose cells were changed since.
	CodeEditedAfter = "edited_after_success"
	// CodeResolved marks what a person decided about a request in doubt.
	CodeResolved = "resolved"
)

// UnrecordedMessage is the message of entries with [CodeUnrecorded].
const UnrecordedMessage = "the program ended before it could record an answer; nobody knows whether the request was applied"

// Journal is what the starts of a run remember of what they sent, in one part for each provider.
type Journal interface {
	// Lane opens a provider's part. Window is how far, in rows, an entry may be finished
	// after one of a later row.
	Lane(provider string, window int) (LaneJournal, error)
}

// LaneJournal is the part of one provider. Begin and Finish are safe for concurrent use.
// An error of any method means that the run cannot go on.
type LaneJournal interface {
	// Begin says that a request is about to be sent. It is called for each attempt of what
	// is not safe to repeat, and returns when that, and all that was finished before it, is
	// kept for good.
	Begin(row, request int) error
	// Finish keeps what became of a request; a later entry of the same one replaces it. It
	// is with the system when Finish returns, so that the end of this process does not lose
	// it, and is kept for good soon, and before the next Begin returns.
	Finish(Entry) error
	// Earlier reads what the starts before this one left, ordered by row and request, the
	// last word on each. What was begun and never finished is an entry in doubt with
	// [CodeUnrecorded]. It may be called at any time, any number of times.
	Earlier() iter.Seq2[Entry, error]
	// Entries reads likewise what all starts left, this one too. It is called when no more
	// is written, any number of times.
	Entries() iter.Seq2[Entry, error]
}
