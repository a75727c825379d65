package batch

import (
	"bytes"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// timed is a server whose answers take their time, and when they went out.
type timed struct {
	// latency is asked for each request as it arrives, with the lock held.
	latency func(now time.Time) time.Duration

	start time.Time
	mu    sync.Mutex
	sent  []timedAnswer
}

type timedAnswer struct{ at, took time.Duration } // since start

func (s *timed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	came := time.Now()
	d := s.latency(came)
	s.mu.Unlock()
	pause(d)
	s.mu.Lock()
	s.sent = append(s.sent, timedAnswer{time.Since(s.start), time.Since(came)})
	s.mu.Unlock()
	ok(w, r, 0)
}

// between is what a server did in a span of time: answers a second, and their mean latency.
func (s *timed) between(from, to time.Duration) (rate float64, mean time.Duration) {
	n := 0
	for _, a := range s.sent {
		if a.at >= from && a.at < to {
			n++
			mean += a.took
		}
	}
	return float64(n) / (to - from).Seconds(), mean / time.Duration(max(1, n))
}

// run sends rows to a server by the whole engine and gives what was logged.
func (s *timed) run(t *testing.T, rows, inFlight int) (told string) {
	t.Helper()
	api := newFakeAPI(t, nil)
	api.Config.Handler = s
	job := newJob(t, table(rows), fakeProvider{name: "acme", safe: true}, api)
	setInFlight(job, "acme", inFlight)
	job.Options.Timeout = time.Minute
	var log bytes.Buffer
	job.Log = slog.New(slog.NewTextHandler(&log, nil))
	s.start = time.Now()
	got, _ := lines(t, job)
	for _, r := range got {
		if r.Status != Succeeded || r.Attempts != 1 {
			t.Fatalf("row %d: %s %s at the %d. attempt", r.Row.Num, r.Status, r.Code, r.Attempts)
		}
	}
	return log.String()
}

// queue answers one request after the other.
func queue(perSecond func(since time.Duration) float64) func(time.Time) time.Duration {
	start := time.Now()
	var free time.Time
	return func(now time.Time) time.Duration {
		if free.Before(now) {
			free = now
		}
		free = free.Add(time.Duration(float64(time.Second) / perSecond(now.Sub(start))))
		return free.Sub(now)
	}
}

const fewerTold, backTold = "fewer requests in flight", "as many requests in flight as before"

// A server that queues what it is sent has no more to do with many in flight than with few.
func TestAQueueAtTheProviderIsKeptShort(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		s := &timed{latency: queue(func(time.Duration) float64 { return 100 })}
		told := s.run(t, 9000, 64)
		if rate, mean := s.between(0, time.Second); mean < 200*time.Millisecond {
			t.Errorf("no queue at the beginning: %.1f/s, %s", rate, mean)
		}
		if rate, mean := s.between(0, 30*time.Second); rate < 90 {
			t.Errorf("at first %.1f/s, %s", rate, mean)
		}
		if rate, mean := s.between(30*time.Second, 90*time.Second); rate < 90 || mean > 60*time.Millisecond {
			t.Errorf("then %.1f/s, %s", rate, mean)
		}
		if strings.Count(told, fewerTold) != 1 || strings.Contains(told, backTold) {
			t.Errorf("told: %s", told)
		}
	})
}

// Others use a server, too, for a while.
func TestAQueueIsFollowedWhenItsServerGrowsSlowerAndQuickAgain(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		s := &timed{latency: queue(func(since time.Duration) float64 {
			if since > time.Minute && since < 2*time.Minute {
				return 200
			}
			return 400
		})}
		_ = s.run(t, 400*180-200*60, 32)
		for _, span := range []struct {
			from, to time.Duration
			capacity float64
		}{{20 * time.Second, time.Minute, 400}, {90 * time.Second, 2 * time.Minute, 200}, {150 * time.Second, 3 * time.Minute, 400}} {
			if rate, mean := s.between(span.from, span.to); rate < 0.9*span.capacity || mean > 60*time.Millisecond {
				t.Errorf("from %s to %s: %.1f/s of %.0f/s, %s", span.from, span.to, rate, span.capacity, mean)
			}
		}
	})
}

// A queue that is gone leaves no trace.
func TestTheWidthComesBackWhenTheQueueIsGone(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		queued := queue(func(time.Duration) float64 { return 100 })
		s := &timed{}
		s.latency = func(now time.Time) time.Duration {
			if now.Sub(s.start) < 40*time.Second {
				return queued(now)
			}
			return 50 * time.Millisecond
		}
		told := s.run(t, 4000+320*60, 16)
		if rate, _ := s.between(75*time.Second, 95*time.Second); rate < 0.95*320 {
			t.Errorf("%.1f/s, and 16 in flight at 50 ms are 320/s", rate)
		}
		if strings.Count(told, fewerTold) != 1 || strings.Count(told, backTold) != 1 {
			t.Errorf("told: %s", told)
		}
	})
}

// Latency that has nothing to do with what is in flight costs next to nothing.
func TestSlowAnswersThatAreNoQueueKeepTheirWidth(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	lognormal := func(median, sigma float64) time.Duration {
		return seconds(median * math.Exp(sigma*rnd.NormFloat64()))
	}
	for _, tc := range []struct {
		name     string
		inFlight int
		latency  func(since time.Duration) time.Duration
		lasting  bool // a lower width is told
	}{
		{"ten times as slow from one moment on", 16, func(since time.Duration) time.Duration {
			if since < 10*time.Second {
				return 20 * time.Millisecond
			}
			return 200 * time.Millisecond
		}, false},
		{"slow and quick by turns", 16, func(since time.Duration) time.Duration {
			return []time.Duration{50 * time.Millisecond, 400 * time.Millisecond}[int(since/(20*time.Second))%2]
		}, false},
		{"the first answer is the quickest by far", 16, func(since time.Duration) time.Duration {
			if since == 0 {
				return time.Millisecond
			}
			return 100 * time.Millisecond
		}, false},
		{"lognormal", 32, func(time.Duration) time.Duration { return lognormal(0.1, 0.7) }, false},
		{"lognormal, few in flight", 4, func(time.Duration) time.Duration { return lognormal(0.05, 0.7) }, false},
		{"lognormal with a long tail", 32, func(time.Duration) time.Duration { return lognormal(0.05, 1.3) }, false},
		{"some of many are very slow", 16, func(time.Duration) time.Duration {
			if rnd.IntN(100) == 0 {
				return 5 * time.Second
			}
			return 30 * time.Millisecond
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				s := &timed{}
				s.latency = func(now time.Time) time.Duration { return tc.latency(now.Sub(s.start)) }
				told := s.run(t, 15000, tc.inFlight)
				var busy time.Duration
				for _, a := range s.sent {
					busy += a.took
				}
				// At a width that never changes this is 1, but for the last requests.
				end := s.sent[len(s.sent)-1].at
				t.Logf("share %.3f in %s, told %d", busy.Seconds()/(float64(tc.inFlight)*end.Seconds()), end, strings.Count(told, fewerTold))
				if share := busy.Seconds() / (float64(tc.inFlight) * end.Seconds()); share < 0.95 {
					t.Errorf("%.1f %% of the width used", 100*share)
				}
				if strings.Contains(told, fewerTold) != tc.lasting {
					t.Errorf("told: %s", told)
				}
			})
		})
	}
}
