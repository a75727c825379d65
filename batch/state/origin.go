package state

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// parents are the unfinished runs whose result is this one's input, under whatever name
// it has now. They must not be at work: both would send what was left.
func (b *beginning) parents() ([]*record, error) {
	if !b.job.Input.Result {
		return nil, nil
	}
	wrote := b.writer()
	var out []*record
	for _, rec := range b.all {
		if rec.Job == b.key || rec.Finished || rec != wrote && !b.left(rec) {
			continue
		}
		running, err := b.store.running(rec.Job, rec.ID)
		if err != nil {
			return nil, err
		}
		if running {
			locked := b.store.lockedBy(rec.Job)
			locked.Output = b.job.Input.Path
			return nil, locked
		}
		out = append(out, rec)
	}
	return out, nil
}

// writer is the run that wrote the file which is the input now; nil: none is known. If
// several wrote it, the last one counts.
func (b *beginning) writer() (last *record) {
	for _, rec := range b.all {
		if rec.Series != b.job.Series || rec.Job == b.key {
			continue
		}
		wrote := samePath(rec.Result, b.job.Input.Path) || samePath(rec.Errors, b.job.Input.Path)
		if wrote && (last == nil || rec.Last.After(last.Last)) {
			last = rec
		}
	}
	return last
}

// left says whether the input can have what a run left: its lines come from the same
// table, for the same account, and the run did not begin after this one.
func (b *beginning) left(rec *record) bool {
	return rec.ContinuedBy == "" && !rec.Begun.After(b.rec.Begun) && b.sharesOrigin(rec) && b.sharesAccount(rec)
}

func (b *beginning) sharesOrigin(rec *record) bool {
	return slices.ContainsFunc(b.job.Origins, func(o string) bool { return slices.Contains(rec.Origins, o) })
}

func (b *beginning) sharesAccount(rec *record) bool {
	for provider, sum := range b.job.accountSums() {
		if rec.Accounts[provider] == sum {
			return true
		}
	}
	return false
}

// elsewhere refuses an input that is a result of runs all of which sent to other accounts
// of a provider: what it shows as done is not done in this one.
func (b *beginning) elsewhere(gone []*record) error {
	if !b.job.Input.Result {
		return nil
	}
	sums := b.job.accountSums()
	for _, provider := range slices.Sorted(maps.Keys(sums)) {
		same, other := false, (*record)(nil)
		for _, rec := range slices.Concat(gone, b.all) {
			if rec.Accounts[provider] == "" || !b.sharesOrigin(rec) {
				continue
			}
			other = rec
			same = same || rec.Accounts[provider] == sums[provider]
		}
		if other != nil && !same {
			return &ConflictError{Run: other.Info, Changed: b.changed(other), Elsewhere: provider}
		}
	}
	return nil
}

func samePath(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	two, err := os.Stat(b)
	return err == nil && os.SameFile(one, two)
}
