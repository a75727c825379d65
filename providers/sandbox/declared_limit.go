package sandbox

import (
	"time"

	"rowpost/providers"
)

// windows enforces a declared limit: at most N calls in any span of each window, and width
// at once. A refused call costs nothing. The server looks at a little less than the span,
// as a connection can bring calls closer together than they were sent.
type windows struct {
	width int // 0: any number
	rings []ring
}

// ring remembers when the last calls of a window were admitted.
type ring struct {
	window providers.Window
	recent []time.Time // grows up to window.N
	next   int
}

// newWindows enforces the published limit, if there is one, else the pace of the file.
func newWindows(d providers.Description) *windows {
	limit := d.Limit
	if len(d.Published.Windows) > 0 || d.Published.InFlight > 0 {
		limit = d.Published
	}
	w := &windows{width: limit.InFlight}
	for _, window := range limit.Windows {
		w.rings = append(w.rings, ring{window: window})
	}
	return w
}

func (w *windows) admit(now time.Time, inFlight int) (time.Duration, bool) {
	if w.width > 0 && inFlight > w.width {
		return time.Second, false
	}
	var wait time.Duration
	for i := range w.rings {
		wait = max(wait, w.rings[i].wait(now))
	}
	if wait > 0 {
		return wait, false
	}
	for i := range w.rings {
		w.rings[i].admitted(now)
	}
	return 0, true
}

func (r *ring) wait(now time.Time) time.Duration {
	if len(r.recent) < r.window.N {
		return 0
	}
	return max(0, r.window.Per-min(jitter, r.window.Per/10)-now.Sub(r.recent[r.next]))
}

func (r *ring) admitted(now time.Time) {
	if len(r.recent) < r.window.N {
		r.recent = append(r.recent, now)
		return
	}
	r.recent[r.next] = now
	r.next = (r.next + 1) % r.window.N
}
