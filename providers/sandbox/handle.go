package sandbox

import (
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rowpost/mapping"
)

// handle takes one request from its arrival to the last byte of its answer.
func (s *Sandbox) handle(w http.ResponseWriter, r *http.Request) {
	s.handlers.Add(1)
	defer s.handlers.Done()
	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if name == inspectPrefix {
		s.inspect(w, r, path)
		return
	}
	sim := s.sim(name)
	if sim == nil {
		http.Error(w, "no such provider: the sandbox has "+mapping.Listed(s.names()), http.StatusNotFound)
		return
	}
	c := &call{sim: sim, request: r, path: "/" + path, arrived: s.opts.now()}
	sim.tally.arrive()
	s.receive(w, c)
	c.attempt = sim.tally.attempt(c.content, s.opts.Faults.any())
	answer, act := s.respond(c)
	complete := s.wait(r.Context(), c, act)
	if !complete || act.End.resets() {
		answer.status = 0
	}
	// The call must be off the books before the client can see its answer, or a client
	// that keeps to a limit of calls at once would seem to pass it.
	sim.tally.leave(answer.status)
	s.ledger.receive(c, answer.status)
	send(w, answer, act.End)
}

// receive reads a call's body, and finds out what is wrong with it before its
// content is looked at.
func (s *Sandbox) receive(w http.ResponseWriter, c *call) {
	body, err := readBody(w, c.request)
	c.body = body
	c.content = contentHash(c)
	c.refusal = c.route()
	if c.endpoint == nil || c.endpoint.kind != token {
		c.sim.tally.called()
	}
	if c.refusal == nil && err != nil {
		c.refuse("The body is too large or was not sent whole.")
	}
	if c.refusal == nil && c.endpoint.kind != token {
		c.admit()
	}
	if c.refusal == nil {
		c.checkForm()
	}
}

func (c *call) refuse(message string) {
	r := c.sim.trouble(http.StatusBadRequest, message)
	c.refusal = &r
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > 0 && r.ContentLength <= maxBody {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
}

// admit asks limiter and credentials, in the provider's order.
func (c *call) admit() {
	if c.sim.perCaller {
		c.limit()
	}
	if c.refusal == nil {
		c.refusal = c.sim.authorize(c)
	}
	if c.refusal == nil && !c.sim.perCaller {
		c.limit()
	}
}

func (c *call) limit() {
	if c.sim.limiter == nil || c.endpoint.kind != write && !c.sim.perCaller {
		return
	}
	wait, ok := c.sim.tally.admit(c.sim.limiter, c.arrived)
	if ok {
		return
	}
	r := c.sim.trouble(http.StatusTooManyRequests, "Too many requests.")
	if c.sim.perCaller { // of Paysafe's 429 no header is documented
		r = r.with("Retry-After", strconv.Itoa(seconds(wait)))
	}
	c.refusal = &r
}

// seconds rounds up, as Retry-After and expires_in have whole ones only.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// checkForm refuses a write whose outer form no provider documents. None documents
// a status for it either, but all have 400 for a request that cannot be read.
func (c *call) checkForm() {
	if c.endpoint.kind == read || c.endpoint.kind == declaredWrite {
		return
	}
	header := c.request.Header
	switch {
	case !mediaIs(header, c.endpoint.media):
		c.refuse("The content type must be " + c.endpoint.media + ".")
	case header.Get("Content-Encoding") != "":
		c.refuse("The body must not be encoded.")
	case c.request.URL.RawQuery != "":
		c.refuse("Parameters belong into the body, not into the address.")
	}
}

// mediaIs takes exactly one Content-Type, without a charset or with UTF-8.
func mediaIs(header http.Header, want string) bool {
	values := header["Content-Type"]
	if len(values) != 1 {
		return false
	}
	if values[0] == want {
		return true
	}
	media, params, err := mime.ParseMediaType(values[0])
	charset := params["charset"]
	return err == nil && media == want && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// respond finds the answer to a call: scripted, by chance, or simulated.
func (s *Sandbox) respond(c *call) (reply, Answer) {
	act, scripted := c.sim.tally.script(c)
	if !scripted && c.refusal == nil && c.endpoint.kind != token {
		act = s.opts.Faults.draw(s.opts.Seed, c)
	}
	if act.End == ResetBefore {
		return reply{}, act
	}
	var r reply
	if act.Status == 0 || act.Apply {
		r = c.simulate(s.ledger)
	}
	if act.Status != 0 {
		r = act.reply()
	}
	for name, values := range act.Header {
		r = r.with(name, strings.Join(values, ", "))
	}
	return r, act
}

// wait spends the call's latency. It is false if the client or the sandbox went
// away meanwhile.
func (s *Sandbox) wait(ctx context.Context, c *call, act Answer) bool {
	if act.Hold != nil {
		select {
		case <-act.Hold:
		case <-ctx.Done():
			return false
		}
	}
	delay := act.Delay + spread(s.opts.Latency, mix(s.opts.Seed, c.content, 1))
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// send writes an answer. Status 0 resets the connection instead.
func send(w http.ResponseWriter, r reply, end Ending) {
	if r.status == 0 {
		reset(w)
		return
	}
	header := w.Header()
	for name, values := range r.header {
		header[name] = values
	}
	if r.media != "" && header["Content-Type"] == nil {
		header["Content-Type"] = []string{r.media}
	}
	body := r.body
	if end == Truncated {
		// The server closes a connection on which less than announced was written.
		header.Set("Content-Length", strconv.Itoa(max(len(body), 2)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(body) // the client may be gone; then nobody is left to be told
}

// reset ends the connection so that the client sees it torn, not closed.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the server's own way to drop a connection
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = tcp.SetLinger(0)
	}
	// Neither error has anybody to go to: the connection is gone in any case.
	_ = errors.Join(err, conn.Close())
}
