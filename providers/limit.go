package providers

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Window allows N requests in any span of the length Per.
type Window struct {
	N   int           // at least 1
	Per time.Duration // above 0
}

// String is the form that [ParseWindows] reads: 10/s, 40000/d, or 60/30s.
func (w Window) String() string {
	for _, u := range units {
		if w.Per == u.per {
			return fmt.Sprintf("%d/%s", w.N, u.name)
		}
	}
	return fmt.Sprintf("%d/%s", w.N, w.Per)
}

// Limit is how fast and how wide a lane may send.
type Limit struct {
	// Windows hold all at once. Those of a second or less are paced evenly; longer
	// ones are counted: used as fast as the shorter ones allow.
	Windows  []Window
	InFlight int // requests under way at once; 0: not said
}

// String gives the windows and the requests in flight, for people.
func (l Limit) String() string {
	parts := make([]string, 0, len(l.Windows)+1)
	for _, w := range l.Windows {
		parts = append(parts, w.String())
	}
	if l.InFlight > 0 {
		parts = append(parts, strconv.Itoa(l.InFlight)+" in flight")
	}
	return strings.Join(parts, ", ")
}

var units = []struct {
	name string
	per  time.Duration
}{
	{"s", time.Second},
	{"m", time.Minute},
	{"h", time.Hour},
	{"d", 24 * time.Hour},
}

// ParseWindows reads windows separated by commas, each N/s, N/m, N/h or N/d, or with
// a length of its own: 60/30s, 40000/24h.
func ParseWindows(text string) ([]Window, error) {
	var out []Window
	for part := range strings.SplitSeq(text, ",") {
		w, err := parseWindow(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func parseWindow(text string) (Window, error) {
	count, span, ok := strings.Cut(text, "/")
	if !ok {
		return Window{}, fmt.Errorf("pace %q has no unit: write it as 10/s, 600/m, 5000/h or 40000/d", text)
	}
	n, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || n < 1 {
		return Window{}, fmt.Errorf("pace %q: the number before the slash must be a whole one above 0", text)
	}
	for _, u := range units {
		if span == u.name {
			return Window{n, u.per}, nil
		}
	}
	per, err := time.ParseDuration(span)
	if err != nil || per <= 0 {
		return Window{}, fmt.Errorf("pace %q: unknown unit %q: use s, m, h, d or a length such as 30s", text, span)
	}
	return Window{n, per}, nil
}
