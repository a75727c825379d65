package sandbox

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Faults are the shares, from 0 to 1, of requests that fail by chance; together at
// most 1. Which ones is decided by the seed, the request's content and how often
// that content came, so a repetition has a chance of its own, and two equal runs
// meet the same. Requests for tokens, and those that address, limit or credentials
// forbid, are not touched.
type Faults struct {
	TooMany     float64 // 429; nothing is applied
	Unavailable float64 // 503; nothing is applied
	ServerError float64 // 500; for half of them the change is applied all the same
	ResetBefore float64 // the connection is reset; nothing is applied
	ResetAfter  float64 // the connection is reset; the change is applied
	Truncated   float64 // half of the answer comes; the change is applied
	Slow        float64 // the answer takes SlowBy longer; the change is applied at once
	// RetryAfter is what a chance 429 or 503 asks for, in whole seconds, rounded up; 0:
	// it has no such header.
	RetryAfter time.Duration
	SlowBy     time.Duration // 0: 10 s
}

const defaultSlowBy = 10 * time.Second

func (f *Faults) shares() [7]float64 {
	return [...]float64{f.TooMany, f.Unavailable, f.ServerError, f.ResetBefore, f.ResetAfter, f.Truncated, f.Slow}
}

func (f *Faults) check() error {
	sum := 0.0
	for _, share := range f.shares() {
		if !(share >= 0 && share <= 1) { // refuses NaN as well
			return errors.New("sandbox: the share of a fault must be from 0 to 1")
		}
		sum += share
	}
	if sum > 1 {
		return errors.New("sandbox: the shares of all faults together must not exceed 1")
	}
	if f.RetryAfter < 0 || f.SlowBy < 0 {
		return errors.New("sandbox: the times of faults cannot be negative")
	}
	return nil
}

func (f *Faults) any() bool { return f.shares() != [7]float64{} }

// draw says what chance has for a call; the zero Answer is nothing.
func (f *Faults) draw(seed uint64, c *call) Answer {
	if !f.any() {
		return Answer{}
	}
	chance := mix(seed, c.content, uint64(c.attempt)<<8|2)
	at := unit(chance)
	for i, share := range f.shares() {
		if at < share {
			return f.answer(i, c, chance)
		}
		at -= share
	}
	return Answer{}
}

func (f *Faults) answer(which int, c *call, chance uint64) Answer {
	switch which {
	case 0:
		return f.retry(c.sim.trouble(http.StatusTooManyRequests, "Too many requests."))
	case 1:
		return f.retry(c.sim.trouble(http.StatusServiceUnavailable, "Service unavailable."))
	case 2:
		a := asAnswer(c.sim.trouble(http.StatusInternalServerError, "Internal server error."))
		a.Apply = mix(chance)&1 == 1
		return a
	case 3:
		return Answer{End: ResetBefore}
	case 4:
		return Answer{End: ResetAfter}
	case 5:
		return Answer{End: Truncated}
	}
	if f.SlowBy == 0 {
		return Answer{Delay: defaultSlowBy}
	}
	return Answer{Delay: f.SlowBy}
}

func (f *Faults) retry(r reply) Answer {
	a := asAnswer(r)
	if f.RetryAfter > 0 {
		a.Header.Set("Retry-After", strconv.Itoa(seconds(f.RetryAfter)))
	}
	return a
}

func asAnswer(r reply) Answer {
	return Answer{Status: r.status, Header: http.Header{"Content-Type": {r.media}}, Body: string(r.body)}
}

// contentHash is FNV-1a over what a call asks for. It is the same in every process,
// as the faults of a seed must be.
func contentHash(c *call) uint64 {
	h := fnv(fnvStart, c.sim.name)
	h = fnv(h, c.request.Method)
	h = fnv(h, c.path)
	h = fnv(h, c.request.URL.RawQuery)
	return fnv(h, c.body)
}

const fnvStart uint64 = 14695981039346656037

// fnv goes on with a hash; the last step parts neighbouring texts.
func fnv[T string | []byte](h uint64, text T) uint64 {
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return (h ^ 0xff) * 1099511628211
}

// mix spreads numbers evenly over 64 bits (the finalizer of SplitMix64).
func mix(numbers ...uint64) uint64 {
	var z uint64
	for _, n := range numbers {
		z += n + 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
	}
	return z
}

// unit maps 64 bits to [0, 1).
func unit(bits uint64) float64 { return float64(bits>>11) / (1 << 53) }

// spread gives a time between half of the mean and its double; 0.5 + 1.5u² has the
// mean 1 for an even u.
func spread(mean time.Duration, bits uint64) time.Duration {
	if mean <= 0 {
		return 0
	}
	u := unit(bits)
	return time.Duration(float64(mean) * (0.5 + 1.5*u*u))
}
