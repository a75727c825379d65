package journal

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rowpost/batch"
)

// What was finished is synced when it is so much, in bytes, or so long after its first
// entry: a power loss takes the last moments, and a kill nothing.
const (
	groupSize = 64 << 10
	groupTime = 50 * time.Millisecond
)

// Disk is a journal in a folder of its own, as one start of its run has it. It is for
// one process at a time, which its caller sees to.
type Disk struct {
	dir     string
	files   fileSystem
	earlier *View
	torn    []TornError
	start   uint32

	mu     sync.Mutex // guards lanes and closed; taken before a lane's, never after it
	lanes  map[string]*lane
	closed bool

	committer committer
}

// Open begins another start of the run that has its journal in this folder, which is made
// if it is missing (mode 0700). It reads what earlier starts left, and refuses what is
// damaged: errors are *[DamageError], *[VersionError], or the system's. A start that
// writes nothing leaves nothing. Known is what [Disk.Lengths] gave when starts before it
// ended, and nil if nothing is known: what has become less since is damaged.
func Open(dir string, known map[string]int64) (*Disk, error) {
	return openDisk(osFiles{}, dir, manyFiles, known)
}

// openDisk puts together the files of lanes that have more than many.
func openDisk(files fileSystem, dir string, many int, known map[string]int64) (*Disk, error) {
	if err := files.mkdir(dir); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	found, err := read(files, dir, known)
	if err != nil {
		return nil, err
	}
	j := &Disk{dir: dir, files: files, torn: found.Torn(), lanes: map[string]*lane{}}
	j.committer.init()
	if err := j.settle(found); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if j.earlier, err = j.compactAll(found, many); err != nil {
		return nil, err
	}
	j.start = 1
	for _, f := range j.earlier.Files {
		j.start = max(j.start, uint32(f.Last)+1)
	}
	if err := j.keepRoom(); err != nil {
		return nil, err
	}
	return j, nil
}

// settle makes last what was found: a start that was killed may have written it without
// having synced it, and what this one relies on must not vanish. Then it removes what is
// left over.
func (j *Disk) settle(found *View) error {
	for _, f := range found.Files {
		if batch.Planted("found-unsynced") {
			break
		}
		if err := j.files.sync(f.Path); err != nil {
			return err
		}
	}
	if err := j.files.syncFolder(j.dir); err != nil {
		return err
	}
	j.removeAll(found.left)
	return nil
}

// removeAll removes files that stand for nothing. One that stays does no harm.
func (j *Disk) removeAll(names []string) {
	for _, n := range names {
		_ = j.files.remove(filepath.Join(j.dir, n)) // tried again by the next start
	}
}

// Size is how much this start has to write so far, in bytes. It may be asked for at any time.
func (j *Disk) Size() int64 {
	var sum int64
	for _, l := range j.all() {
		l.mu.Lock()
		sum += l.size()
		l.mu.Unlock()
	}
	return sum
}

// Torn says which files of earlier starts break off, as a crash leaves them.
func (j *Disk) Torn() []TornError { return j.torn }

// Lane opens a provider's part; asked again it gives the same one. Its file is made when
// something is to be written.
func (j *Disk) Lane(provider string, window int) (batch.LaneJournal, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if l := j.lanes[provider]; l != nil {
		if err := sameWindow(provider, l.window, window); err != nil {
			return nil, err
		}
		return l, nil
	}
	if j.closed {
		return nil, fmt.Errorf("journal: %w", os.ErrClosed)
	}
	h := header{first: j.start, last: j.start, window: uint32(window), lane: provider, nonce: j.files.nonce()}
	l := newLane(j, &h, j.earlier.of(provider))
	j.lanes[provider] = l
	return l, nil
}

// Close writes everything out, marks the end and closes the files. What a lane could not
// write, now or before, it brings into a file of its own. Its error is a *[WriteError], which
// says how that went. Entries may be read afterwards.
func (j *Disk) Close() error {
	j.mu.Lock()
	before := j.closed
	j.closed = true
	j.mu.Unlock()
	if before {
		return nil
	}
	all := j.all()
	for _, l := range all {
		l.refuse()
	}
	j.committer.end()
	errs := make([]error, len(all))
	for i, l := range all {
		errs[i] = l.close()
	}
	j.giveRoom()
	return rescueAll(all, errs)
}

// commitAll commits all lanes that have finished entries. Errors stay with the lanes.
func (j *Disk) commitAll() {
	for _, l := range j.all() {
		l.commitFinished()
	}
}

// all are the lanes, in an order that is always the same: so that of what happens to the
// disk is, too, and a simulation of it can be repeated.
func (j *Disk) all() []*lane {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.SortedFunc(maps.Values(j.lanes), func(a, b *lane) int { return strings.Compare(a.name, b.name) })
}

// committer is the goroutine that commits what nobody waits for. There is none before
// the first entry.
type committer struct {
	once       sync.Once
	running    sync.WaitGroup
	first      chan struct{} // there is something to commit
	full       chan struct{} // do not wait for more
	stop       chan struct{}
	handDriven bool // by a test
}

func (c *committer) init() {
	c.first, c.full, c.stop = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})
}

// poke tells the committer about one of those; it never waits.
func (c *committer) poke(what chan struct{}, commit func()) {
	if c.handDriven {
		return
	}
	c.once.Do(func() { c.running.Go(func() { c.run(commit) }) })
	select {
	case what <- struct{}{}:
	default: // it knows already
	}
}

func (c *committer) run(commit func()) {
	timer := time.NewTimer(groupTime)
	defer timer.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-c.first:
		}
		timer.Reset(groupTime)
		select {
		case <-c.stop:
			return
		case <-c.full:
		case <-timer.C:
		}
		commit()
	}
}

// end ends the committer and waits for it. Nobody may poke it any more.
func (c *committer) end() {
	close(c.stop)
	c.running.Wait()
}
