package cli

import (
	"slices"
	"testing"
	"time"

	"rowpost/batch/state"
	"rowpost/providers"
)

func TestForecast(t *testing.T) {
	now := time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name     string
		requests int
		windows  string
		inFlight int
		seconds  float64
		bound    string
		waits    []int
	}{
		{"nothing to send", 0, "10/s", 4, 0, "", []int{0}},
		{"one request takes one answer", 1, "10/s", 4, 0.3, "1", []int{0}},
		{"the pace", 101, "10/s", 4, 10.3, "pace 10/s", []int{0}},
		{"slow answers one after the other", 100, "10/s", 1, 30, "1 in flight, if answers take 300ms", []int{0}},
		{"a minute's window lets its number go at once", 60, "60/m", 60, 0.3, "60 in flight, if answers take 300ms", []int{0}},
		{"and the next one a minute later", 61, "60/m", 60, 60.3, "pace 60/m", []int{1}},
		{"a day's quota, paced by the second", 40011, "10/s,40000/d", 4, 86401.3, "pace 40000/d", []int{0, 1}},
		{"two quotas at once", 250, "100/h,200/d", 9, 24*3600 + 0.3, "pace 200/d", []int{1, 1}},
		{"an hour's quota over and over", 450, "100/h", 9, 4*3600 + 0.3, "pace 100/h", []int{4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			windows, err := providers.ParseWindows(test.windows)
			if err != nil {
				t.Fatal(err)
			}
			f := forecastOf("x", test.requests, providers.Limit{Windows: windows, InFlight: test.inFlight}, nil, now)
			if f.Seconds != test.seconds || test.requests > 1 && f.Bound != test.bound {
				t.Errorf("got %v s because of %q", f.Seconds, f.Bound)
			}
			var waits []int
			for _, w := range f.Windows {
				waits = append(waits, w.Waits)
			}
			if !slices.Equal(waits, test.waits) {
				t.Errorf("waits %v, want %v", waits, test.waits)
			}
			ends, err := time.Parse(time.RFC3339, f.Ends)
			if err != nil || ends.Sub(now).Round(time.Second) != (time.Duration(test.seconds)*time.Second) {
				t.Errorf("it ends at %s, %v", f.Ends, err)
			}
		})
	}
}

// TestForecastKnowsWhatWasSent uses up some of a quota, as a run in the morning does.
func TestForecastKnowsWhatWasSent(t *testing.T) {
	dir := t.TempDir()
	windows, err := providers.ParseWindows("100/h")
	if err != nil {
		t.Fatal(err)
	}
	limit := providers.Limit{Windows: windows, InFlight: 9}
	as := map[string]string{"NAME": "me"}
	a, err := state.OpenAccount(dir, "x", "https://api.example", as, limit)
	if err != nil {
		t.Fatal(err)
	}
	for range 70 {
		if _, _, err := a.Reserve(1); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	use, err := state.LookUpAccount(dir, "x", "https://api.example", as, now)
	if err != nil {
		t.Fatal(err)
	}
	f := forecastOf("x", 31, limit, use, now)
	if f.Windows[0].Used != 70 || f.Windows[0].Waits != 1 || f.Seconds < 3500 || f.Seconds > 3700 {
		t.Errorf("%+v", f)
	}
	if f := forecastOf("x", 30, limit, use, now); f.Windows[0].Waits != 0 || f.Seconds > 2 {
		t.Errorf("what is left of it is enough: %+v", f)
	}
	other, err := state.LookUpAccount(dir, "x", "https://api.example", nil, now)
	if err != nil || len(other.In(time.Hour)) > 0 {
		t.Errorf("another account: %v, %v", other, err)
	}
}

func TestForecastOfADeadline(t *testing.T) {
	now := time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name     string
		windows  string
		inFlight int
		end      time.Duration
		want     int
	}{
		{"the pace", "10/s", 9, time.Minute, 600},
		{"a quota that is used up", "10/s,100/h", 9, time.Minute, 100},
		{"a quota that comes back", "10/s,100/h", 9, 61 * time.Minute, 200},
		{"slow answers", "10/s", 1, time.Minute, 200},
		{"enough time", "10/s", 9, time.Hour, 1000},
	} {
		t.Run(test.name, func(t *testing.T) {
			windows, err := providers.ParseWindows(test.windows)
			if err != nil {
				t.Fatal(err)
			}
			limit := providers.Limit{Windows: windows, InFlight: test.inFlight}
			f := forecastOf("x", 1000, limit, nil, now)
			f.inTime(limit, nil, now, deadline{test.end, "it is late"})
			if f.InTime == nil || *f.InTime != test.want {
				t.Errorf("%v requests, want %d", f.InTime, test.want)
			}
		})
	}
}
