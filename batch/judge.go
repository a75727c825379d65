package batch

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rowpost/providers"
)

// step is what follows an attempt.
type step uint8

const (
	finish  step = iota // the request has its entry
	repeat              // send it again after a pause of its own
	hold                // the whole lane waits, then it is sent again
	renewal             // get a new token, then send it again at once
	look                // ask the provider whether it was applied
)

// verdict is what an attempt means for its request and its lane.
type verdict struct {
	step  step
	entry Entry // for finish: status, codes and texts; the rest is the lane's
	// wait is the lane's pause, 0 if the provider said nothing.
	wait time.Duration
	// stop, if not nil, ends the lane.
	stop *Stop
	// health is what the answer tells of the provider.
	health health
}

// health is what an attempt tells of the provider, whatever becomes of the row.
type health uint8

const (
	sound     health = iota // it did its work: a success or a refusal of the row's own
	throttled               // 429
	ailing                  // 5xx, no connection, no answer
	refusing                // it refuses all that the lane could send
	neutral                 // nothing
)

// history is what is known of a request before an attempt.
type history struct {
	tries int // attempts that count, this one included; a 429 does not
	// doubt says that an earlier attempt may have been applied.
	doubt bool
	safe  bool // the operation may be repeated
	// renewed says that a token was renewed for this request already.
	renewed bool
}

// judge says what follows an attempt. It is pure: the table of answers and what
// comes of them is here and nowhere else.
func judge(o Options, p providers.Description, h history, status int, out providers.Outcome, fail *sendFailure) verdict {
	if fail != nil {
		return judgeFailure(o, p, h, fail)
	}
	e := Entry{HTTPStatus: status, Code: out.Code, Message: out.Message, Field: out.Field, RemoteID: out.ID}
	last := h.tries >= o.Attempts
	switch out.Kind {
	case providers.Succeeded:
		e.Status = Succeeded
		return verdict{entry: e}
	case providers.Rejected:
		e.Status = Failed
		return verdict{entry: e}
	case providers.Throttled:
		v := verdict{step: hold, wait: out.RetryAfter, health: throttled, entry: e}
		return overdue(o, p, h, v)
	case providers.Transient:
		e.Status, e.Again = Failed, true
		v := verdict{step: repeat, wait: out.RetryAfter, health: ailing, entry: e}
		if last {
			v.step = finish
		}
		return overdue(o, p, h, doubted(h, v))
	case providers.Fatal:
		return judgeFatal(p, h, status, e)
	case providers.Unknown:
		if Planted("unconfirmed-success") && status == http.StatusOK {
			e.Status = Succeeded
			return verdict{entry: e}
		}
	}
	e.Status, e.Again = InDoubt, h.safe
	v := verdict{step: repeat, wait: out.RetryAfter, health: ailing, entry: e}
	if !h.safe || last {
		v.step = finish
	}
	return overdue(o, p, h, v)
}

// doubted turns an entry that says "not applied" into a doubt if an earlier attempt
// may have been applied.
func doubted(h history, v verdict) verdict {
	if h.doubt {
		v.entry.Status = InDoubt
		v.entry.Again = h.safe
	}
	return v
}

// overdue ends the lane if a provider asks to wait longer than the user allows.
func overdue(o Options, p providers.Description, h history, v verdict) verdict {
	if v.wait <= o.MaxWait {
		return v
	}
	v.step = finish
	if v.entry.Status == "" {
		v.entry.Status = Failed
		v.entry.Again = true
		v = doubted(h, v)
	}
	if v.stop != nil {
		return v
	}
	v.stop = &Stop{
		Kind: Unavailable, Code: "max_wait",
		Message: fmt.Sprintf("%s asks to wait %s, more than --max-wait %s", p.Title, v.wait.Round(time.Second), o.MaxWait),
	}
	return v
}

// judgeFatal is for answers that would meet every request of the lane.
func judgeFatal(p providers.Description, h history, status int, e Entry) verdict {
	if status == http.StatusUnauthorized && p.Auth.Scheme == providers.OAuth2 && !h.renewed {
		// Whether there is a new token is the authorizer's to say; without one the lane
		// comes back here with renewed set.
		return verdict{step: renewal, health: neutral, entry: e}
	}
	e.Status, e.Again = Failed, true
	v := verdict{entry: e, health: refusing}
	if Planted("401-goes-on") && status == http.StatusUnauthorized {
		return doubted(h, v)
	}
	v.stop = &Stop{Kind: Refused, Code: e.Code, Message: fatalWords(p, status, e)}
	return doubted(h, v)
}

func fatalWords(p providers.Description, status int, e Entry) string {
	answer := strconv.Itoa(status)
	if e.Message != "" {
		answer += ", " + e.Message
	}
	switch {
	case status == http.StatusUnauthorized:
		return fmt.Sprintf("%s refused the credentials (%s): check %s", p.Title, answer, variables(p))
	case status >= 300 && status < 400:
		return fmt.Sprintf("%s answered with a redirect (%s): check %s", p.Title, answer, BaseURLVariable(p.Name))
	}
	return fmt.Sprintf("%s refused the request in a way that meets every row (%s)", p.Title, answer)
}

// variables names what holds a provider's credentials.
func variables(p providers.Description) string {
	names := make([]string, 0, len(p.Variables))
	for _, v := range p.Variables {
		names = append(names, v.Name)
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return strings.Join(names, "")
}

// BaseURLVariable is the environment variable that holds a provider's address.
func BaseURLVariable(provider string) string {
	return strings.ToUpper(provider) + "_BASE_URL"
}

// judgeFailure is for attempts without an answer.
func judgeFailure(o Options, p providers.Description, h history, fail *sendFailure) verdict {
	e := Entry{Code: fail.code, Message: fail.msg, Again: true}
	last := h.tries >= o.Attempts
	switch {
	case fail.sent:
		e.Status, e.Again = InDoubt, h.safe
	case h.doubt:
		e.Status, e.Again = InDoubt, h.safe
	default:
		e.Status = NotSent
	}
	v := verdict{entry: e, health: ailing, wait: fail.retryAfter}
	switch {
	case fail.refused:
		v.health = refusing
		v.stop = &Stop{Kind: Refused, Code: fail.code, Message: fmt.Sprintf("%s: %s", p.Title, refusalWords(p, fail))}
	case fail.code == codeInterrupted, fail.sent && !h.safe && !Planted("ambiguous-repeated"), last:
	default:
		v.step = repeat
	}
	return overdue(o, p, h, v)
}

func refusalWords(p providers.Description, fail *sendFailure) string {
	if fail.code == codeTLS {
		return fail.msg + "; check " + BaseURLVariable(p.Name)
	}
	return fail.msg + "; check " + variables(p)
}
