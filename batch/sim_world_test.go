package batch

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"rowpost/mapping"
)

// simWorld is one seed's world: the servers with their ledger, the disk, and the clock of
// a bubble. It outlives the starts of the program.
type simWorld struct {
	plan    *simPlan
	bound   *mapping.Binding
	targets []Target
	began   time.Time

	mu      sync.Mutex
	disk    simDisk
	starts  []*simStart
	healthy bool // nothing goes wrong any more
	ledger  []*simArrival
	passes  []simPass
	asked   map[simID]int // requests that reached a server, or were cut on their way
	applied map[simID]int
	tokens  map[string]time.Time // until when each is good
	events  []simEvent
	hits    map[string]int
	faults  []string // what must not be, in words
}

// simArrival is a line of the ledger: a request that reached a server, or part of one.
type simArrival struct {
	start, lane int
	id          simID
	lookup      bool
	at          time.Duration
	ended       time.Duration // when the program had its answer or gave up; 0: not yet
	fate        simFate
	status      int           // of the answer, if one was made
	wait        time.Duration // its Retry-After
	delivered   bool          // the program was alive and listening when the answer came
	token       string
}

// simPass is a moment at which a lane let a request go: behind its limiter, before its
// record.
type simPass struct {
	start, lane int
	id          simID
	at          time.Duration
}

// simEvent is a line of the trace.
type simEvent struct {
	at    time.Duration
	start int
	lane  string
	what  string
	id    simID
	n     int
	note  string
}

func (e simEvent) String() string {
	return fmt.Sprintf("%14s  start %d  %-5s  %-18s row %-3d request %d  %d %s", e.at, e.start, e.lane, e.what, e.id.row, e.id.request, e.n, e.note)
}

func newSimWorld(p *simPlan, bound *mapping.Binding) *simWorld {
	return &simWorld{
		plan: p, bound: bound, targets: p.targets(), disk: simDisk{},
		asked: map[simID]int{}, applied: map[simID]int{}, tokens: map[string]time.Time{}, hits: map[string]int{},
	}
}

func (w *simWorld) now() time.Duration { return time.Since(w.began) }

func (w *simWorld) laneOf(provider string) int {
	return slices.IndexFunc(w.plan.lanes, func(l simLane) bool { return l.name == provider })
}

// log adds a line to the trace.
func (w *simWorld) log(s *simStart, lane int, what string, id simID, n int, note string) {
	name := "-"
	if lane >= 0 {
		name = w.plan.lanes[lane].name
	}
	w.events = append(w.events, simEvent{w.now(), s.number, name, what, id, n, note})
}

// fault says that something is as it must not be.
func (w *simWorld) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// hit counts that something came about.
func (w *simWorld) hit(what string) { w.hits[what]++ }

// trace is all that happened, in the order of time. What happened in the same instant
// stands in an order of its own, as it has none.
func (w *simWorld) trace() []simEvent {
	out := slices.Clone(w.events)
	slices.SortStableFunc(out, func(a, b simEvent) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.lane, b.lane), strings.Compare(a.what, b.what),
			cmp.Compare(a.id.row, b.id.row), cmp.Compare(a.id.request, b.id.request), strings.Compare(a.note, b.note))
	})
	return out
}

// tell writes down what a seed's world was and what came about in it.
func (w *simWorld) tell(out io.Writer) {
	p := w.plan
	fmt.Fprintf(out, "plain %t, options %+v\n", p.plain, p.options)
	for _, l := range p.lanes {
		fmt.Fprintf(out, "%+v\n", l)
	}
	fmt.Fprintf(out, "requests (lane, kind) %v\n", p.requests)
	for i, r := range p.rows {
		fmt.Fprintf(out, "row %d: %+v\n", i+1, r)
	}
	for i, e := range p.ends {
		fmt.Fprintf(out, "end of start %d: %+v\n", i, e)
	}
	for _, e := range w.trace() {
		fmt.Fprintln(out, e)
	}
}
