package cli

import (
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/providers"
)

func TestParseRows(t *testing.T) {
	for _, test := range []struct {
		text string
		want rowRange
		ok   bool
	}{
		{"10-20", rowRange{10, 20}, true},
		{"10-", rowRange{10, 0}, true},
		{"-20", rowRange{0, 20}, true},
		{"7", rowRange{7, 7}, true},
		{"7-7", rowRange{7, 7}, true},
		{"20-10", rowRange{}, false},
		{"0-3", rowRange{}, false},
		{"-", rowRange{}, false},
		{"", rowRange{}, false},
		{"a-b", rowRange{}, false},
		{"1-2-3", rowRange{}, false},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, err := parseRows(test.text)
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestParseMaxErrors(t *testing.T) {
	for _, test := range []struct {
		text string
		want batch.MaxErrors
		ok   bool
	}{
		{"0", batch.MaxErrors{Set: true}, true},
		{"100", batch.MaxErrors{Lines: 100, Set: true}, true},
		{"2.5%", batch.MaxErrors{Percent: 2.5, Set: true}, true},
		{"0%", batch.MaxErrors{}, false},
		{"101%", batch.MaxErrors{}, false},
		{"NaN%", batch.MaxErrors{}, false},
		{"-1", batch.MaxErrors{}, false},
		{"many", batch.MaxErrors{}, false},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, err := parseMaxErrors(test.text)
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestUntilIsTheNextSuchMoment(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 2, day, hour, minute, 30, 0, time.UTC) }
	for _, test := range []struct {
		name string
		now  time.Time
		want time.Time
	}{
		{"later today", at(27, 4, 0), time.Date(2026, 2, 27, 5, 45, 0, 0, time.UTC)},
		{"tomorrow", at(27, 6, 0), time.Date(2026, 2, 28, 5, 45, 0, 0, time.UTC)},
		{"this very minute has begun", at(27, 5, 45), time.Date(2026, 2, 28, 5, 45, 0, 0, time.UTC)},
		{"over the end of a month", at(28, 23, 0), time.Date(2026, 3, 1, 5, 45, 0, 0, time.UTC)},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := parseClock("05:45")
			if err != nil {
				t.Fatal(err)
			}
			if got := c.next(test.now); !got.Equal(test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestTheNearerDeadlineCounts(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	until := clock{hour: 13, set: true}
	for _, test := range []struct {
		name   string
		opts   options
		in     time.Duration
		reason string
	}{
		{"none", options{}, 0, ""},
		{"until", options{until: until}, time.Hour, "it is 13:00 (--until)"},
		{"max-duration", options{maxDuration: 2 * time.Hour}, 2 * time.Hour, "the time is over (--max-duration 2h0m0s)"},
		{"both, until first", options{until: until, maxDuration: 2 * time.Hour}, time.Hour, "it is 13:00 (--until)"},
		{"both, max-duration first", options{until: until, maxDuration: time.Minute}, time.Minute, "the time is over (--max-duration 1m0s)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := deadlineOf(&test.opts, now); d.in != test.in || d.reason != test.reason {
				t.Errorf("got %+v", d)
			}
		})
	}
}

func TestAboveAPublishedLimit(t *testing.T) {
	published := providers.Limit{Windows: []providers.Window{{N: 30, Per: time.Second}}, InFlight: 4}
	perMinute := providers.Limit{Windows: []providers.Window{{N: 60, Per: time.Minute}}}
	for _, test := range []struct {
		name      string
		windows   string
		inFlight  int
		published providers.Limit
		above     bool
	}{
		{"the same", "30/s", 4, published, false},
		{"below", "10/s", 1, published, false},
		{"faster", "31/s", 4, published, true},
		{"more in flight", "10/s", 5, published, true},
		{"many a day may come in one second", "40000/d", 1, published, true},
		{"many a day, paced", "10/s,40000/d", 1, published, false},
		{"a second's pace against a minute", "2/s", 1, perMinute, true},
		{"a second's pace that keeps a minute's", "1/s", 1, perMinute, false},
		{"nothing is published", "9999/s", 99, providers.Limit{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			windows, err := providers.ParseWindows(test.windows)
			if err != nil {
				t.Fatal(err)
			}
			got := aboveLimit(providers.Limit{Windows: windows, InFlight: test.inFlight}, test.published)
			if (got != "") != test.above {
				t.Errorf("said %q", got)
			}
		})
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"run", "plan", "providers", "sandbox", "check"}
	for _, test := range []struct{ word, want string }{
		{"paln", "plan"},
		{"provider", "providers"},
		{"sanbox", "sandbox"},
		{"rnu", "run"},
		{"delete", ""},
		{"", ""},
	} {
		want := ""
		if test.want != "" {
			want = `; did you mean "` + test.want + `"?`
		}
		if got := didYouMean(test.word, known); got != want {
			t.Errorf("%q: %q, want %q", test.word, got, want)
		}
	}
}
