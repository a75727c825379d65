// Package providers says what the importer needs to know about an API.
//
// A provider is data and pure functions: a [Description], and for each
// [Operation] a Build that turns a record into a request and an Interpret that
// turns the answer into an outcome. It holds no client, clock, goroutine,
// limiter, logger, environment or credentials; all of that is the engine's.
// So a request can be printed safely, one suite covers every provider, and a new
// one cannot break concurrency.
package providers

import (
	"net/http"
	"time"

	"rowpost/mapping"
)

// Provider is one API. Both methods always answer the same; what they return is
// read only, and may be used by several goroutines.
type Provider interface {
	Describe() Description
	// Operations lists what can be done with the API; the first is the default.
	Operations() []Operation
}

// Operation is one thing that can be done with an API for each row of a table.
// Its methods are pure and safe for concurrent use.
type Operation interface {
	Describe() OperationDescription

	// Build makes the request that the record asks for. It is deterministic: equal
	// records give equal requests. The record has passed the checks of its schema; a
	// refusal is a *mapping.CellError with Field set, and makes the row invalid.
	Build(mapping.Record) (Request, error)

	// Interpret says what an answer means. It is total: any status, header and body
	// give an outcome, and what is not understood is Unknown, never Succeeded.
	Interpret(Request, Response) Outcome
}

// Description is what is the same for all operations of an API.
type Description struct {
	Name  string // as in mappings, flags and results: lower case, letters only
	Title string // as its vendor writes it
	Docs  string // the vendor's page that the facts are from, by its title
	// BaseURL is where the API is unless the environment says otherwise; empty: the user must say it.
	BaseURL string
	Auth    Auth
	// Variables lists what the environment holds, beside <NAME>_BASE_URL, which every provider has.
	Variables []Variable
	// Limit is the pace used unless the user says otherwise; Published is what the
	// vendor documents (zero where nothing is): going above it is warned of.
	Limit     Limit
	Published Limit
	// Check is a request that tries address and credentials and touches no customer; nil: there is none.
	Check *Check
	// Assumptions are the things that no document says and that were inferred, a sentence each.
	Assumptions []string
}

// Variable is a piece of configuration from the environment.
type Variable struct {
	Name     string // whole: PAYSAFE_CLIENT_ID
	Help     string
	Required bool
	Secret   bool // never printed; what is not secret tells accounts apart (a user name, a brand)
}

// Check is how `rowpost check` tries an API.
type Check struct {
	// Request is sent with credentials. One without a Method means that fetching a token
	// (OAuth2) is the whole check: nothing else is sent.
	Request Request
	// Accepted lists the statuses that a server gives only to a caller whose credentials it took.
	Accepted []int
	Help     string // what the request does, and why it touches no customer
}

// OperationDescription is what is known of an operation before a row is read.
type OperationDescription struct {
	Name   string // as in mappings
	Help   string // one line
	Method string
	Path   string // as its vendor writes it, parameters in braces
	Schema *mapping.Schema
	// SafeToRepeat says that a request of which nobody knows whether it was applied may
	// be sent again. RepeatNote is the reason, for people.
	SafeToRepeat bool
	RepeatNote   string
	// IdempotencyHeader is the header in which the sender puts a key of its own making, the
	// same at each attempt, by which the API knows a request again and applies it once. An
	// operation with one is safe to repeat. Empty: the API has no such thing.
	IdempotencyHeader string
	// LookupNote says, for people, what is asked when a request is in doubt, and what
	// settles it. It is empty for operations that are no [Lookup].
	LookupNote string
}

// Request is a call as it is to be sent, but for address and credentials. It is a
// value: the sender builds each attempt from it anew and changes nothing in it.
type Request struct {
	Method string
	Path   string      // escaped, from a slash on; added to the base URL's path
	Query  string      // escaped, without the question mark
	Header http.Header // canonical names; shared by many requests, read only
	Body   []byte      // nil: none
}

// Response is an answer as it came.
type Response struct {
	Status int
	Header http.Header
	// Body is bounded by the sender (64 KiB, decompressed).
	Body []byte
	// Incomplete says that Body is not all that the server sent or meant to send:
	// it was cut at the bound, or the connection broke.
	Incomplete bool
	// At is when the head of the answer came; dates in headers are taken against the
	// answer's own Date, and against At where it has none.
	At time.Time
}

// Kind says whose matter an answer is and what must follow.
type Kind uint8

// The kinds of an outcome.
const (
	// Unknown: the answer does not say whether the request was applied. It is repeated if
	// the operation is safe to repeat, else in doubt. The zero value, so that a forgotten
	// field never reads as success.
	Unknown Kind = iota
	// Succeeded: the provider confirmed it.
	Succeeded
	// Rejected: refused for the row's own fault; repeating it unchanged is useless.
	Rejected
	// Throttled: not applied, because of too many requests; the whole lane waits.
	Throttled
	// Transient: not applied, for a passing reason; may be repeated whatever the operation.
	Transient
	// Fatal: refused for a reason that meets every row (credentials, configuration); the lane stops.
	Fatal
)

// String gives the kind's name in lower case.
func (k Kind) String() string {
	switch k {
	case Unknown:
		return "unknown"
	case Succeeded:
		return "succeeded"
	case Rejected:
		return "rejected"
	case Throttled:
		return "throttled"
	case Transient:
		return "transient"
	case Fatal:
		return "fatal"
	}
	return "invalid kind"
}

// Outcome is what an answer means.
type Outcome struct {
	Kind Kind
	// ID is the object's id in the API, if it answered one.
	ID string
	// Code is the provider's own code, else one of this program's (http_404, bad_response).
	// It is empty for a plain success.
	Code string
	// Message is the provider's text, cleaned and bounded by [CleanMessage]. For a success it is a warning.
	Message string
	// Field is the provider's name of the field at fault, as the answer gives it; of
	// several as in [ErrorInfo].
	Field string
	// Warning says that it succeeded, but not as one would wish; Code and Message say how.
	Warning bool
	// RetryAfter is how long the provider asks to wait, at least 0; 0: it does not say.
	RetryAfter time.Duration
}
