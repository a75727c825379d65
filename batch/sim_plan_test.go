package batch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"rowpost/providers"
)

// simPlan is all that a seed decides before the first start: the table, the mapping, the
// options, and how each start ends. What the servers do is drawn while it runs, from the
// seed and from what is asked, so that the order of questions does not matter.
type simPlan struct {
	seed uint64
	// plain worlds are without ambiguity: what a server answers depends on the row only, and
	// nothing that was sent is left without an answer. So the order of events cannot show
	// in the result.
	plain    bool
	rows     []simRow
	lanes    []simLane
	requests []simRequest
	options  Options
	ends     []simEnd // of the starts before the last
}

// simRow is a row of the table. Its number is its position, from 1.
type simRow struct {
	id     string
	value  string // "refuse": the operation refuses to build it
	ragged bool
	uses   [4]bool // which of the mapping's requests it makes
}

type simLane struct {
	name     string
	scheme   providers.Scheme
	windows  []providers.Window
	inFlight int
	latency  time.Duration // the longest of a prompt answer
	trouble  float64       // how many answers are faults
	// alike refuses every row in the same words.
	alike bool
}

// simRequest is one of the mapping's requests.
type simRequest struct {
	lane int
	kind simKind
}

// simKind is a sort of operation.
type simKind uint8

const (
	simSafe simKind = iota
	simUnsafe
	simLookup // not safe to repeat, but the provider can be asked whether it was applied
)

// simEnd is how a start ends if it does not end by itself.
type simEnd struct {
	kind  simEndKind
	after time.Duration // since the start
	more  time.Duration // for simAbort: from the end of the feed to the abort
	odds  float64       // for the ends at a call of the journal: at each of them
	gap   time.Duration // to the next start
}

type simEndKind uint8

const (
	simRunsOut     simEndKind = iota // nothing comes between
	simFeedEnds                      // the first interrupt
	simAborted                       // the second one
	simCrash                         // the process dies at a moment
	simCrashAtCall                   // the process dies in a call of the journal
	simDiskFails                     // a call of the journal fails, and all after it
	simCrashAfter                    // the process dies when Run has returned
	simEndKinds
)

// draw is a number from 0 up to 1 that depends on the seed and on what it is for.
func (p *simPlan) draw(what simDraw, ids ...int) float64 {
	h := mix(p.seed, uint64(what))
	for _, id := range ids {
		h = mix(h, uint64(id))
	}
	return float64(h>>11) / (1 << 53)
}

// span is a time up to most, to the nanosecond: no two events have the same.
func (p *simPlan) span(most time.Duration, what simDraw, ids ...int) time.Duration {
	return 1 + time.Duration(p.draw(what, ids...)*float64(most))
}

// mix is a step of splitmix64.
func mix(h, v uint64) uint64 {
	h += v*0x9e3779b97f4a7c15 + 0x632be59bd9b4e019
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// simDraw is what a number is drawn for.
type simDraw uint64

const (
	drawFate simDraw = iota
	drawWhich
	drawApplied
	drawLatency
	drawRetryAfter
	drawRefusal
	drawWrite
	drawEpisode
	drawEpisodeAt
	drawEpisodeFor
	drawTokenLife
	drawBegin
	drawSync
	drawEnd
	drawStage
	drawKept
	drawPause
	drawRead
)

func newSimPlan(seed uint64) *simPlan {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &simPlan{seed: seed, plain: r.IntN(4) == 0}
	p.drawLanes(r)
	p.drawRows(r)
	p.drawOptions(r)
	for range r.IntN(5) {
		p.ends = append(p.ends, p.drawEnd(r))
	}
	p.tame()
	return p
}

func (p *simPlan) drawLanes(r *rand.Rand) {
	lanes := []int{1, 1, 1, 2, 2, 3}[r.IntN(6)]
	for i := range lanes {
		l := simLane{
			name:     fmt.Sprintf("lane%c", 'a'+i),
			scheme:   []providers.Scheme{providers.NoAuth, providers.Basic, providers.OAuth2}[r.IntN(3)],
			inFlight: []int{1, 1, 2, 3, 4, 8, 16}[r.IntN(7)],
			latency:  time.Duration(1+r.IntN(400)) * time.Millisecond,
			trouble:  []float64{0, 0.05, 0.2, 0.4, 0.7, 0.9}[r.IntN(6)],
			alike:    r.IntN(6) == 0,
		}
		l.windows = [][]providers.Window{
			nil, nil,
			{{N: 1 + r.IntN(100), Per: time.Second}},
			{{N: 400 + r.IntN(2000), Per: time.Second}},
			{{N: 1 + r.IntN(10), Per: 100 * time.Millisecond}, {N: 5 + r.IntN(40), Per: time.Minute}},
			{{N: 3 + r.IntN(30), Per: 10 * time.Second}},
		}[r.IntN(6)]
		p.lanes = append(p.lanes, l)
	}
	for i := range min(4, lanes+r.IntN(3)) {
		req := simRequest{lane: i, kind: simKind([]int{0, 0, 1, 1, 2}[r.IntN(5)])}
		if i >= lanes {
			req.lane = r.IntN(lanes)
		}
		p.requests = append(p.requests, req)
	}
}

func (p *simPlan) drawRows(r *rand.Rand) {
	n := 1 + r.IntN(1+r.IntN(1+r.IntN(60))) // small tables find most, and cost little
	if r.IntN(8) == 0 {
		n = 1 + r.IntN(60)
	}
	ids := []int{1, 1 + n/3, 4 * n, 20 * n}[r.IntN(4)]
	odd := []float64{0, 0.1, 0.3}[r.IntN(3)]
	for range n {
		row := simRow{id: fmt.Sprintf("k%d", r.IntN(ids)), value: "v"}
		for i := range p.requests {
			row.uses[i] = r.Float64() >= odd
		}
		switch x := r.Float64() / max(odd, 0.001); {
		case x < 0.2:
			row.id = ""
		case x < 0.4:
			row.value = "refuse"
		case x < 0.6:
			row.ragged = true
		case x < 0.8:
			row.uses = [4]bool{}
		}
		p.rows = append(p.rows, row)
	}
}

func (p *simPlan) drawOptions(r *rand.Rand) {
	o := DefaultOptions()
	o.Timeout = time.Duration(1+r.IntN(5)) * time.Second
	o.Attempts = 1 + r.IntN(5)
	o.MaxWait = []time.Duration{2 * time.Second, 30 * time.Second, 10 * time.Minute}[r.IntN(3)]
	o.GiveUp = []time.Duration{2 * time.Second, 20 * time.Second, 15 * time.Minute}[r.IntN(3)]
	o.Grace = []time.Duration{50 * time.Millisecond, 2 * time.Second, 30 * time.Second}[r.IntN(3)]
	switch r.IntN(10) {
	case 0:
		o.MaxErrors = MaxErrors{Set: true, Lines: r.IntN(10)}
	case 1:
		o.From = 1 + r.IntN(len(p.rows))
		o.To = o.From + r.IntN(20)
	case 2:
		o.Limit = 1 + r.IntN(len(p.rows))
	}
	p.options = o
}

func (p *simPlan) drawEnd(r *rand.Rand) simEnd {
	kind := simEndKind(r.IntN(int(simEndKinds)))
	if r.IntN(3) == 0 {
		kind = simCrash
	}
	// From a millisecond to some 30 seconds, as often short as long.
	short := time.Duration(float64(time.Millisecond) * float64(uint64(1)<<r.IntN(15)) * (1 + r.Float64()))
	return simEnd{
		kind: kind, after: short, more: time.Duration(r.IntN(1 + int(10*time.Millisecond)<<r.IntN(7))),
		odds: []float64{0.5, 0.1, 0.02}[r.IntN(3)],
		gap:  []time.Duration{time.Millisecond, time.Second, time.Hour}[r.IntN(3)] + time.Duration(r.IntN(1e6)),
	}
}

// tame makes a world plain that was drawn so.
func (p *simPlan) tame() {
	if !p.plain {
		return
	}
	d := DefaultOptions()
	p.options.Attempts, p.options.MaxWait, p.options.GiveUp, p.options.Grace = d.Attempts, d.MaxWait, d.GiveUp, d.Grace
	p.options.MaxErrors = MaxErrors{}
	for i := range p.lanes {
		p.lanes[i].alike = false // which rows are the first ones depends on the order
	}
	if slices.ContainsFunc(p.requests, func(q simRequest) bool { return q.kind != simSafe }) {
		for i := range p.ends {
			p.ends[i].kind = simFeedEnds // any other end leaves doubt
		}
	}
}
