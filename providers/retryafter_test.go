package providers_test

import (
	"net/http"
	"testing"
	"time"

	"rowpost/providers"
)

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	const farOff = providers.MaxRetryAfter
	type headers = http.Header
	for _, c := range []struct {
		name string
		h    headers
		want time.Duration
	}{
		{"nothing is said", headers{}, 0},
		{"seconds", headers{"Retry-After": {"60"}}, time.Minute},
		{"seconds with blanks", headers{"Retry-After": {" 60 "}}, time.Minute},
		{"zero", headers{"Retry-After": {"0"}}, 0},
		{"negative is ignored", headers{"Retry-After": {"-5"}}, 0},
		{"a fraction is ignored", headers{"Retry-After": {"1.5"}}, 0},
		{"words are ignored", headers{"Retry-After": {"soon"}}, 0},
		{"empty is ignored", headers{"Retry-After": {""}}, 0},
		{"20 digits are capped", headers{"Retry-After": {"99999999999999999999"}}, farOff},
		{"what overflows nanoseconds is capped", headers{"Retry-After": {"9223372036854775807"}}, farOff},
		{"a date (RFC 1123)", headers{"Retry-After": {"Mon, 02 Mar 2026 12:00:30 GMT"}}, 30 * time.Second},
		{"a date (RFC 850)", headers{"Retry-After": {"Monday, 02-Mar-26 12:00:30 GMT"}}, 30 * time.Second},
		{"a date (asctime)", headers{"Retry-After": {"Mon Mar  2 12:00:30 2026"}}, 30 * time.Second},
		{"a date against the server's clock", headers{"Retry-After": {"Mon, 02 Mar 2026 11:00:30 GMT"}, "Date": {"Mon, 02 Mar 2026 11:00:00 GMT"}}, 30 * time.Second},
		{"a date beside a broken Date", headers{"Retry-After": {"Mon, 02 Mar 2026 12:00:30 GMT"}, "Date": {"yesterday"}}, 30 * time.Second},
		{"a past date", headers{"Retry-After": {"Sun, 06 Nov 1994 08:49:37 GMT"}}, 0},
		{"a date in 9999 is capped", headers{"Retry-After": {"Fri, 31 Dec 9999 23:59:59 GMT"}}, farOff},
		{"twice: the longer", headers{"Retry-After": {"5", "10"}}, 10 * time.Second},
		{"twice, one malformed", headers{"Retry-After": {"x", "10"}}, 10 * time.Second},
		{"two in one line are malformed", headers{"Retry-After": {"5, 10"}}, 0},

		{"RateLimit with nothing left", headers{"Ratelimit": {`"default";r=0;t=30`}}, 30 * time.Second},
		{"RateLimit with some left", headers{"Ratelimit": {`"default";r=50;t=30`}}, 0},
		{"RateLimit, the longest of those used up", headers{"Ratelimit": {`"burst";r=0;t=2, "day";r=0;t=600, "hour";r=4;t=900`}}, 10 * time.Minute},
		{"RateLimit over two lines", headers{"Ratelimit": {`"burst";r=0;t=2`, `"day";r=0;t=600`}}, 10 * time.Minute},
		{"RateLimit without its time", headers{"Ratelimit": {`"default";r=0`}}, 0},
		{"RateLimit without what is left", headers{"Ratelimit": {`"default";t=30`}}, 0},
		{"RateLimit, huge, is capped", headers{"Ratelimit": {`"default";r=0;t=999999999999999`}}, farOff},
		{"RateLimit, negative, is ignored", headers{"Ratelimit": {`"default";r=0;t=-1`}}, 0},
		{"RateLimit, malformed, is ignored", headers{"Ratelimit": {`"default;r=0;t=`}}, 0},
		{"RateLimit of an inner list is ignored", headers{"Ratelimit": {`("a");r=0;t=30`}}, 0},

		{"reset in seconds", headers{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"12"}}, 12 * time.Second},
		{"reset while some are left", headers{"Ratelimit-Remaining": {"3"}, "Ratelimit-Reset": {"12"}}, 0},
		{"reset alone", headers{"X-Ratelimit-Reset": {"12"}}, 12 * time.Second},
		{"reset as a point in time", headers{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"1772452845"}}, 45 * time.Second},
		{"reset as a past point in time", headers{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"1000000001"}}, 0},
		{"reset in milliseconds", headers{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"1772452845000"}}, 45 * time.Second},
		{"what is left cannot be read", headers{"X-Ratelimit-Remaining": {"none"}, "X-Ratelimit-Reset": {"12"}}, 0},
		{"reset cannot be read", headers{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"12s"}}, 0},

		{"Retry-After before RateLimit", headers{"Retry-After": {"1"}, "Ratelimit": {`"d";r=0;t=30`}}, time.Second},
		{"a malformed one gives way", headers{"Retry-After": {"x"}, "Ratelimit": {`"d";r=0;t=30`}}, 30 * time.Second},
		{"RateLimit before its older form", headers{"Ratelimit": {`"d";r=0;t=30`}, "Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"12"}}, 30 * time.Second},
		{"the standard before X-", headers{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"12"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"90"}}, 12 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := providers.RetryAfter(providers.Response{Status: 429, Header: c.h, At: noon}); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestRetryAfterWithoutAnyClock(t *testing.T) {
	h := http.Header{"Retry-After": {"Mon, 02 Mar 2026 12:00:30 GMT"}}
	if got := providers.RetryAfter(providers.Response{Header: h}); got != 0 {
		t.Errorf("a date that cannot be compared asks to wait %v, want 0", got)
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("60", `"default";r=0;t=30`, "12")
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", "((", "1772452845")
	f.Fuzz(func(t *testing.T, retryAfter, rateLimit, reset string) {
		h := http.Header{"Retry-After": {retryAfter}, "Ratelimit": {rateLimit}, "X-Ratelimit-Reset": {reset}}
		if got := providers.RetryAfter(providers.Response{Header: h, At: noon}); got < 0 || got > providers.MaxRetryAfter {
			t.Errorf("a wait of %v", got)
		}
	})
}
