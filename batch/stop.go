package batch

import "time"

// StopKind says what sort of reason ended a lane or a run before its last row, and
// so what somebody has to do.
type StopKind uint8

// The kinds of a stop, from the weakest to the strongest.
const (
	NotStopped  StopKind = iota
	Unavailable          // nobody need act: unreachable, or asks to wait too long, or a deadline; the same command goes on
	Refused              // somebody must act: credentials or configuration are refused, or too many errors
	Interrupted          // a signal; the same command goes on
	Broken               // the run itself could not go on: a full disk, an unreadable source
)

// Stop is why a lane or a run took no more rows. It is an error, so that it can be
// the cause of a context's end.
type Stop struct {
	Kind    StopKind
	Code    string // for the rows that it left: http_401, timeout, interrupted, max_errors ...
	Message string // the reason in words, without secrets
	// Until is when to go on, if the provider said so.
	Until time.Time
	// Signal is the number of the signal that interrupted the run, else 0.
	Signal int
}

// Error is the reason in words.
func (s *Stop) Error() string { return s.Message }
