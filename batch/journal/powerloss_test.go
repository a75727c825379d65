package journal

import (
	"bytes"
	"errors"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"rowpost/batch"
)

var (
	losses = flag.Int("powerloss", 300, "how many crashes TestPowerLoss simulates")
	first  = flag.Uint64("seed", 1, "the first seed of TestPowerLoss")
)

// simulation is one history of starts and crashes on one disk, all from one seed.
type simulation struct {
	*judge
	rng    *rand.Rand
	disk   *simDisk
	journ  *Disk
	lanes  []batch.LaneJournal
	newest map[string]int
	known  map[string]int64 // lengths, as the last start gave them that was closed
	// promised are the answers that must be there after the next crash, by lanes.
	promised map[string][]batch.Entry
}

// counts is what all simulations met, so that none can pass by having met nothing.
type counts struct{ powerLosses, kills, errors, starts, opened, closed, rescued, torn, compactions, lost, doubts, flips, exchanges, damage int }

func (c *counts) crashes() int { return c.powerLosses + c.kills }

// TestPowerLoss simulates crashes until there are as many as asked for, at each operation
// of a first start in turn, and at random ones of the starts after it, and has a judge
// look at what is found each time:
//
//	go test ./batch/journal -run TestPowerLoss -powerloss 100000
//
// A failure prints the seed, and -seed N begins with it.
func TestPowerLoss(t *testing.T) {
	var c counts
	for seed := *first; c.crashes() < *losses; seed++ {
		for fatal := 0; fatal <= 44 && c.crashes() < *losses; fatal++ {
			if err := simulate(seed, fatal, &c); err != nil {
				t.Fatalf("-seed %d, at operation %d, after %d crashes: %v", seed, fatal, c.crashes(), err)
			}
		}
	}
	t.Logf("%+v", c)
	if *losses >= 300 && *first == 1 {
		for _, n := range []int{c.powerLosses, c.kills, c.errors, c.opened, c.closed, c.rescued, c.torn, c.compactions, c.lost, c.doubts, c.flips, c.exchanges, c.damage} {
			if n == 0 {
				t.Errorf("something never happened: %+v", c)
			}
		}
	}
}

// simulate plays one history. If fatal is not 0 the first start dies at that operation.
func simulate(seed uint64, fatal int, c *counts) error {
	rng := rand.New(rand.NewPCG(seed, uint64(fatal)))
	s := &simulation{judge: newJudge(c), rng: rng, disk: newSimDisk(rng)}
	for start := range 2 + rng.IntN(8) {
		s.disk.trouble = [4]float64{0, 0, 0.01, 0.05}[rng.IntN(4)]
		s.disk.fatal = 1 + rng.IntN(8<<rng.IntN(5))
		if start == 0 && fatal > 0 {
			s.disk.fatal = fatal
		}
		if err := s.start(); err != nil {
			return err
		}
		s.crash()
		if err := errors.Join(s.look(s.disk), s.keptPromise()); err != nil {
			return err
		}
	}
	return s.flip()
}

func (s *simulation) crash() {
	if s.disk.failed {
		s.errors++
		s.lostPower() // a cache that failed to get something to the disk may forget it
	}
	if s.rng.IntN(3) == 0 {
		s.kills++
		s.disk.kill()
	} else {
		s.powerLosses++
		s.lostPower()
		s.disk.powerLoss()
	}
	s.disk.revive()
}

// start is one process, from its beginning to its end.
func (s *simulation) start() error {
	s.starts++
	j, err := openDisk(s.disk, "journal", 2+s.rng.IntN(3), s.known)
	if err != nil {
		return s.excused(err)
	}
	s.opened++
	s.settled(j)
	j.committer.handDriven = true
	s.journ, s.newest, s.lanes = j, map[string]int{}, nil
	for _, name := range []string{"a", "b"}[:1+s.rng.IntN(2)] {
		l, err := j.Lane(name, s.rng.IntN(9))
		if err != nil {
			return err
		}
		if err := s.compare("earlier", name, nil, l.Earlier()); err != nil {
			return s.excused(err)
		}
		s.lanes = append(s.lanes, l)
	}
	for range s.rng.IntN(60) {
		s.act(s.lanes[s.rng.IntN(len(s.lanes))].(*lane))
	}
	return s.end()
}

// excused lets errors pass that are the disk's.
func (s *simulation) excused(err error) error {
	var damage *DamageError
	if s.disk.dead || s.disk.failed && !errors.As(err, &damage) {
		return nil
	}
	return err
}

// end closes the journal, or not, and looks at what the process itself knows.
func (s *simulation) end() error {
	if s.rng.IntN(3) > 0 {
		err := s.journ.Close()
		defer s.rescue(err)
		if err == nil {
			s.closed++
			s.known = s.journ.Lengths()
			for _, l := range s.lanes {
				s.ended(l.(*lane))
			}
		} else if err := s.excused(err); err != nil {
			return err
		}
	}
	if s.disk.dead {
		return nil
	}
	for _, l := range s.lanes {
		if err := s.compare("entries", l.(*lane).name, s.now(l.(*lane)), l.Entries()); err != nil {
			return err
		}
	}
	return nil
}

// act is a step of the process.
func (s *simulation) act(l *lane) {
	switch s.rng.IntN(8) {
	case 0:
		s.journ.commitAll()
	case 1:
		s.beginAlone(l)
	case 2, 3:
		s.begin(l, 1+s.rng.IntN(3))
	default:
		s.finish(l)
	}
}

// begin lets some workers begin at once: one syncs for all, while others go on.
func (s *simulation) begin(l *lane, workers int) {
	type waiting struct {
		size    int64
		records int
	}
	var all []waiting
	for range workers {
		rec := Record{Begun, batch.Entry{Row: s.row(l), Request: s.rng.IntN(2)}}
		if size, err := l.begin(rec.Entry.Row, rec.Entry.Request); err == nil {
			all = append(all, waiting{size, s.wrote(l, rec)})
		}
	}
	s.rng.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	if l.file != nil && s.rng.IntN(2) == 0 { // while it is made, others wait
		s.disk.meanwhile = func() { s.finish(l) }
		defer func() { s.disk.meanwhile = nil }()
	}
	most := 0
	for _, w := range all {
		if l.commit(w.size) == nil {
			most = max(most, w.records)
		}
	}
	s.acknowledged(l, most)
}

// beginAlone is what a worker calls.
func (s *simulation) beginAlone(l *lane) {
	rec := Record{Begun, batch.Entry{Row: s.row(l), Request: s.rng.IntN(2)}}
	failed := l.err != nil // then it is not even gathered
	err := l.Begin(rec.Entry.Row, rec.Entry.Request)
	if failed {
		return
	}
	if records := s.wrote(l, rec); err == nil {
		s.acknowledged(l, records)
	}
}

func (s *simulation) finish(l *lane) {
	e := batch.Entry{
		Row: s.row(l), Request: s.rng.IntN(2), Attempts: s.rng.IntN(4), HTTPStatus: 200 + s.rng.IntN(300),
		Status: []batch.Status{batch.Succeeded, batch.Failed, batch.NotSent}[s.rng.IntN(3)], Again: s.rng.IntN(4) == 0,
	}
	if s.rng.IntN(3) == 0 {
		e.Message, e.SentAt = "said "+string(rune('a'+s.rng.IntN(26))), time.UnixMicro(s.rng.Int64N(1e15)).UTC()
	}
	failed := l.err != nil // it is kept in memory, and nowhere else
	err := l.Finish(e)     // the disk's, and stays
	if failed {
		s.remembered(l, Record{Finished, e})
	} else {
		s.wrote(l, Record{Finished, e})
	}
	if err == nil {
		s.finished(l)
	}
	s.newest[l.name] = max(s.newest[l.name], e.Row)
}

// row is any that the window allows.
func (s *simulation) row(l *lane) int {
	return max(1, s.newest[l.name]-l.window+s.rng.IntN(l.window+4))
}

// flip changes a bit of what survived, or exchanges two records of one length, which must
// be found out, or be in what was never known to be safe.
func (s *simulation) flip() error {
	v, err := read(s.disk, "journal", nil)
	if err != nil || len(v.Files) == 0 {
		return err
	}
	name := filepath.Base(v.Files[s.rng.IntN(len(v.Files))].Path)
	content := s.disk.names[name].cache
	if len(content) == 0 {
		return nil
	}
	s.flips++
	if s.rng.IntN(4) == 0 && exchange(content, s.rng) {
		s.exchanges++
	} else {
		content[s.rng.IntN(len(content))] ^= 1 << s.rng.IntN(8)
	}
	var damage *DamageError
	_, err = read(s.disk, "journal", nil)
	if errors.As(err, &damage) {
		s.damage++
		if filepath.Base(damage.File) != name {
			return errors.New("damage is reported in another file")
		}
		return nil
	}
	if err != nil {
		return err
	}
	return s.bearable(s.disk, name)
}

// exchange puts a record in the place of another one that is as long but not the same, and
// that one in its place. It says whether there are two such.
func exchange(content []byte, rng *rand.Rand) bool {
	r := newReader(bytes.NewReader(bytes.Clone(content)))
	if r.start() != nil {
		return false
	}
	var frames [][]byte
	for from := r.at; ; from = r.at {
		p, err := r.next()
		if err != nil {
			break
		}
		if !isMark(p) { // two of those would be two changes, and each may be all that vouches for one
			frames = append(frames, content[from:r.at])
		}
	}
	rng.Shuffle(len(frames), func(i, k int) { frames[i], frames[k] = frames[k], frames[i] })
	for i, a := range frames {
		for _, b := range frames[:i] {
			if len(a) == len(b) && !bytes.Equal(a, b) {
				kept := bytes.Clone(a)
				copy(a, b)
				copy(b, kept)
				return true
			}
		}
	}
	return false
}
