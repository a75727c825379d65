package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"rowpost/batch"
	"rowpost/providers"
)

// syncEvery is how much of a long window's history a power cut may cost, at most.
const syncEvery = 10 * time.Second

// worthSyncing is the shortest window that outlasts a power cut.
const worthSyncing = time.Minute

var _ batch.Commons = (*AccountShare)(nil)

// AccountShare is one run's part in an account of a provider that all runs on this machine
// use together: they keep to its windows and its number in flight as if they were one, and
// one that begins obeys a pause that any of them was told. What was sent stays known when a
// run ends or is killed; what a killed run held is free at once. It needs no repair.
//
// Runs may have different limits: each applies its own to what all have sent.
type AccountShare struct {
	provider string
	places   *places
	pace     pace
	clock    func() time.Time
	member   *flock.Flock // held shared for as long as this is open

	mu     sync.Mutex // guards the rest; the kernel's lock comes inside
	lock   *paceLock
	file   *ledgerFile
	synced time.Time
	closed bool
}

// OpenAccount opens an account in a folder for all accounts, which is made if it is
// missing. The account is what provider, base URL and the variables in as (user name,
// brand: nothing secret) name. It must be closed when the run has ended.
func OpenAccount(dir string, provider, baseURL string, as map[string]string, limit providers.Limit) (*AccountShare, error) {
	return openAccount(filepath.Join(dir, accountName(provider, baseURL, as)), provider, limit, time.Now)
}

// accountName is the account's folder. It tells people nothing, for the user name in it may
// be a person's.
func accountName(provider, baseURL string, as map[string]string) string {
	h := sha256.New()
	parts := []string{provider, strings.TrimRight(baseURL, "/")}
	for _, name := range slices.Sorted(maps.Keys(as)) {
		parts = append(parts, name, as[name])
	}
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func openAccount(dir, provider string, limit providers.Limit, clock func() time.Time) (*AccountShare, error) {
	a := &AccountShare{provider: provider, pace: paceOf(limit.Windows), clock: clock, synced: clock()}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, a.wrap(err)
	}
	a.member = flock.New(filepath.Join(dir, "members.lock"))
	var err error
	if a.lock, err = openPaceLock(filepath.Join(dir, "pace.lock")); err != nil {
		return nil, a.wrap(err)
	}
	if a.file, err = openLedger(dir); err != nil {
		return nil, a.wrap(errors.Join(err, a.lock.close()))
	}
	if err = a.join(); err != nil {
		return nil, a.wrap(errors.Join(err, a.file.close(), a.lock.close(), a.member.Unlock()))
	}
	a.places = newPlaces(dir, limit.InFlight)
	return a, nil
}

// join makes this run one of the account's. If it is the only one, nobody waits for what
// is still pending: whoever did was killed.
func (a *AccountShare) join() error {
	alone, err := a.member.TryLock()
	if err != nil {
		return err
	}
	if alone {
		err = a.change(func(l *ledger, _ time.Time) { l.pending = nil })
		if err = errors.Join(err, a.member.Unlock()); err != nil {
			return err
		}
	}
	return uninterrupted(a.member.RLock)
}

// Enter implements [batch.Commons]. Leave must be called once.
func (a *AccountShare) Enter(ctx context.Context) (leave func(), err error) {
	leave, err = a.places.enter(ctx)
	if err != nil && ctx.Err() == nil {
		err = a.wrap(err)
	}
	return leave, err
}

// Reserve implements [batch.Commons]. It costs a few system calls, whatever n is.
func (a *AccountShare) Reserve(n int) (taken int, at time.Time, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	err = a.change(func(l *ledger, now time.Time) {
		var start int64
		taken, start = l.reserve(a.pace, now.UnixNano(), max(1, n))
		at = now.Add(time.Duration(start - now.UnixNano()))
	})
	if now := a.clock(); err == nil && a.wantsSync(now) {
		a.synced = now
		err = a.file.sync(a.file.seen)
	}
	return taken, at, a.wrap(err)
}

// wantsSync says whether it is time to make a long window's history safe.
func (a *AccountShare) wantsSync(now time.Time) bool {
	return now.Sub(a.synced) >= syncEvery &&
		slices.ContainsFunc(a.pace.counted, func(w providers.Window) bool { return w.Per >= worthSyncing })
}

// Park implements [batch.Commons]. More than 24 hours are shortened to that.
func (a *AccountShare) Park(until time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.change(func(l *ledger, now time.Time) {
		if most := now.Add(longestPark); until.After(most) {
			until = most
		}
		// Not the wall clock's reading of until: the clock may have been set since.
		if end := now.UnixNano() + int64(until.Sub(now)); until.After(now) {
			l.parked = max(l.parked, end)
		}
	})
	if err == nil {
		err = a.file.sync(a.file.seen)
	}
	return a.wrap(err)
}

// Parked implements [batch.Commons].
func (a *AccountShare) Parked() (until time.Time, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	err = a.look(func(l *ledger, now time.Time) {
		if l.parked != 0 {
			until = now.Add(time.Duration(l.parked - now.UnixNano()))
		}
	})
	return until, a.wrap(err)
}

// Close ends this run's part, once none of its requests is under way and nobody is in one
// of the other methods. What it reserved stays counted.
func (a *AccountShare) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil
	}
	a.closed = true
	return a.wrap(errors.Join(a.places.close(), a.file.close(), a.lock.close(), a.member.Unlock()))
}

// change lets f read and change the ledger, now, while nobody else on this machine does.
func (a *AccountShare) change(f func(l *ledger, now time.Time)) error {
	return a.locked(f, a.file.save)
}

// look lets f read the ledger as it is now.
func (a *AccountShare) look(f func(l *ledger, now time.Time)) error {
	return a.locked(f, func() error { return nil })
}

func (a *AccountShare) locked(f func(l *ledger, now time.Time), save func() error) (err error) {
	if a.closed {
		return errClosed
	}
	if err = a.lock.lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.lock.unlock()) }()
	l, err := a.file.load()
	if err != nil {
		return err
	}
	now := a.clock()
	l.advance(now.UnixNano())
	f(l, now)
	return save()
}

var errClosed = errors.New("it is closed")

func (a *AccountShare) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("what runs with the same %s account share cannot be kept: %w; "+
		"see that the state folder is writable and its disk not full", a.provider, err)
}

// uninterrupted takes a lock, whatever signals come while it waits.
func uninterrupted(lock func() error) error {
	for {
		if err := lock(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
