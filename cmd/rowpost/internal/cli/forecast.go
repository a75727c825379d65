package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rowpost/batch/state"
	"rowpost/providers"
)

// answerTime is what a forecast takes for the time to an answer.
const answerTime = 300 * time.Millisecond

// pacedSpan is the longest window that is paced evenly; longer ones are counted.
const pacedSpan = time.Second

// worthAnEnd is the shortest run of which a forecast says when it ends.
const worthAnEnd = time.Minute

// forecast is about how long a lane will take; the names of its fields are stable.
type forecast struct {
	Provider string  `json:"provider"`
	Requests int     `json:"requests"`
	Limit    string  `json:"limit"`
	Seconds  float64 `json:"seconds"`
	Bound    string  `json:"bound_by"` // what makes it take so long
	// Ends is when the lane ends if run starts now: local time, RFC 3339.
	Ends string `json:"ends"`
	// InTime is how many requests may go before --until or --max-duration ends the run; nil:
	// there is no such end.
	InTime  *int             `json:"in_time,omitempty"`
	Windows []windowForecast `json:"windows"`
}

// windowForecast is what one of a lane's windows has to do with it; the names of its fields
// are stable.
type windowForecast struct {
	Window string `json:"window"`
	// Used are requests of the last such span, of all runs on this machine.
	Used int `json:"used"`
	// Seconds is what the lane takes if this window and the even pace are its only limits.
	Seconds float64 `json:"seconds"`
	// Waits is how often the window makes the lane wait until there is room again.
	Waits int `json:"waits"`
}

// forecastOf says how long requests take under a limit, if each is answered in
// answerTime and none is repeated. Use is what counts in the windows already.
func forecastOf(name string, requests int, limit providers.Limit, use *state.AccountUse, now time.Time) forecast {
	f := forecast{Provider: name, Requests: requests, Limit: limit.String(), Windows: []windowForecast{}}
	longest := time.Duration(0)
	if requests > 0 {
		inFlight := max(1, limit.InFlight)
		longest = time.Duration((requests + inFlight - 1) / inFlight * int(answerTime))
		f.Bound = fmt.Sprintf("%d in flight, if answers take %s", inFlight, answerTime)
	}
	all := newPacing(limit.Windows, use, now)
	last := all.last(requests) + answerTime
	widest := time.Duration(0)
	for i, w := range limit.Windows {
		alone := newPacing(onlyWith(limit.Windows, w), use, now)
		span := alone.last(requests) + answerTime
		if requests > 0 && last > longest && span > widest {
			widest, f.Bound = span, "pace "+w.String()
		}
		wf := windowForecast{Window: w.String(), Used: all.spans[i].used, Waits: all.spans[i].waits}
		if requests > 0 {
			wf.Seconds = seconds(span)
		}
		f.Windows = append(f.Windows, wf)
	}
	if requests > 0 {
		longest = max(longest, last)
	}
	f.Seconds, f.Ends = seconds(longest), now.Add(longest).Local().Format(time.RFC3339)
	return f
}

// inTime says how much a lane can do before the run's deadline.
func (f *forecast) inTime(limit providers.Limit, use *state.AccountUse, now time.Time, end deadline) {
	if end.reason == "" {
		return
	}
	answered := int(end.in/answerTime) * max(1, limit.InFlight)
	n := min(newPacing(limit.Windows, use, now).before(end.in, f.Requests), max(answered, 1), f.Requests)
	f.InTime = &n
}

// onlyWith leaves the even paces and one window.
func onlyWith(all []providers.Window, w providers.Window) []providers.Window {
	return slices.DeleteFunc(slices.Clone(all), func(o providers.Window) bool { return o != w && (o.Per > pacedSpan || w.Per <= pacedSpan) })
}

// pacing goes through a lane's requests as its limiter would.
type pacing struct {
	interval time.Duration // between two requests
	spans    []span        // by window
}

// span is a window in a forecast.
type span struct {
	providers.Window
	free  []time.Duration // when what counts in it leaves it, in order; a ring once it is full
	head  int
	used  int
	waits int
}

func newPacing(windows []providers.Window, use *state.AccountUse, now time.Time) *pacing {
	p := &pacing{}
	for _, w := range windows {
		s := span{Window: w}
		if w.Per <= pacedSpan {
			p.interval = max(p.interval, time.Duration(float64(w.Per)/float64(w.N)))
		} else if use != nil {
			for _, u := range use.In(w.Per) {
				s.used += u.N
				for range min(u.N, w.N) {
					s.free = append(s.free, u.Until.Sub(now))
				}
			}
			s.free = s.free[max(0, len(s.free)-w.N):]
		}
		p.spans = append(p.spans, s)
	}
	return p
}

// last is when the last of the requests may go, the first going as soon as there is room.
func (p *pacing) last(requests int) (at time.Duration) {
	for n := range requests {
		if n > 0 {
			at += p.interval
		}
		at = p.next(at)
	}
	return at
}

// before counts the requests that may go before an end.
func (p *pacing) before(end time.Duration, requests int) int {
	at := time.Duration(0)
	for n := range requests {
		if n > 0 {
			at += p.interval
		}
		if at = p.next(at); at >= end {
			return n
		}
	}
	return requests
}

// next is when a request goes for which the even pace has room at a time.
func (p *pacing) next(at time.Duration) time.Duration {
	var full *span
	before := at
	for i := range p.spans {
		if s := &p.spans[i]; s.Per > pacedSpan && len(s.free) == s.N && s.free[s.head] > at {
			full, at = s, s.free[s.head]
		}
	}
	if at-before > pacedSpan {
		full.waits++
	}
	for i := range p.spans {
		if p.spans[i].Per > pacedSpan {
			p.spans[i].take(at)
		}
	}
	return at
}

// take counts a request that goes now.
func (s *span) take(at time.Duration) {
	if len(s.free) < s.N {
		s.free = append(s.free, at+s.Per)
		return
	}
	s.free[s.head] = at + s.Per
	s.head = (s.head + 1) % s.N
}

// forecasts are those of all lanes. What is known of their accounts is counted in.
func (p *Program) forecasts(l *load, accounts map[string]account, requests []planRequest) ([]forecast, []string) {
	out, notes := []forecast{}, []string{}
	for _, name := range l.names {
		n := 0
		for _, q := range requests {
			if q.Provider == name {
				n += q.Sent
			}
		}
		use, err := p.accountUse(l, name, accounts[name])
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s: what was sent lately cannot be read, and the forecast does without it: %s", name, err))
		}
		if use != nil && n > 0 && !use.Parked.IsZero() {
			notes = append(notes, fmt.Sprintf("%s: the provider asked to be left alone until %s", name, second(use.Parked)))
		}
		now, limit := p.Now(), l.opts.limitOf(l.byName[name].Describe())
		f := forecastOf(name, n, limit, use, now)
		end := deadlineOf(l.opts, now)
		f.inTime(limit, use, now, end)
		if f.InTime != nil && *f.InTime < n {
			notes = append(notes, fmt.Sprintf("%s: %s after about %d of %s; the same command goes on later", name, end.reason, *f.InTime, plural(n, "request", "requests")))
		}
		out = append(out, f)
	}
	return out, notes
}

// accountUse reads what was sent to an account lately; nil: nothing is known.
func (p *Program) accountUse(l *load, name string, a account) (*state.AccountUse, error) {
	if l.opts.sandbox || len(a.missing)+len(a.wrong) > 0 {
		return nil, nil
	}
	dir, err := p.stateDir(l.opts.state)
	if err != nil {
		return nil, nil //nolint:nilerr // run says so; nothing can be known
	}
	baseURL, as := a.Identity(l.byName[name].Describe())
	return state.LookUpAccount(filepath.Join(dir, "accounts"), name, baseURL, as, p.Now())
}

// quotaText says what there is to know about a window that is counted; empty: nothing.
func (f *forecast) quotaText(w windowForecast) string {
	var parts []string
	if w.Used > 0 {
		parts = append(parts, plural(w.Used, "request counts", "requests count")+" in it already")
	}
	if w.Waits > 0 {
		parts = append(parts, "it is used up "+plural(w.Waits, "time", "times")+", and the lane waits until there is room again")
	}
	if parts == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s: %s", f.Provider, w.Window, strings.Join(parts, "; "))
}

// end says when the slowest lane ends; empty: at once, as people see it.
func (r *planReport) end() string {
	var slowest *forecast
	for i := range r.Forecast {
		if f := &r.Forecast[i]; slowest == nil || f.Seconds > slowest.Seconds {
			slowest = f
		}
	}
	if slowest == nil || slowest.Seconds < worthAnEnd.Seconds() {
		return ""
	}
	ends, err := time.Parse(time.RFC3339, slowest.Ends)
	if err != nil {
		return ""
	}
	return ends.Local().Format("Mon 2006-01-02 15:04 MST")
}
