package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// AccountUse is what runs on this machine have sent to an account lately.
type AccountUse struct {
	// Parked is until when the provider asked to be left alone; zero: it did not.
	Parked time.Time
	ledger ledger
	now    time.Time
}

// Used is a number of requests that count in a window until a time.
type Used struct {
	N     int
	Until time.Time
}

// LookUpAccount reads what is known of an account, as [OpenAccount] names it. It makes
// nothing and takes no lock: of a run that is at work it may miss the last moments. Nothing
// is known if the folder is not there; the error is the system's.
func LookUpAccount(dir string, provider, baseURL string, as map[string]string, now time.Time) (*AccountUse, error) {
	u := &AccountUse{now: now}
	folder := filepath.Join(dir, accountName(provider, baseURL, as))
	f := &ledgerFile{}
	for i, name := range []string{ledgerA, ledgerB} {
		half, err := os.Open(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			return u, f.close()
		}
		if err != nil {
			return nil, errors.Join(err, f.close())
		}
		f.halves[i] = half
	}
	l, err := f.load()
	if err = errors.Join(err, f.close()); err != nil {
		return nil, err
	}
	u.ledger = *l
	u.ledger.advance(now.UnixNano())
	if u.ledger.parked != 0 {
		u.Parked = time.Unix(0, u.ledger.parked)
	}
	return u, nil
}

// In gives what counts in a window of that length, the first to be free again first. Of
// lengths that nobody has used lately nothing is known.
func (u *AccountUse) In(per time.Duration) (used []Used) {
	for _, h := range u.ledger.history {
		if h.per != per {
			continue
		}
		for _, b := range h.buckets {
			if gone := (b.index + parts + 1) * h.width; b.n > 0 && gone > u.now.UnixNano() {
				used = append(used, Used{N: int(b.n), Until: time.Unix(0, gone)})
			}
		}
	}
	return used
}
