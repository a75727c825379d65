package journal

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// Lengths says how long the journal's files are, in bytes by their names, once Close has
// ended without an error: those of this start, and those that it found. Whoever keeps them
// can tell later, by [Open] and [Read], a file that was emptied, cut or removed from one
// that a crash broke off, which the files by themselves cannot. They stand for those of
// all starts before. A lane that failed is left out.
func (j *Disk) Lengths() map[string]int64 {
	lengths := map[string]int64{}
	for _, f := range j.earlier.Files {
		lengths[filepath.Base(f.Path)] = f.Kept
	}
	for _, l := range j.all() {
		if size := l.ended(); size > 0 {
			lengths[filepath.Base(l.path)] = size
		}
	}
	return lengths
}

// ended gives the length of the file if all of it is synced, else 0.
func (l *lane) ended() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || !l.used || l.safe != l.size() {
		return 0
	}
	return l.safe
}

// holds sees that nothing is missing of what is known of the files. What was put together
// since is whole, or it would have been refused.
func (v *View) holds(dir string, known map[string]int64) error {
	for _, base := range slices.Sorted(maps.Keys(known)) {
		n, ok := parseName(base)
		if !ok {
			continue // no file of a journal has such a name
		}
		path, length := filepath.Join(dir, base), known[base]
		f := v.standsFor(n)
		switch {
		case f == nil:
			return &DamageError{path, 0, n.lane, fmt.Sprintf("it is missing, and had %d bytes when a run ended", length), true}
		case filepath.Base(f.Path) == base && f.Kept < length:
			return &DamageError{path, f.Kept, n.lane, fmt.Sprintf("it breaks off there, and had %d bytes when a run ended", length), false}
		}
	}
	return nil
}

// standsFor finds the file of that name, or the one that it was put into; nil: there is none.
func (v *View) standsFor(n name) *File {
	for _, f := range v.Files {
		if f.Lane == n.lane && f.First <= int(n.first) && int(n.last) <= f.Last {
			return f
		}
	}
	return nil
}
