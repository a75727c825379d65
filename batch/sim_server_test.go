package batch

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"rowpost/providers"
)

// simFate is what becomes of a request at its server.
type simFate uint8

const (
	fateOK           simFate = iota
	fateRefused              // 422, for the row's own fault
	fateThrottled            // 429
	fateForbidding           // 429 with a long Retry-After
	fateBusy                 // 503: not applied
	fateError                // 500: applied, or not
	fateLostAfter            // applied, and the connection dropped
	fateLostBefore           // dropped and not applied
	fateLate                 // applied after the program's time-out
	fateNever                // no answer, not applied
	fateTruncated            // applied, and the answer breaks off
	fateUnauthorized         // 401
	fatePartial              // the connection broke while it was sent
	fateOutage               // no connection
	simFates
)

// named is a fate's name in the counts.
func (f simFate) named() string {
	return [simFates]string{
		"200", "422", "429", "429 long", "503", "500", "applied and lost", "lost", "applied late",
		"no answer", "truncated", "401", "partly sent", "outage",
	}[f]
}

// simEpisode is a time in which a server treats all requests alike.
type simEpisode struct {
	from, to time.Duration // since the start's beginning
	fate     simFate
}

// episodes are those of a lane's server during one start.
func (p *simPlan) episodes(start, lane int) []simEpisode {
	if p.plain || p.lanes[lane].trouble == 0 {
		return nil
	}
	var out []simEpisode
	fates := [...]simFate{fateThrottled, fateBusy, fateError, fateLostBefore, fateUnauthorized, fateUnauthorized, fateOutage, fateOutage}
	for k := range 2 {
		x := p.draw(drawEpisode, start, lane, k)
		if x >= 0.35 {
			continue
		}
		from := time.Duration(1<<int(16*p.draw(drawEpisodeAt, start, lane, k))-1) * time.Millisecond
		length := p.span(time.Millisecond<<int(17*p.draw(drawEpisodeFor, start, lane, k)), drawEpisodeFor, start, lane, k, 1)
		out = append(out, simEpisode{from, from + length, fates[int(x/0.35*float64(len(fates)))]})
	}
	return out
}

// episode is the one that a lane's server is in.
func (s *simStart) episode(lane int) (simFate, bool) {
	since := s.world.now() - s.began
	for _, e := range s.episodes[lane] {
		if !s.world.healthy && since >= e.from && since < e.to {
			return e.fate, true
		}
	}
	return fateOK, false
}

// fate draws what becomes of the n-th request with an id.
func (s *simStart) fate(lane int, a *simArrival, n int) simFate {
	p, l := s.world.plan, s.world.plan.lanes[lane]
	row, request := a.id.row, a.id.request
	if a.lookup {
		request += len(p.requests)
	}
	if l.scheme == providers.OAuth2 && !s.world.tokens[a.token].After(time.Now()) {
		return fateUnauthorized
	}
	if f, ok := s.episode(lane); ok {
		return f
	}
	x := p.draw(drawFate, row, request, n)
	refused := !a.lookup && (l.alike || p.draw(drawRefusal, row, request) < 0.15)
	switch {
	case p.plain && n == 0 && x < 0.1:
		return fateThrottled
	case p.plain && n == 0 && x < 0.2:
		return fateBusy
	case p.plain && refused:
		return fateRefused
	case p.plain, s.world.healthy:
		return fateOK
	case x < l.trouble:
		return p.trouble(row, request, n)
	case refused:
		return fateRefused
	}
	return fateOK
}

// trouble draws one of the faults.
func (p *simPlan) trouble(row, request, n int) simFate {
	switch x := p.draw(drawWhich, row, request, n); {
	case x < 0.02:
		return fateUnauthorized
	case x < 0.04:
		return fateForbidding
	default:
		fates := [...]simFate{
			fateThrottled, fateThrottled, fateBusy, fateBusy, fateError,
			fateLostAfter, fateLostBefore, fateLate, fateNever, fateTruncated,
		}
		return fates[int((x-0.04)/0.96*float64(len(fates)))]
	}
}

// receive takes a request, whole or in part. The lock is held.
func (c *simConn) receive(a *simArrival, part bool) {
	s, w, p := c.start, c.start.world, c.start.world.plan
	a.start, a.lane, a.at = s.number, c.lane, w.now()
	key := a.id
	if a.lookup {
		key.request += len(p.requests)
		w.hit("lookup")
	}
	n := w.asked[key]
	w.asked[key]++
	a.fate = fatePartial
	if !part {
		a.fate = s.fate(c.lane, a, n)
	}
	c.current = a
	w.ledger = append(w.ledger, a)
	w.hit(a.fate.named())
	w.log(s, c.lane, "arrives", a.id, n, a.fate.named())
	latency := p.span(p.lanes[c.lane].latency, drawLatency, s.number, key.row, key.request, n)
	if a.fate == fateLate {
		latency += s.options.Timeout
	}
	if !a.lookup && a.applies(p, n) {
		time.AfterFunc(latency/2, func() { w.apply(s, a) })
	}
	if a.fate != fateNever && a.fate != fateLate && a.fate != fatePartial {
		time.AfterFunc(latency, func() { c.answer(a, n) })
	}
}

// applies says whether a request changes something at the server.
func (a *simArrival) applies(p *simPlan, n int) bool {
	switch a.fate {
	case fateOK, fateLostAfter, fateLate, fateTruncated:
		return true
	case fateError:
		return p.draw(drawApplied, a.id.row, a.id.request, n) < 0.5
	case fateRefused, fateThrottled, fateForbidding, fateBusy, fateLostBefore, fateNever, fateUnauthorized, fatePartial, fateOutage, simFates:
	}
	return false
}

// apply does what a request asks, whether or not the program is still there.
func (w *simWorld) apply(s *simStart, a *simArrival) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.applied[a.id]++
	w.log(s, a.lane, "applied", a.id, w.applied[a.id], "")
}

// answer sends what the server has to say.
func (c *simConn) answer(a *simArrival, n int) {
	w := c.start.world
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.closed || c.broken != nil {
		return
	}
	if a.fate == fateLostAfter || a.fate == fateLostBefore || a.fate == fateOutage {
		a.ended = w.now()
		w.log(c.start, c.lane, "hangs up", a.id, n, "")
		c.cut(io.EOF)
		return
	}
	body := "ok"
	switch a.fate {
	case fateOK, fateTruncated:
		a.status = http.StatusOK
		if a.lookup && w.applied[a.id] == 0 {
			a.status, body = http.StatusNotFound, "unknown"
		}
	case fateRefused:
		a.status, body = http.StatusUnprocessableEntity, fmt.Sprintf("refused_%d", int(3*w.plan.draw(drawRefusal, a.id.row)))
		switch {
		case w.plan.lanes[c.lane].alike:
			body = "refused_alike"
		case w.plan.plain:
			body = fmt.Sprintf("refused_row_%d", a.id.row)
		}
	default:
		a.status, body = [simFates]int{
			fateThrottled: http.StatusTooManyRequests, fateForbidding: http.StatusTooManyRequests,
			fateBusy: http.StatusServiceUnavailable, fateError: http.StatusInternalServerError, fateUnauthorized: http.StatusUnauthorized,
		}[a.fate], "no"
		a.wait = w.retryAfter(a, n)
	}
	a.delivered, a.ended = true, w.now()
	w.log(c.start, c.lane, "answered", a.id, n, strconv.Itoa(a.status)+" "+body)
	c.say(a.status, a.wait, body, a.fate == fateTruncated)
}

// retryAfter draws how long a server asks to wait; 0: it does not say.
func (w *simWorld) retryAfter(a *simArrival, n int) time.Duration {
	x := w.plan.draw(drawRetryAfter, a.id.row, a.id.request, n)
	switch {
	case a.fate == fateForbidding:
		return 2 * time.Hour
	case (a.fate == fateThrottled || a.fate == fateBusy) && x < 0.5:
		return time.Second * time.Duration(1+40*x)
	}
	return 0
}

// token answers the token endpoint.
func (c *simConn) token() {
	s, w := c.start, c.start.world
	n := w.asked[simID{request: -1 - c.lane}]
	w.asked[simID{request: -1 - c.lane}]++
	name := fmt.Sprintf("token-%d-%d", c.lane, n)
	status, body := http.StatusOK, fmt.Sprintf(`{"access_token":%q,"token_type":"bearer","expires_in":3600}`, name)
	life := time.Hour
	x := w.plan.draw(drawTokenLife, s.number, c.lane, n)
	if !w.plan.plain && !w.healthy && x < 0.7 {
		life = 100 * time.Millisecond << int(10*x)
	}
	switch f, ok := s.episode(c.lane); {
	case ok && f == fateUnauthorized, !w.plan.plain && !w.healthy && x > 0.97:
		status, body = http.StatusUnauthorized, `{"error":"invalid_client"}`
	case ok:
		status, body = http.StatusServiceUnavailable, `{"error":"busy"}`
	default:
		w.tokens[name] = time.Now().Add(life)
	}
	w.log(s, c.lane, "token", simID{}, n, strconv.Itoa(status))
	w.hit("token " + strconv.Itoa(status))
	time.AfterFunc(w.plan.span(50*time.Millisecond, drawTokenLife, s.number, c.lane, n, 1), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		c.say(status, 0, body, false)
	})
}

// readSimRequest reads the request's line and its token. It gives nil for one that asks
// for a token.
func readSimRequest(request []byte) *simArrival {
	method, rest, _ := bytes.Cut(request, []byte(" "))
	if string(method) == http.MethodPost {
		return nil
	}
	path, rest, _ := bytes.Cut(rest, []byte(" "))
	a := &simArrival{lookup: string(method) == http.MethodGet}
	parts := bytes.Split(path, []byte("/"))
	a.id.request, _ = strconv.Atoi(string(parts[2]))
	a.id.row, _ = strconv.Atoi(string(parts[3]))
	if _, token, ok := bytes.Cut(rest, []byte("Authorization: Bearer ")); ok {
		token, _, _ = bytes.Cut(token, []byte("\r"))
		a.token = string(token)
	}
	return a
}
