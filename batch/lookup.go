package batch

import (
	"strings"

	"rowpost/providers"
)

// CodeLookedUp marks a request that was in doubt until the provider was asked: it had
// been applied.
const CodeLookedUp = "looked_up"

// lookup is what a task becomes that ended in doubt, if its operation can ask the
// provider whether the request was applied.
type lookup struct {
	request providers.Request
	doubt   Entry // what stays if the answer shows nothing
	earlier bool  // it is of an earlier start
}

// askedWords end the message of a request that stayed in doubt although the provider was asked.
const askedWords = "; the provider was asked, and its answer does not show it"

// canLookUp says that a request that an earlier start left in doubt is asked about. Each
// start asks once more: what was still under way then may show by now.
func (o *operation) canLookUp(e Entry) bool {
	_, ok := o.Operation.(providers.Lookup)
	return ok && e.Status == InDoubt && !e.Again
}

// lookupOf gives the request that asks about a task; false if there is none.
func (t *task) lookupOf() (r providers.Request, ok bool) {
	defer func() {
		if recover() != nil { // a bug of the provider's code leaves the doubt as it is
			ok = false
		}
	}()
	l, is := t.op.Operation.(providers.Lookup)
	if !is {
		return providers.Request{}, false
	}
	return l.Lookup(t.call)
}

// beginLookup makes the task's next requests ask what became of the first. False: there is
// no way to ask about this one.
func (t *task) beginLookup(doubt Entry) bool {
	r, ok := t.lookupOf()
	if ok {
		doubt.Message = strings.TrimSuffix(doubt.Message, askedWords)
		t.lookup = &lookup{request: r, doubt: doubt}
		t.history = history{safe: true}
	}
	return ok
}

// addsNoDoubt says that the task cannot end in a doubt that was not there before this
// start, and that a person has to settle.
func (t *task) addsNoDoubt() bool { return t.op.safe || t.lookup != nil && t.lookup.earlier }

// outgoing is the request to send next.
func (t *task) outgoing() providers.Request {
	if t.lookup != nil {
		return t.lookup.request
	}
	return t.call
}

// interpret reads the answer to what was sent.
func (t *task) interpret(r providers.Response) (out providers.Outcome) {
	if t.lookup == nil {
		return t.op.interpret(t.call, r)
	}
	defer func() {
		if recover() != nil {
			out = providers.Outcome{Code: codeInternal}
		}
	}()
	out = t.op.Operation.(providers.Lookup).Settle(t.call, t.lookup.request, r)
	if out.Kind == providers.Unknown || out.Kind == providers.Rejected {
		// It shows nothing, and asking once more would not either.
		out.Kind = providers.Rejected
	}
	return out
}

// lookedUp turns the verdict on an attempt into what it means where the provider can be
// asked: a doubt is looked up before it is final, and a lookup settles it or leaves it.
func (t *task) lookedUp(v verdict) verdict {
	if t.lookup == nil {
		if v.step == finish && v.entry.Status == InDoubt && v.stop == nil && v.entry.Code != codeInterrupted {
			if _, ok := t.lookupOf(); ok {
				v.step = look
			}
		}
		return v
	}
	if v.step != finish {
		return v
	}
	if v.entry.Status != Succeeded {
		v.entry = t.lookup.doubt // settle adds the attempts
		v.entry.Message += askedWords
		return v
	}
	v.entry.Code = CodeLookedUp
	v.entry.Message = "no answer came, or none that said so; the provider was asked, and its answer shows that it was applied"
	return v
}
