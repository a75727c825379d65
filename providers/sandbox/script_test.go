package sandbox

import (
	"context"
	"maps"
	"strconv"
	"testing"
	"time"
)

func TestScriptAnswersInTurn(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	c.login()
	s.Script(paysafe, "",
		Answer{Status: 401, Body: `{"error":{}}`},
		Answer{Status: 503, Apply: true, Header: map[string][]string{"Retry-After": {"7"}, "Content-Type": {"text/plain"}}},
		Answer{Header: map[string][]string{"X-Extra": {"1"}}},
	)
	s.Script(paysafe, opToken, Answer{Status: 500})
	c.expect(valid(paysafe), 401, `{"error":{}}`)
	c.expect(tokenAsk(), 500, "")
	c.expect(tokenAsk(), 200, "")
	if got := c.expect(valid(paysafe), 503, ""); got.header.Get("Retry-After") != "7" || got.header.Get("Content-Type") != "text/plain" {
		t.Errorf("headers: %v", got.header)
	}
	if got := c.expect(valid(paysafe), 200, "VERIFIED"); got.header.Get("X-Extra") != "1" {
		t.Errorf("headers: %v", got.header)
	}
	c.expect(valid(paysafe), 200, "VERIFIED")
	if got := s.Count(paysafe, "700100200"); got != 3 {
		t.Errorf("applied %d times, want 3: with the 503 and twice after it", got)
	}
}

func TestEndings(t *testing.T) {
	for _, tc := range []struct {
		name    string
		answer  Answer
		status  int // 0: no head of an answer comes
		applied int
	}{
		{"reset before", Answer{End: ResetBefore}, 0, 0},
		{"reset after", Answer{End: ResetAfter}, 0, 1},
		{"truncated", Answer{End: Truncated}, 200, 1},
		{"truncated to nothing", Answer{End: Truncated, Status: 500}, 500, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t, Options{})
			s.Script(invisibleCollector, "update_customer", tc.answer)
			c := newClient(t, s)
			got := c.do(valid(invisibleCollector))
			if got.err == nil || got.status != tc.status {
				t.Errorf("answered %d, error %v", got.status, got.err)
			}
			stats := s.Stats(invisibleCollector)
			if stats.Applied != tc.applied || stats.Answers[tc.status] != 1 {
				t.Errorf("stats: %+v", stats)
			}
			c.expect(valid(invisibleCollector), 200, "")
		})
	}
}

func TestHookSeesTheCall(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	var calls []Call
	s.Hook(trackfinity, func(call Call) Answer {
		calls = append(calls, call)
		if call.Object == "191" && call.Attempt == 2 {
			return Answer{Status: 418}
		}
		return Answer{}
	})
	c.expect(valid(trackfinity), 200, "true")
	c.expect(valid(trackfinity), 418, "")
	c.expect(valid(trackfinity), 200, "true")
	s.Hook(trackfinity, nil)
	c.expect(valid(trackfinity), 200, "true")
	if len(calls) != 3 {
		t.Fatalf("the hook saw %d calls", len(calls))
	}
	got := calls[2]
	if got.Provider != trackfinity || got.Operation != "set_customer_details" || got.Nth != 3 || got.Attempt != 3 ||
		got.Path != "/api/customer/set_customer_details" || string(got.Body) != valid(trackfinity).body || got.Header.Get("Api-Key") == "" {
		t.Errorf("the third call: %+v", got)
	}
}

func TestClientThatGivesUp(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	s.Hook(paysafe, func(call Call) Answer {
		if call.Operation == opToken {
			return Answer{}
		}
		cancel()
		return Answer{Delay: time.Hour}
	})
	c.login()
	if got := c.doCtx(ctx, valid(paysafe)); got.err == nil {
		t.Fatalf("answered %d", got.status)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := s.Stats(paysafe); got.Applied != 1 || got.Answers[0] != 1 {
		t.Errorf("the change must stand though nobody waited for its answer: %+v", got)
	}
}

type outcome struct {
	status  int // of the answer; 0: none came
	whole   bool
	applied int // so far, to this customer
}

// outcomes sends 60 requests, each up to three times, in some order, and tells what
// became of each.
func outcomes(t *testing.T, seed uint64, order func(i int) int) map[string]outcome {
	t.Helper()
	s := start(t, Options{Seed: seed, Faults: Faults{
		TooMany: 0.1, Unavailable: 0.1, ServerError: 0.1, ResetBefore: 0.1, ResetAfter: 0.1, Truncated: 0.1, Slow: 0.1, SlowBy: time.Millisecond,
	}})
	c := newClient(t, s)
	got := map[string]outcome{}
	for i := range 60 {
		a := valid(trackfinity)
		a.body = "customer_id=" + strconv.Itoa(order(i)) + "&zip=1"
		for attempt := range 3 {
			res := c.do(a)
			got[a.body+"#"+strconv.Itoa(attempt)] = outcome{res.status, res.err == nil, s.Count(trackfinity, strconv.Itoa(order(i)))}
		}
	}
	return got
}

func TestFaultsComeFromTheSeed(t *testing.T) {
	forward := outcomes(t, 7, func(i int) int { return i })
	backward := outcomes(t, 7, func(i int) int { return 59 - i })
	if !maps.Equal(forward, backward) {
		t.Error("the same requests in another order met other faults")
	}
	if maps.Equal(forward, outcomes(t, 8, func(i int) int { return i })) {
		t.Error("another seed changed nothing")
	}
	kinds := map[outcome]int{}
	for _, o := range forward {
		o.applied = 0
		kinds[o]++
	}
	for _, o := range []outcome{{200, true, 0}, {429, true, 0}, {500, true, 0}, {503, true, 0}, {0, false, 0}, {200, false, 0}} {
		if kinds[o] == 0 {
			t.Errorf("no request ended with %+v: %v", o, kinds)
		}
	}
}

func TestFaultsKeepTheirShares(t *testing.T) {
	f := Faults{TooMany: 0.05, Unavailable: 0.1, ServerError: 0.1, ResetBefore: 0.1, ResetAfter: 0.1, Truncated: 0.1, Slow: 0.05}
	sim := newTrackfinity(Options{}.withDefaults())
	const n = 50_000
	var resets, applied500, statuses, plain int
	for i := range n {
		c := &call{sim: sim, content: fnv(fnvStart, strconv.Itoa(i%10_000)), attempt: 1 + i/10_000}
		switch a := f.draw(1, c); {
		case a.End.resets():
			resets++
		case a.Status != 0:
			statuses++
			if a.Apply {
				applied500++
			}
		case a.plain():
			plain++
		}
	}
	for name, share := range map[string][2]float64{
		"resets": {float64(resets), 0.2}, "statuses": {float64(statuses), 0.25}, "applied": {float64(applied500), 0.05}, "none": {float64(plain), 0.4},
	} {
		if got := share[0] / n; got < share[1]-0.01 || got > share[1]+0.01 {
			t.Errorf("%s: a share of %.3f, want %.3f", name, got, share[1])
		}
	}
}

func TestFaultsSpareNoContentForEver(t *testing.T) {
	sim := newTrackfinity(Options{}.withDefaults())
	f := Faults{ResetBefore: 0.5}
	for content := range uint64(100) {
		fails := 0
		for attempt := range 64 {
			if a := f.draw(1, &call{sim: sim, content: mix(content), attempt: 1 + attempt}); !a.plain() {
				fails++
			}
		}
		if fails < 8 || fails > 56 {
			t.Errorf("content %d fails %d times of 64, at a chance of a half", content, fails)
		}
	}
}

func TestScriptGoesBeforeChance(t *testing.T) {
	s := start(t, Options{Faults: Faults{Unavailable: 1, RetryAfter: 1500 * time.Millisecond}})
	c := newClient(t, s)
	s.Script(trackfinity, "", Answer{})
	c.expect(valid(trackfinity), 200, "true")
	if got := c.expect(valid(trackfinity), 503, ""); got.header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
}

func TestSpreadKeepsTheMean(t *testing.T) {
	const n = 20_000
	sum, least, most := time.Duration(0), time.Hour, time.Duration(0)
	for i := range uint64(n) {
		d := spread(time.Second, mix(3, i))
		sum, least, most = sum+d, min(least, d), max(most, d)
	}
	if mean := sum / n; mean < 980*time.Millisecond || mean > 1020*time.Millisecond {
		t.Errorf("mean %v, want a second", mean)
	}
	if least < 500*time.Millisecond || most > 2*time.Second {
		t.Errorf("from %v to %v, want half of a second to two", least, most)
	}
}

func TestLatencyIsSpent(t *testing.T) {
	s := start(t, Options{Latency: 30 * time.Millisecond})
	c := newClient(t, s)
	began := time.Now()
	c.expect(valid(cleverbridge), 200, "")
	if took := time.Since(began); took < 15*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
}
