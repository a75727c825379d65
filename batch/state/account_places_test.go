package state

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rowpost/providers"
)

func openPlaces(t testing.TB, dir string, inFlight int) *AccountShare {
	t.Helper()
	a, err := OpenAccount(dir, "acme", "https://acme.example", nil, providers.Limit{InFlight: inFlight})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func enter(t testing.TB, a *AccountShare) (leave func()) {
	t.Helper()
	leave, err := a.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

// refused shows that no place can be had: the wait ends with its context's cause.
func refused(t *testing.T, a *AccountShare) {
	t.Helper()
	enough := errors.New("waited long enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 5*lookEvery, enough)
	defer cancel()
	if _, err := a.Enter(ctx); !errors.Is(err, enough) {
		t.Errorf("a place too many was given, or another cause: %v", err)
	}
}

// crowd is workers of some runs, each of which enters, counts, and leaves, again and again.
type crowd struct {
	inside, most atomic.Int64
	turns        []atomic.Int64 // of each run
	work         sync.WaitGroup
}

func (c *crowd) run(ctx context.Context, t *testing.T, i int, a *AccountShare, workers int) {
	for range workers {
		c.work.Go(func() {
			for {
				leave, err := a.Enter(ctx)
				if err != nil {
					if ctx.Err() == nil {
						t.Error(err)
					}
					return
				}
				now := c.inside.Add(1)
				for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
				}
				select {
				case <-time.After(time.Millisecond): // a request
				case <-ctx.Done():
				}
				c.turns[i].Add(1)
				c.inside.Add(-1)
				leave()
			}
		})
	}
}

// TestRunsShareThePlaces lets runs that want more places than there are go on until each
// has had many turns, the last of them since all had had some: then none starves.
func TestRunsShareThePlaces(t *testing.T) {
	for _, tc := range []struct {
		name                  string
		runs, places, workers int
	}{
		{"two runs alternate on one place", 2, 1, 1},
		{"many workers on one place", 2, 1, 5},
		{"three runs on eight places", 3, 8, 8},
		{"fewer places than runs", 4, 2, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			c := &crowd{turns: make([]atomic.Int64, tc.runs)}
			for i := range tc.runs {
				a := openPlaces(t, dir, tc.places)
				defer closeAll(t, a)
				c.run(ctx, t, i, a, tc.workers)
			}
			defer c.work.Wait()
			defer cancel()
			for range 3 {
				c.waitTurns(t, 5)
			}
			cancel()
			c.work.Wait()
			if most := c.most.Load(); most > int64(tc.places) {
				t.Errorf("%d requests in flight on %d places", most, tc.places)
			}
		})
	}
}

// waitTurns returns when each run has had so many more turns than at the call.
func (c *crowd) waitTurns(t *testing.T, more int64) {
	t.Helper()
	goal := make([]int64, len(c.turns))
	for i := range goal {
		goal[i] = c.turns[i].Load() + more
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for i := range goal {
		for c.turns[i].Load() < goal[i] {
			select {
			case <-tick.C:
			case <-late:
				t.Fatalf("run %d starves: it has had %d turns", i, c.turns[i].Load())
			}
		}
	}
}

func TestIdlePlacesAreGivenToWhoWaits(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	first, second := openPlaces(t, dir, 3), openPlaces(t, dir, 3)
	defer closeAll(t, first, second)
	for range 2 {
		var leaves []func()
		for range 3 {
			leaves = append(leaves, enter(t, first))
		}
		refused(t, second)
		for _, leave := range leaves {
			leave()
		}
		first, second = second, first // who has just had none takes them all
	}
}

func TestPlacesInUseAreNeverTaken(t *testing.T) {
	dir := t.TempDir()
	a, b := openPlaces(t, dir, 2), openPlaces(t, dir, 2)
	defer closeAll(t, a, b)
	leaveA, leaveB := enter(t, a), enter(t, b)
	refused(t, a)
	refused(t, b)
	leaveA()
	leave := enter(t, b)
	refused(t, a)
	leave()
	leaveB()
}

func TestAPlaceThatCameTooLateIsGivenBack(t *testing.T) {
	a := openPlaces(t, t.TempDir(), 1)
	defer closeAll(t, a)
	leave := enter(t, a)
	_, w, err := a.places.take()
	if err != nil {
		t.Fatal(err)
	}
	leave()
	a.places.withdraw(w)
	enter(t, a)()
}

func TestAsManyAsAnyoneLikes(t *testing.T) {
	a := openPlaces(t, t.TempDir(), 0)
	defer closeAll(t, a)
	for range 100 {
		defer enter(t, a)()
	}
}

func TestAWaitEndsWhenTheAccountIsClosed(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	a := openPlaces(t, dir, 1)
	leave := enter(t, a)
	waited := make(chan error)
	go func() {
		_, err := a.Enter(t.Context())
		waited <- err
	}()
	for a.places.count() == 0 {
		<-time.After(time.Millisecond)
	}
	closeAll(t, a)
	if err := <-waited; err == nil {
		t.Error("a closed account let somebody in")
	}
	leave() // of a request that was still under way
	b := openPlaces(t, dir, 1)
	defer closeAll(t, b)
	enter(t, b)()
}

// holdIn is the variable that makes TestHolder a process that holds all places of the account in
// the folder that it names.
const holdIn = "ROWPOST_TEST_HOLD_PLACES_IN"

func TestHolder(t *testing.T) {
	dir := os.Getenv(holdIn)
	if dir == "" {
		return // it is run by other tests, as a process of its own
	}
	a := openPlaces(t, dir, 4)
	for range 4 {
		enter(t, a)
	}
	reserve(t, a, 1)
	if _, err := os.Stdout.WriteString("held\n"); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done() // it is killed, or the test times out
}

func TestAKilledProcessHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	own := openPlaces(t, dir, 4)
	defer closeAll(t, own)
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHolder$", "-test.timeout=60s")
	holder.Env = append(os.Environ(), holdIn+"="+dir)
	out, err := holder.StdoutPipe()
	if err == nil {
		err = holder.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Errorf("%q, %v", line, err)
	}
	refused(t, own)
	if err = holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err = holder.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
	for range 4 {
		defer enter(t, own)()
	}
}

func BenchmarkEnterAlone(b *testing.B) {
	a := openPlaces(b, b.TempDir(), 64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			leave, err := a.Enter(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			leave()
		}
	})
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkReserve(b *testing.B) {
	for _, bc := range []struct {
		name    string
		windows []providers.Window
	}{
		{"even", []providers.Window{{N: 10_000, Per: time.Second}}},
		{"even and day", []providers.Window{{N: 10_000, Per: time.Second}, {N: 1 << 30, Per: day}}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			clock := newWall()
			a := openAt(b, b.TempDir(), clock.Now, bc.windows...)
			for i := range 1000 { // a history such as a day leaves
				reserve(b, a, 20)
				clock.add(time.Duration(1000-i) * 170 * time.Millisecond)
			}
			b.ResetTimer()
			taken := 0
			for b.Loop() {
				n, _ := reserve(b, a, 20)
				taken += n
				clock.add(2 * time.Millisecond)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(taken), "ns/request")
			if err := a.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
