package batch

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	simSeeds = flag.Int("sim", 150, "how many seeds TestSimulation tries")
	simSeed  = flag.Uint64("simseed", 1, "the first of them; with -sim 1 its trace is printed")
)

// simulator tries seeds and counts what they met.
type simulator struct {
	bindings simBindings
	hits     map[string]int
}

func newSimulator() *simulator { return &simulator{simBindings{}, map[string]int{}} }

// oneThread makes the order in which goroutines run in one instant a function of the seed,
// as far as the scheduler lets it, and saves them the way between threads. A sync.Pool, and
// all that leads to it, lives on until the second collection: with a much higher percentage
// a long simulation would grow with each.
func oneThread(t *testing.T) {
	threads, percent := runtime.GOMAXPROCS(1), debug.SetGCPercent(200)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(threads)
		debug.SetGCPercent(percent)
	})
}

// simulate lives through a plan in a bubble of its own.
func (s *simulator) simulate(t *testing.T, p *simPlan) (w *simWorld) {
	w = newSimWorld(p, s.bindings.bind(t, p))
	defer func() {
		if stuck := recover(); stuck != nil {
			w.fault("it stands still: %v", stuck)
		}
	}()
	synctest.Test(t, func(t *testing.T) { w.live(t) })
	return w
}

// live runs starts until the run is finished, and judges after each.
func (w *simWorld) live(t *testing.T) {
	w.began = time.Now().Add(-1) // no time is 0
	for i, end := range w.plan.ends {
		w.one(t, i, end, w.plan.options)
		<-time.After(end.gap)
	}
	last := w.plan.options
	if !w.plan.plain {
		w.healthy = true
		last.MaxErrors = MaxErrors{}
		if w.plan.draw(drawEnd) < 0.5 {
			last.From, last.To, last.Limit = 0, 0, 0
		}
	}
	final := w.one(t, len(w.starts), simEnd{}, last)
	for range 2 { // what waited for a doubt, or was refused by mistake, goes the next time
		if !w.plan.plain && slices.ContainsFunc(final.results, final.unfinished) {
			final = w.one(t, len(w.starts), simEnd{}, last)
		}
	}
	<-time.After(time.Hour) // what is late comes now
	w.judgeLedger()
	w.judgeFinal(final)
	more := w.one(t, len(w.starts), simEnd{}, last)
	w.judgeNothingMore(final, more)
}

// one runs a start and judges it.
func (w *simWorld) one(t *testing.T, number int, end simEnd, o Options) *simStart {
	if number > 0 {
		w.hit("resumed")
	}
	s := w.newStart(number, end, o)
	s.run(t)
	w.judgeStart(s)
	return s
}

func TestSimulation(t *testing.T) {
	oneThread(t)
	s := newSimulator()
	for i := range *simSeeds {
		seed := *simSeed + uint64(i)
		w := s.try(t, seed)
		if t.Failed() || *simSeeds == 1 {
			var b strings.Builder
			w.tell(&b)
			t.Logf("seed %d; to repeat: go test ./batch -run 'TestSimulation$' -sim 1 -simseed %d\n%s", seed, seed, b.String())
			return
		}
	}
	s.report(t)
}

// try lives through a seed's world. What a plain one ends with must be what it ends with
// if nothing interrupts it.
func (s *simulator) try(t *testing.T, seed uint64) *simWorld {
	p := newSimPlan(seed)
	w := s.simulate(t, p)
	if p.plain && len(p.ends) > 0 && len(w.faults) == 0 {
		undisturbed := *p
		undisturbed.ends = nil
		w.judgeSame(s.simulate(t, &undisturbed))
	}
	for what, n := range w.hits {
		s.hits[what] += n
	}
	for _, f := range w.faults {
		t.Error(f)
	}
	return w
}

// report prints what was met. A long run that missed something proves nothing about it.
func (s *simulator) report(t *testing.T) {
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(s.hits)) {
		fmt.Fprintf(&b, "%s %d, ", what, s.hits[what])
	}
	t.Logf("%d seeds from %d: %s", *simSeeds, *simSeed, strings.TrimSuffix(b.String(), ", "))
	if *simSeeds < 1000 {
		return
	}
	for _, what := range simMustBeMet {
		if s.hits[what] == 0 {
			t.Errorf("%d seeds never met: %s", *simSeeds, what)
		}
	}
}

// simMustBeMet are the faults, ends and outcomes that a long run has to see.
var simMustBeMet = []string{
	"crash", "resumed", "interrupted", "aborted", "disk error", "unrecorded", "lookup", "compared with an undisturbed run",
	"200", "422", "429", "429 long", "500", "503", "401", "applied and lost", "lost", "applied late", "no answer", "truncated",
	"partly sent", "unwritten", "no connection", "token 200", "token 401", "token 503",
	"succeeded", "succeeded, looked_up", "failed", "failed, superseded", "in_doubt", "in_doubt, unrecorded",
	"not_sent", "not_sent, key_in_doubt", "invalid", "skipped",
	"stopped: give_up", "stopped: max_wait", "stopped: max_errors", "stopped: in_doubt", "stopped: http_401",
	"stopped: token_http_401", "stopped: refused_alike", "stopped: interrupted",
}

// A seed is worth printing only if it gives the same world again.
func TestSimulationRepeats(t *testing.T) {
	if simRace {
		t.Skip("the race detector shuffles what happens in one instant")
	}
	oneThread(t)
	s := newSimulator()
	for seed := range uint64(40) {
		p := newSimPlan(seed)
		first, second := s.simulate(t, p).trace(), s.simulate(t, p).trace()
		if !slices.Equal(first, second) { // a thread that had to give way may have changed an instant's order
			second = s.simulate(t, p).trace()
		}
		for i := range max(len(first), len(second)) {
			if i >= min(len(first), len(second)) || first[i] != second[i] {
				t.Errorf("seed %d: traces of %d and %d events differ from event %d on", seed, len(first), len(second), i)
				break
			}
		}
	}
}
