package providers

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// MaxRetryAfter caps what an answer may ask to wait.
const MaxRetryAfter = 366 * 24 * time.Hour

// RetryAfter says how long an answer asks to wait, from 0 (it does not say) to
// [MaxRetryAfter]. Retry-After (RFC 9110: seconds or a date) goes before RateLimit
// (IETF draft "RateLimit header fields for HTTP"), that before RateLimit-Remaining and
// -Reset of its older versions, and those before X-RateLimit-Remaining and -Reset.
// Limits count only where nothing remains. What is malformed or negative is as if it
// were not there; where a header comes twice, the longer wait holds.
func RetryAfter(r Response) time.Duration {
	if wait, ok := retryAfterHeader(r); ok {
		return wait
	}
	if wait, ok := rateLimitHeader(r.Header); ok {
		return wait
	}
	for _, prefix := range []string{"Ratelimit", "X-Ratelimit"} {
		if wait, ok := resetHeader(r, prefix); ok {
			return wait
		}
	}
	return 0
}

func retryAfterHeader(r Response) (wait time.Duration, ok bool) {
	for _, text := range r.Header["Retry-After"] {
		text = strings.TrimSpace(text)
		w, valid := parseSeconds(text)
		if !valid {
			when, err := http.ParseTime(text)
			if err != nil {
				continue
			}
			w = until(when, r)
		}
		wait, ok = max(wait, w), true
	}
	return wait, ok
}

// parseSeconds takes decimal digits only, any number of them.
func parseSeconds(text string) (time.Duration, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > int64(MaxRetryAfter/time.Second) {
		return MaxRetryAfter, true
	}
	return time.Duration(n) * time.Second, true
}

// until takes the server's clock for dates that the server wrote.
func until(when time.Time, r Response) time.Duration {
	now := r.At
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		now = date
	}
	if now.IsZero() {
		return 0
	}
	return min(max(when.Sub(now), 0), MaxRetryAfter)
}

// rateLimitHeader reads RateLimit: "default";r=0;t=30, a structured list (RFC 9651).
func rateLimitHeader(h http.Header) (wait time.Duration, ok bool) {
	values := h["Ratelimit"]
	if len(values) == 0 {
		return 0, false
	}
	list, err := httpsfv.UnmarshalList(values)
	if err != nil {
		return 0, false
	}
	for _, member := range list {
		item, isItem := member.(httpsfv.Item)
		if !isItem {
			continue
		}
		remaining, given := item.Params.Get("r")
		if n, isInt := remaining.(int64); !given || !isInt || n != 0 {
			continue
		}
		seconds, _ := item.Params.Get("t")
		if n, isInt := seconds.(int64); isInt && n >= 0 {
			wait, ok = max(wait, time.Duration(min(n, int64(MaxRetryAfter/time.Second)))*time.Second), true
		}
	}
	return wait, ok
}

// epochFrom tells points in time from spans: a span of so many seconds is 31 years.
const epochFrom = 1e9

// epochMillisFrom tells milliseconds from seconds: as seconds it is the year 33658.
const epochMillisFrom = 1e12

func resetHeader(r Response, prefix string) (time.Duration, bool) {
	reset := strings.TrimSpace(r.Header.Get(prefix + "-Reset"))
	wait, ok := parseSeconds(reset)
	if !ok {
		return 0, false
	}
	remaining := strings.TrimSpace(r.Header.Get(prefix + "-Remaining"))
	if n, err := strconv.ParseInt(remaining, 10, 64); remaining != "" && (err != nil || n > 0) {
		return 0, false
	}
	if n, err := strconv.ParseInt(reset, 10, 64); err == nil && n >= epochFrom {
		if n >= epochMillisFrom {
			n /= 1000
		}
		return until(time.Unix(n, 0), r), true
	}
	return wait, true
}
