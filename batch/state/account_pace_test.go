package state

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowpost/providers"
)

const day = 24 * time.Hour

// TestAllRunsTogetherKeepToTheWindows lets several runs ask at random times, some of which
// come and go or keep to stricter limits, and looks at all the times they were given.
func TestAllRunsTogetherKeepToTheWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "account")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // what is left is in the temporary folder
		windows := rapid.SampledFrom([][]providers.Window{
			{{N: 10, Per: time.Second}},
			{{N: 10_000, Per: time.Second}},
			{{N: 3, Per: 100 * time.Millisecond}, {N: 20, Per: time.Second}},
			{{N: 7, Per: 2 * time.Second}},
			{{N: 1, Per: time.Minute}},
			{{N: 10, Per: time.Second}, {N: 50, Per: time.Minute}, {N: 400, Per: time.Hour}},
			{{N: 1000, Per: time.Second}, {N: 300, Per: 90 * time.Second}},
		}).Draw(t, "windows")
		clock := newWall()
		runs := make([]*AccountShare, rapid.IntRange(1, 4).Draw(t, "runs"))
		limits := make([][]providers.Window, len(runs))
		for i := range runs {
			limits[i] = slices.Clone(windows)
			if i > 0 && rapid.Bool().Draw(t, "stricter") {
				for k := range limits[i] {
					limits[i][k].N = max(1, windows[k].N/3)
				}
			}
			runs[i] = openAt(t, dir, clock.Now, limits[i]...)
		}
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{
				run: rapid.IntRange(0, len(runs)-1).Draw(t, "run"), n: rapid.IntRange(1, 40).Draw(t, "n"),
				after:  time.Duration(math.Exp(rapid.Float64Range(0, 24).Draw(t, "after"))),
				reopen: rapid.IntRange(0, 19).Draw(t, "reopen") == 0,
			}
		}), 80, 300).Draw(t, "steps")
		var sent []time.Time
		for _, s := range steps {
			clock.add(s.after)
			if s.reopen && len(runs) > 1 {
				if err = runs[s.run].Close(); err != nil {
					t.Fatal(err)
				}
				runs[s.run] = openAt(t, dir, clock.Now, limits[s.run]...)
			}
			taken, at := reserve(t, runs[s.run], s.n)
			if taken < 1 || taken > s.n || at.Before(clock.Now()) || taken > 1 && at.After(clock.Now()) {
				t.Fatalf("asked for %d at %s: took %d from %s on", s.n, clock.Now(), taken, at)
			}
			for range taken {
				sent = append(sent, at)
			}
		}
		for _, a := range runs {
			if err = a.Close(); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortFunc(sent, time.Time.Compare)
		for _, w := range windows {
			if msg := excess(sent, w); msg != "" {
				t.Fatal(msg)
			}
		}
	})
}

type step struct {
	run, n int
	after  time.Duration
	reopen bool
}

// excess says where requests, in order of time, are more than a window allows: in any span
// of it if it is counted, in any span at all, plus the burst, if it is even.
func excess(sent []time.Time, w providers.Window) string {
	if w.Per > time.Second {
		for i := w.N; i < len(sent); i++ {
			if span := sent[i].Sub(sent[i-w.N]); span < w.Per {
				return fmt.Sprintf("%s: %d requests in %s from %s on", w, w.N+1, span, sent[i-w.N])
			}
		}
		return ""
	}
	rate := float64(w.N) / float64(w.Per)
	burst := max(1, math.Ceil(rate*float64(5*time.Millisecond)))
	// Requests i to k are k-i+1 in a span of t(k)-t(i); least is the worst i so far.
	least := math.Inf(1)
	for k, at := range sent {
		due := rate * float64(at.Sub(sent[0]))
		least = min(least, float64(k)-due)
		if over := float64(k+1) - due - least - burst; over > 1e-3 {
			return fmt.Sprintf("%s: %.3f requests too many until %s", w, over, at)
		}
	}
	return ""
}

func TestARunThatIsAloneGetsNearlyAllOfItsLimit(t *testing.T) {
	for _, tc := range []struct {
		name    string
		windows []providers.Window
		late    time.Duration // how long after it could the run asks again
		span    time.Duration
		most    float64
	}{
		{"even, slow", []providers.Window{{N: 10, Per: time.Second}}, 0, 30 * time.Second, 300},
		{"even, fast, with late timers", []providers.Window{{N: 10_000, Per: time.Second}}, 2 * time.Millisecond, 3 * time.Second, 30_000},
		{"minute", []providers.Window{{N: 600, Per: time.Minute}}, time.Millisecond, 20 * time.Minute, 12_000},
		{"two counted", []providers.Window{{N: 100, Per: time.Minute}, {N: 1500, Per: time.Hour}}, time.Millisecond, 4 * time.Hour, 6000},
		{"day behind an even one", []providers.Window{{N: 1, Per: time.Second}, {N: 300, Per: day}}, 0, 10 * day, 3000},
		{"one a minute", []providers.Window{{N: 1, Per: time.Minute}}, 0, 5 * time.Hour, 300},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clock := newWall()
			end := clock.Now().Add(tc.span)
			a := openAt(t, t.TempDir(), clock.Now, tc.windows...)
			defer closeAll(t, a)
			sent := 0
			for {
				taken, at := reserve(t, a, 20)
				if !at.Before(end) {
					break
				}
				sent += taken
				clock.add(at.Sub(clock.Now()) + tc.late)
			}
			if got := float64(sent) / tc.most; got < 0.97 {
				t.Errorf("%.1f %% of the limit was used", 100*got)
			}
		})
	}
}

func TestACountedRequestIsForgottenWhenItsSpanIsOver(t *testing.T) {
	window := providers.Window{N: 3, Per: 128 * time.Second} // a bucket is a second
	for _, into := range []time.Duration{0, time.Nanosecond, 500 * time.Millisecond, time.Second - 1} {
		t.Run(into.String(), func(t *testing.T) {
			clock := newWall()
			clock.add(into)
			a := openAt(t, t.TempDir(), clock.Now, window)
			defer closeAll(t, a)
			reserve(t, a, 3)
			sent := clock.Now()
			clock.add(window.Per - 1)
			_, at := reserve(t, a, 1)
			if wait := at.Sub(sent); wait < window.Per || wait > window.Per+time.Second {
				t.Errorf("the next may be sent after %s", wait)
			}
		})
	}
}

// TestRoomIsLeftForWhatWaits has a strict run wait, and sees what another one may send
// shortly before that one's time.
func TestRoomIsLeftForWhatWaits(t *testing.T) {
	for _, tc := range []struct {
		name   string
		window providers.Window
		before time.Duration
		want   int
	}{
		{"one a millisecond", providers.Window{N: 1000, Per: time.Second}, 2 * time.Millisecond, 2},
		{"five in two seconds", providers.Window{N: 5, Per: 2 * time.Second}, time.Second, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, clock := t.TempDir(), newWall()
			other := openAt(t, dir, clock.Now, tc.window)
			strict := openAt(t, dir, clock.Now, tc.window, providers.Window{N: 1, Per: time.Minute})
			defer closeAll(t, other, strict)
			reserve(t, strict, 1)
			_, at := reserve(t, strict, 1)
			clock.add(at.Sub(clock.Now()) - tc.before)
			if taken, _ := reserve(t, other, 100); taken != tc.want {
				t.Errorf("%d were let through, want %d", taken, tc.want)
			}
		})
	}
}

func TestAMorningsQuotaCountsInTheEvening(t *testing.T) {
	dir, clock := t.TempDir(), newWall()
	quota := providers.Window{N: 1000, Per: day}
	morning := openAt(t, dir, clock.Now, quota)
	if taken, _ := reserve(t, morning, 900); taken != 900 {
		t.Fatalf("took %d of 900", taken)
	}
	closeAll(t, morning)
	clock.add(10 * time.Hour)
	for _, left := range []int{100, 0, 0} {
		evening := openAt(t, dir, clock.Now, quota)
		if got := drain(t, evening, clock); got != left {
			t.Errorf("%d more were let through, want %d", got, left)
		}
		closeAll(t, evening)
	}
	clock.add(14*time.Hour + day/parts)
	next := openAt(t, dir, clock.Now, quota)
	defer closeAll(t, next)
	// The last evening's run waited for one that is due now, so it may have been sent.
	if got := drain(t, next, clock); got != 899 {
		t.Errorf("%d were let through the next day", got)
	}
}

func TestEachRunAppliesItsOwnLimitToWhatAllSent(t *testing.T) {
	dir, clock := t.TempDir(), newWall()
	wide := openAt(t, dir, clock.Now, providers.Window{N: 500, Per: time.Minute})
	narrow := openAt(t, dir, clock.Now, providers.Window{N: 100, Per: 2 * time.Hour})
	defer closeAll(t, wide, narrow)
	reserve(t, wide, 60)
	clock.add(30 * time.Minute)
	if got := drain(t, narrow, clock); got != 40 {
		t.Errorf("%d were let through after 60 of 100", got)
	}
	if got := drain(t, wide, clock); got != 460 {
		t.Errorf("%d of 500 were let through beside 40; what waits two hours is none of them", got)
	}
}

func TestWhatAKilledRunWaitedForIsFree(t *testing.T) {
	dir, clock := t.TempDir(), newWall()
	quota := providers.Window{N: 2, Per: time.Hour}
	killed := openAt(t, dir, clock.Now, quota)
	for range 5 {
		drain(t, killed, clock)
	}
	closeAll(t, killed) // to the others a kill looks like this: the kernel's locks are gone
	next := openAt(t, dir, clock.Now, quota)
	defer closeAll(t, next)
	_, at := reserve(t, next, 1)
	if wait := at.Sub(clock.Now()); wait > time.Hour+time.Hour/parts {
		t.Errorf("it waits %s", wait)
	}
}

func TestPause(t *testing.T) {
	for _, tc := range []struct {
		name         string
		parks        []time.Duration
		later, still time.Duration
	}{
		{"none", nil, 0, 0},
		{"counts for all", []time.Duration{time.Minute}, 20 * time.Second, 40 * time.Second},
		{"a shorter one changes nothing", []time.Duration{time.Minute, time.Second}, 0, time.Minute},
		{"ends", []time.Duration{time.Minute}, time.Minute, 0},
		{"is 24 hours at most", []time.Duration{1000 * time.Hour}, 0, day},
		{"of the past", []time.Duration{-time.Minute}, 0, 0},
		{"outlives a clock that is set back", []time.Duration{time.Minute}, -time.Hour, time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, clock := t.TempDir(), newWall()
			told := openAt(t, dir, clock.Now)
			for _, d := range tc.parks {
				if err := told.Park(clock.Now().Add(d)); err != nil {
					t.Fatal(err)
				}
			}
			closeAll(t, told)
			clock.add(tc.later)
			other := openAt(t, dir, clock.Now)
			defer closeAll(t, other)
			until, err := other.Parked()
			if err != nil {
				t.Fatal(err)
			}
			if tc.still == 0 != until.IsZero() || tc.still > 0 && !until.Equal(clock.Now().Add(tc.still)) {
				t.Errorf("parked until %s at %s", until, clock.Now())
			}
		})
	}
}

func TestClockThatIsSetBack(t *testing.T) {
	for _, back := range []time.Duration{time.Millisecond, time.Minute, 5 * time.Hour, 10_000 * time.Hour} {
		t.Run(back.String(), func(t *testing.T) {
			dir, clock := t.TempDir(), newWall()
			a := openAt(t, dir, clock.Now, providers.Window{N: 10, Per: time.Second}, providers.Window{N: 100, Per: time.Hour})
			defer closeAll(t, a)
			for range 100 {
				reserve(t, a, 1)
				clock.add(time.Second)
			}
			clock.add(-back)
			_, at := reserve(t, a, 1)
			// Sent 100 to 1 seconds ago, as far as anyone can know.
			if wait := at.Sub(clock.Now()); wait < time.Hour-101*time.Second || wait > time.Hour+2*time.Hour/parts {
				t.Errorf("it waits %s", wait)
			}
		})
	}
}
