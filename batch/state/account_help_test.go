package state

import (
	"sync"
	"testing"
	"time"

	"rowpost/providers"
)

// wall is a clock that tests set.
type wall struct {
	mu  sync.Mutex
	now time.Time
}

func newWall() *wall { return &wall{now: time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)} }

func (w *wall) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *wall) add(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// tester is what testing.TB and rapid.T have in common.
type tester interface {
	Helper()
	Fatal(...any)
}

func openAt(t tester, dir string, clock func() time.Time, windows ...providers.Window) *AccountShare {
	t.Helper()
	a, err := openAccount(dir, "acme", providers.Limit{Windows: windows, InFlight: 4}, clock)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func reserve(t tester, a *AccountShare, n int) (int, time.Time) {
	t.Helper()
	taken, at, err := a.Reserve(n)
	if err != nil {
		t.Fatal(err)
	}
	return taken, at
}

// drain reserves until a request would have to wait, and says how many need not. The one
// that has to stays pending.
func drain(t tester, a *AccountShare, clock *wall) (free int) {
	t.Helper()
	for {
		taken, at := reserve(t, a, 1000)
		if at.After(clock.Now()) {
			return free
		}
		free += taken
	}
}

func closeAll(t *testing.T, shares ...*AccountShare) {
	t.Helper()
	for _, a := range shares {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}
