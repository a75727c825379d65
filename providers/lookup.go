package providers

import "fmt"

// Lookup is implemented by operations whose doubtful requests can be looked up at the
// provider: of which nobody knows whether they were applied, because no answer came or
// none that says so. Its methods are pure, total and safe for concurrent use.
type Lookup interface {
	// Lookup gives the request that asks for the object that r would have changed; false
	// if r names none. It is made from r alone, as r is all that is known after a crash,
	// and it changes nothing at the provider: a GET without a body, so that it may be
	// sent any number of times. Any request gives an answer, one that Build never made too.
	Lookup(r Request) (Request, bool)

	// Settle reads the answer to a lookup. Succeeded: it shows that asked was applied, or
	// that all is as if it were; ID is the object's. Unknown: it shows nothing certain; Code
	// and Message say why. Throttled, Transient and Fatal are about the lookup itself, and
	// mean for it what they mean for any request.
	//
	// It is never Rejected. That an object is missing, or has other values, does not show
	// that asked was not applied: it may still be under way, or somebody else may have
	// changed the object since. So nothing is ever sent again because of a lookup.
	Settle(asked, lookup Request, r Response) Outcome
}

// CodeUnsettled is the code of an answer to a lookup that leaves the doubt as it is.
const CodeUnsettled = "unsettled"

// Unsettled is the outcome of an answer to a lookup that does not show that the request
// was applied. By its status the lookup may have to wait, be repeated or stop the lane,
// as with any request; but unlike a change, a lookup whose own fate is unclear (408, 5xx,
// an answer that broke off) is Transient. Why says in words, for a complete answer with
// status 2xx, what it fails to show.
func (c Conventions) Unsettled(r Response, why string) Outcome {
	if r.Status >= 200 && r.Status <= 299 {
		if r.Incomplete {
			return Outcome{Kind: Transient, Code: CodeBadResponse, Message: "the answer to the lookup broke off"}
		}
		return Outcome{Kind: Unknown, Code: CodeUnsettled, Message: CleanMessage(why)}
	}
	out := c.Failure(r)
	switch out.Kind {
	case Rejected:
		out.Kind, out.RetryAfter = Unknown, 0
		out.Message = CleanMessage(fmt.Sprintf("the lookup found nothing, and the request may still be under way (%d, %s)", r.Status, out.Message))
	case Unknown:
		out.Kind = Transient
	case Succeeded, Throttled, Transient, Fatal:
	}
	return out
}
