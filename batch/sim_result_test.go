package batch

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"rowpost/mapping"
)

// judgeStart holds what a process says at its end against the ledger.
func (w *simWorld) judgeStart(s *simStart) {
	switch {
	case s.dead:
		return
	case s.failed && s.err == nil:
		w.fault("start %d: its journal failed, and it says nothing", s.number)
		return
	case s.failed:
		return
	case s.err != nil:
		w.fault("start %d: %v", s.number, s.err)
		return
	}
	w.judgeLines(s)
	w.judgeDoubtOrder(s)
	w.judgeSummary(s)
}

// judgeLines sees that each request of each row has its one line, in order.
func (w *simWorld) judgeLines(s *simStart) {
	rest := s.results
	choice := s.options.NewChoice()
	for i, row := range w.plan.rows {
		line := Line{Row: mapping.Row{Num: i + 1}}
		chosen := choice.Take(&line)
		requests := w.requestsOf(row)
		for _, request := range requests {
			if len(rest) == 0 {
				w.fault("start %d: the result ends before row %d", s.number, i+1)
				return
			}
			w.judgeLine(s, rest[0], simID{i + 1, request}, chosen)
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		w.fault("start %d: %d lines too many", s.number, len(rest))
	}
}

// requestsOf are those that a row makes; -1 stands for the row as a whole.
func (w *simWorld) requestsOf(row simRow) []int {
	var out []int
	for i := range w.plan.requests {
		if row.uses[i] && !row.ragged {
			out = append(out, i)
		}
	}
	if out == nil {
		out = []int{-1}
	}
	return out
}

func (w *simWorld) judgeLine(s *simStart, r Result, id simID, chosen bool) {
	row := w.plan.rows[id.row-1]
	name, provider := "", ""
	if id.request >= 0 {
		name, provider = fmt.Sprintf("r%d", id.request), w.plan.lanes[w.plan.requests[id.request].lane].name
	}
	if r.Row.Num != id.row || r.Row.Line != id.row+1 || r.Entry.Row != id.row || r.Row.Cells[1] != strconv.Itoa(id.row) || r.Request != name || r.Provider != provider {
		w.fault("start %d: where row %d %s %s should be is %+v", s.number, id.row, name, provider, r)
		return
	}
	got := string(r.Status) + " " + r.Code
	switch {
	case !chosen && r.Code == CodeNotChosen && r.Status == NotSent:
		if id.request >= 0 {
			w.judgeOutcome(s, r, id)
		}
	case !chosen && id.request < 0:
		w.fault("start %d: row %d was not chosen and is %s", s.number, id.row, got)
	case row.ragged:
		w.want(s, id, got, "invalid ragged_row")
	case id.request < 0:
		w.want(s, id, got, "skipped ")
	case row.id == "":
		w.want(s, id, got, "invalid required")
	case row.value == "refuse" && r.Status != NotSent:
		w.want(s, id, got, "invalid bad_value")
	default:
		w.judgeOutcome(s, r, id)
	}
}

func (w *simWorld) want(s *simStart, id simID, got, want string) {
	if got != want {
		w.fault("start %d: row %d request %d is %q, want %q", s.number, id.row, id.request, got, want)
	}
	for _, a := range w.ledger {
		if a.id == id {
			w.fault("row %d request %d is %s and was sent", id.row, id.request, want)
		}
	}
}

// judgeOutcome holds the status of a request that could be sent against what its server
// saw of it.
func (w *simWorld) judgeOutcome(s *simStart, r Result, id simID) {
	var seen seenOf
	for _, a := range w.ledger {
		if a.id == id {
			seen.add(w, s, a)
		}
	}
	wrong := ""
	switch r.Status {
	case Succeeded:
		if !seen.confirmed && (r.Code != CodeLookedUp || !seen.lookedUp) {
			wrong = "and no answer confirmed it"
		}
	case Failed:
		switch {
		case r.Code == CodeSuperseded:
			if !w.laterConfirmed(s, id) {
				wrong = "and no later row of its key was confirmed"
			}
		case seen.doubtKnown && r.HTTPStatus != http.StatusUnprocessableEntity:
			wrong = "and may have been applied before"
		case r.HTTPStatus != 0 && !seen.refusals[r.HTTPStatus], len(seen.refusals) == 0:
			wrong = "and no such answer was given"
		}
	case NotSent:
		if seen.recorded > 0 {
			wrong = "and it reached the provider"
		}
		if r.Code == CodeKeyInDoubt && !w.keyInDoubt(s, id) {
			wrong = "and no row of its key ever was in doubt"
		}
	case InDoubt:
		if !seen.doubt && (r.Code != CodeUnrecorded || w.plan.requests[id.request].kind == simSafe || !w.cutShort(s)) {
			wrong = "and no request of it is without an answer"
		}
	default:
		wrong = "and could be sent"
	}
	if seen.confirmedNow && r.Status != Succeeded {
		wrong = "and was confirmed"
	}
	if !w.cutShort(s) && (r.Attempts < seen.all-seen.lookups || r.Attempts > seen.all) {
		wrong = fmt.Sprintf("with %d attempts, and the server saw %d and %d lookups", r.Attempts, seen.all-seen.lookups, seen.lookups)
	}
	if wrong != "" {
		w.fault("start %d: row %d request %d is %s %s (%s) %s", s.number, id.row, id.request, r.Status, r.Code, r.Message, wrong)
	}
}

// seenOf is what the ledger says of a request.
type seenOf struct {
	all, lookups int
	recorded     int // of those that the program could not lose the record of
	confirmed    bool
	confirmedNow bool // in this start
	lookedUp     bool
	doubt        bool         // one may have been applied, and no answer says so
	doubtKnown   bool         // and the program lived to write that down
	refusals     map[int]bool // statuses of answers that came
}

func (o *seenOf) add(w *simWorld, s *simStart, a *simArrival) {
	o.all++
	if a.lookup {
		o.lookups++
		o.lookedUp = o.lookedUp || a.delivered && a.status == http.StatusOK
		return
	}
	from := w.starts[a.start]
	if w.plan.requests[a.id.request].kind != simSafe || !from.dead && !from.failed {
		o.recorded++
	}
	switch {
	case a.delivered && a.fate == fateOK:
		o.confirmed = true
		o.confirmedNow = o.confirmedNow || from == s
	case a.notApplied():
		if o.refusals == nil {
			o.refusals = map[int]bool{}
		}
		o.refusals[a.status] = true
	default:
		o.doubt = true
		o.doubtKnown = o.doubtKnown || !from.dead && !from.failed
	}
}

// cutShort says that a start up to this one ended before it had written all down.
func (w *simWorld) cutShort(s *simStart) bool {
	for _, before := range w.starts[:s.number] {
		if before.dead || before.failed {
			return true
		}
	}
	return false
}

// sameKey says whether one of the lines about the same key is as asked for.
func (w *simWorld) sameKey(s *simStart, id simID, is func(Result) bool) bool {
	for _, r := range s.results {
		if r.Request != "" && w.plan.rows[r.Row.Num-1].id == w.plan.rows[id.row-1].id &&
			w.key(simID{r.Row.Num, r.Entry.Request}) == w.key(id) && is(r) {
			return true
		}
	}
	return false
}

func (w *simWorld) laterConfirmed(s *simStart, id simID) bool {
	return w.sameKey(s, id, func(r Result) bool { return r.Row.Num > id.row && r.Status == Succeeded })
}

// keyInDoubt says that a request of the same key was sent and may have been applied,
// without an answer that says so.
func (w *simWorld) keyInDoubt(s *simStart, id simID) bool {
	return w.cutShort(s) || slices.ContainsFunc(w.ledger, func(a *simArrival) bool {
		return !a.lookup && w.key(a.id) == w.key(id) && !a.notApplied() && (a.fate != fateOK || !a.delivered)
	})
}

// judgeDoubtOrder sees that nothing was sent behind a request that this start leaves in doubt.
func (w *simWorld) judgeDoubtOrder(s *simStart) {
	doubts := map[simKey]int{}
	for _, r := range s.results {
		if key := (simID{r.Row.Num, r.Entry.Request}); r.Status == InDoubt && doubts[w.key(key)] == 0 {
			doubts[w.key(key)] = r.Row.Num
		}
	}
	for _, a := range w.ledger {
		if row := doubts[w.key(a.id)]; a.start == s.number && row > 0 && a.id.row > row {
			w.fault("start %d, %s: row %d is sent, and row %d of the same key is in doubt", s.number, a.at, a.id.row, row)
		}
	}
}

// judgeSummary holds the lanes' own figures and reasons against the ledger.
func (w *simWorld) judgeSummary(s *simStart) {
	for _, l := range s.sum.Lanes {
		if n := len(w.arrivals(s.number, w.laneOf(l.Provider))); l.Requests != n {
			w.fault("start %d: %s says that it sent %d requests, and the server saw %d", s.number, l.Provider, l.Requests, n)
		}
		if l.Stop != nil {
			w.hit("stopped: " + l.Stop.Code)
		}
	}
	bad := 0
	for _, r := range s.results {
		if r.Status == Failed || r.Status == InDoubt {
			bad++
		}
	}
	if s.sum.Stop != nil && s.sum.Stop.Code == "max_errors" && bad <= s.options.MaxErrors.Lines {
		w.fault("start %d: stopped for too many errors after %d, with %d allowed", s.number, bad, s.options.MaxErrors.Lines)
	}
}

// unfinished says that the same command would send a line's request: it is to go again, and
// does not wait for one of its key about which only a person can decide.
func (s *simStart) unfinished(r Result) bool {
	if !r.Again || r.Code == CodeNotChosen {
		return false
	}
	return !s.world.sameKey(s, simID{r.Row.Num, r.Entry.Request}, func(r Result) bool { return r.Status == InDoubt && !r.Again })
}

// judgeFinal sees that a start with nothing in its way finishes the run.
func (w *simWorld) judgeFinal(s *simStart) {
	for _, r := range s.results {
		w.hit(string(r.Status) + map[bool]string{true: ", " + r.Code}[r.Code == CodeSuperseded || r.Code == CodeKeyInDoubt || r.Code == CodeLookedUp || r.Code == CodeUnrecorded])
		if s.unfinished(r) && !w.plan.plain {
			w.fault("the last start leaves row %d request %q %s %s (%s)", r.Row.Num, r.Request, r.Status, r.Code, r.Message)
		}
	}
}

// judgeNothingMore sees that a finished run sends nothing and says the same.
func (w *simWorld) judgeNothingMore(final, more *simStart) {
	if slices.ContainsFunc(final.results, final.unfinished) {
		return
	}
	var sent []*simArrival
	for lane := range w.plan.lanes {
		sent = append(sent, w.arrivals(more.number, lane)...)
	}
	if slices.ContainsFunc(sent, func(a *simArrival) bool { return a.lookup }) {
		return // each start looks up what is in doubt, and goes on where that settles it
	}
	for _, a := range sent {
		w.fault("the run is finished, and row %d request %d is sent", a.id.row, a.id.request)
	}
	if !reflect.DeepEqual(final.results, more.results) {
		w.fault("the run is finished, and its result changes")
	}
}

// judgeSame holds the end of an interrupted run against that of an undisturbed one.
func (w *simWorld) judgeSame(o *simWorld) {
	a, b := w.starts[len(w.starts)-1].results, o.starts[len(o.starts)-1].results
	for i := range a {
		x, y := a[i], b[i]
		for _, e := range []*Entry{&x.Entry, &y.Entry} {
			e.Attempts, e.SentAt, e.Duration = 0, time.Time{}, 0
		}
		if !reflect.DeepEqual(x, y) {
			w.fault("interrupted, row %d becomes\n%+v\nundisturbed\n%+v", a[i].Row.Num, x, y)
		}
	}
	w.hit("compared with an undisturbed run")
}
