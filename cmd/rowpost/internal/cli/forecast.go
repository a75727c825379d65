package cli

import (
	"fmt"
	"time"

	"rowpost/providers"
)

// answerTime is what a forecast takes for the time to an answer.
const answerTime = 300 * time.Millisecond

// pacedSpan is the longest window that is paced evenly; longer ones are counted.
const pacedSpan = time.Second

// forecast is how long a lane will at least take; the names of its fields are stable.
type forecast struct {
	Provider string  `json:"provider"`
	Requests int     `json:"requests"`
	Limit    string  `json:"limit"`
	Seconds  float64 `json:"seconds"`
	Bound    string  `json:"bound_by"` // what makes it take so long
}

// forecastOf says how long requests take under a limit, if each is answered in
// answerTime and none is repeated.
func forecastOf(name string, requests int, limit providers.Limit) forecast {
	f := forecast{Provider: name, Requests: requests, Limit: limit.String()}
	if requests == 0 {
		return f
	}
	inFlight := max(1, limit.InFlight)
	longest := time.Duration((requests + inFlight - 1) / inFlight * int(answerTime))
	f.Bound = fmt.Sprintf("%d in flight, answers in %s", inFlight, answerTime)
	for _, w := range limit.Windows {
		if t := windowTime(requests, w, limit.Windows) + answerTime; t > longest {
			longest, f.Bound = t, "pace "+w.String()
		}
	}
	f.Seconds = seconds(longest)
	return f
}

// windowTime is when a window lets the last of the requests go, the first going at
// once.
func windowTime(requests int, w providers.Window, all []providers.Window) time.Duration {
	if w.Per <= pacedSpan {
		return pacedTime(requests, w)
	}
	full := time.Duration((requests-1)/w.N) * w.Per
	var rest time.Duration
	for _, other := range all {
		if other.Per <= pacedSpan {
			rest = max(rest, pacedTime((requests-1)%w.N+1, other))
		}
	}
	return full + rest
}

func pacedTime(requests int, w providers.Window) time.Duration {
	return time.Duration(float64(requests-1) * float64(w.Per) / float64(w.N))
}
