package batch

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pending are the ends of requests under way.
type pending []timedAnswer

func (p pending) Len() int           { return len(p) }
func (p pending) Less(i, j int) bool { return p[i].at < p[j].at }
func (p pending) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *pending) Push(x any)        { *p = append(*p, x.(timedAnswer)) }
func (p *pending) Pop() any {
	old := *p
	last := old[len(old)-1]
	*p = old[:len(old)-1]
	return last
}

// fed is what came of a width before a server.
type fed struct {
	answers []timedAnswer
	widths  []widthAt // each that there was, and since when
}

type widthAt struct {
	at    time.Duration
	width int
}

// feed lets as many requests be in flight for a time as the width says, and as others than the
// width allow. Latency is a server's, for a request that arrives now.
func feed(w *adaptiveWidth, d time.Duration, others int, latency func(now time.Duration) time.Duration) fed {
	start := time.Now()
	var p pending
	out := fed{widths: []widthAt{{0, w.now}}}
	send := func(now time.Duration) {
		took := latency(now)
		heap.Push(&p, timedAnswer{now + took, took})
	}
	send(0)
	for p[0].at <= d {
		a := heap.Pop(&p).(timedAnswer)
		out.answers = append(out.answers, a)
		w.took(start.Add(a.at), a.took)
		if w.now != out.widths[len(out.widths)-1].width {
			out.widths = append(out.widths, widthAt{a.at, w.now})
		}
		for len(p) < min(others, w.now) {
			send(a.at)
		}
	}
	return out
}

// between is answers a second in a span of time, and their mean latency.
func (f fed) between(from, to time.Duration) (rate float64, mean time.Duration) {
	s := timed{sent: f.answers}
	return s.between(from, to)
}

// serial is a server that answers one request after the other, after a way of its own.
func serial(perSecond float64, way time.Duration) func(time.Duration) time.Duration {
	var free time.Duration
	return func(now time.Duration) time.Duration {
		free = max(free, now) + seconds(1/perSecond)
		return free - now + way
	}
}

// always is a server that takes as long for one as for many.
func always(d time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return d }
}

// after is one server, and from a time on another one.
func after(d time.Duration, first, then func(time.Duration) time.Duration) func(time.Duration) time.Duration {
	return func(now time.Duration) time.Duration {
		if now < d {
			return first(now)
		}
		return then(now)
	}
}

func TestTheWidthThatAServerGets(t *testing.T) {
	const ms = time.Millisecond
	for _, tc := range []struct {
		name       string
		most       int
		others     int // what may be in flight for other reasons
		server     func(time.Duration) time.Duration
		least, end [2]int // bounds of the lowest and of the last width
	}{
		{"few at a time are never changed", 3, 64, after(10*time.Second, always(10*ms), always(time.Second)), [2]int{3, 3}, [2]int{3, 3}},
		{"quick answers change nothing", 64, 64, always(20 * ms), [2]int{64, 64}, [2]int{64, 64}},
		{"a queue that costs a few ms is let be", 32, 64, serial(1000, 0), [2]int{32, 32}, [2]int{32, 32}},
		{"a long queue is emptied", 64, 64, serial(100, 0), [2]int{3, 4}, [2]int{3, 6}},
		{"a queue behind a long way keeps the way full", 64, 64, serial(100, 100*ms), [2]int{12, 22}, [2]int{12, 33}},
		{"a server that is slow by itself", 64, 64, after(5*time.Second, always(10*ms), always(time.Second)), [2]int{45, 45}, [2]int{64, 64}},
		{"few in flight for other reasons", 64, 16, after(5*time.Second, always(10*ms), serial(50, 0)), [2]int{64, 64}, [2]int{64, 64}},
		{"a queue for a minute", 64, 64, after(time.Minute, serial(100, 0), always(10*ms)), [2]int{3, 4}, [2]int{64, 64}},
		{"a queue for a minute, then slow by itself", 64, 64, after(time.Minute, serial(100, 0), always(50*ms)), [2]int{3, 4}, [2]int{64, 64}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newAdaptiveWidth(tc.most)
			out := feed(&w, 3*time.Minute, tc.others, tc.server)
			lowest := tc.most
			for _, c := range out.widths {
				lowest = min(lowest, c.width)
			}
			if lowest < tc.least[0] || lowest > tc.least[1] || w.now < tc.end[0] || w.now > tc.end[1] {
				t.Errorf("widths %v: the lowest is to be one of %v, the last one of %v", out.widths, tc.least, tc.end)
			}
		})
	}
}

// The same question is asked more and more rarely.
func TestAServerThatIsSlowByItselfIsRarelyTried(t *testing.T) {
	w := newAdaptiveWidth(16)
	out := feed(&w, 2*time.Hour, 16, after(5*time.Second, always(10*time.Millisecond), always(500*time.Millisecond)))
	trials, lower := 0, time.Duration(0)
	for i, c := range out.widths[1:] {
		if c.width == 16 {
			trials++
			lower += c.at - out.widths[i].at
		}
	}
	if trials < 5 || trials > 11 || lower > 72*time.Second { // a hundredth of the time
		t.Errorf("%d trials, %s of two hours: %v", trials, lower, out.widths)
	}
}

// However long a server takes, and however its latency scatters and changes, as long as that has
// nothing to do with what is in flight most of what a fixed width could do is done. The worst are
// servers that are slow and quick by turns, in step with the trials.
func TestLatencyOfAnyKindCostsLittle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		sigma := rapid.Float64Range(0, 1.2).Draw(t, "sigma")
		phase := time.Duration(rapid.IntRange(20, 200).Draw(t, "phase, s")) * time.Second
		medians := rapid.SliceOfN(rapid.IntRange(20, 1000), 1, 4).Draw(t, "medians, ms")
		inFlight := rapid.IntRange(1, 16).Draw(t, "in flight")
		w := newAdaptiveWidth(inFlight)
		const d = 10 * time.Minute
		out := feed(&w, d, inFlight, func(now time.Duration) time.Duration {
			median := float64(medians[int(now/phase)%len(medians)]) / 1000
			return seconds(median * math.Exp(sigma*rnd.NormFloat64()))
		})
		var busy time.Duration
		for _, a := range out.answers {
			busy += a.took
		}
		if share := busy.Seconds() / d.Seconds() / float64(inFlight); share < 0.8 {
			t.Errorf("%.1f %% of the width used: %v", 100*share, out.widths)
		}
	})
}

// Whatever a queue's shape, what its server can do is used, and nobody waits long in it.
func TestAQueueOfAnyKindIsKeptShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		perSecond := rapid.Float64Range(20, 400).Draw(t, "a second")
		way := time.Duration(rapid.IntRange(0, 100).Draw(t, "way, ms")) * time.Millisecond
		scatter := rapid.Float64Range(0, 0.5).Draw(t, "scatter")
		inFlight := rapid.IntRange(1, 64).Draw(t, "in flight")
		var free time.Duration
		serve := func(now time.Duration) time.Duration {
			free = max(free, now) + seconds((1+scatter*(2*rnd.Float64()-1))/perSecond)
			return free - now + way
		}
		w := newAdaptiveWidth(inFlight)
		out := feed(&w, 8*time.Minute, inFlight, serve)
		rate, mean := out.between(5*time.Minute, 8*time.Minute)
		idle := way + seconds(1/perSecond)
		could := min(perSecond, float64(inFlight)/idle.Seconds())
		if most := max(10*idle, idle+5*slowBy); rate < 0.85*could || mean > most {
			t.Errorf("%.1f/s of %.1f/s, %s, at most %s: %v", rate, could, mean, most, out.widths)
		}
	})
}

func BenchmarkWidth(b *testing.B) {
	for _, latency := range []time.Duration{time.Millisecond, time.Second} {
		b.Run(fmt.Sprint(latency), func(b *testing.B) {
			w := newAdaptiveWidth(64)
			now := time.Now()
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(latency / 64)
				w.took(now, latency)
			}
		})
	}
}
