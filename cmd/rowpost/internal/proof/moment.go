package proof

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Phase is what a start was about when it was killed, as far as can be seen from outside.
type Phase string

// The phases.
const (
	Starting   Phase = "starting"   // of the first start; nothing was sent
	Recovering Phase = "recovering" // of a later one; nothing was sent by it
	Sending    Phase = "sending"
	Finishing  Phase = "finishing" // all was sent; no result is under way
	Writing    Phase = "writing"   // a result is under way, or just there
	Ended      Phase = "ended"     // the kill came too late
)

// Phases are all of them, in order.
func Phases() []Phase { return []Phase{Starting, Recovering, Sending, Finishing, Writing, Ended} }

// Moment is when to kill.
type Moment struct {
	arrivals int           // after so many more requests; 0: none is waited for
	delay    time.Duration // and then so much later
}

// NextMoment draws one; more is how many are to follow it. Moments drawn evenly in time
// would nearly all hit the sending, and be over before the last of them.
func (w *Witness) NextMoment(im *Import, more int, random *rand.Rand) Moment {
	_, different := w.Arrived()
	left := max(im.Sends-different, 0)
	short := time.Duration(random.Int64N(int64(30 * time.Millisecond)))
	switch dice := random.IntN(10); {
	case dice == 0:
		return Moment{delay: short}
	case left == 0:
		return Moment{delay: 3 * short}
	case dice < 4 || more == 0:
		return Moment{arrivals: left, delay: short}
	default:
		return Moment{arrivals: 1 + random.IntN(1+2*left/(more+2)), delay: short / 20}
	}
}

// mostWait ends a start that waits for requests that do not come, as all rest is in doubt.
const mostWait = 20 * time.Second

// KillAt starts the binary and kills it at a moment, unless it ends before. It says what
// the start was about then; again says that there was one before.
func (w *Witness) KillAt(ctx context.Context, c *Child, m Moment, im *Import, again bool, args ...string) (*End, Phase, error) {
	ctx, kill := context.WithTimeout(ctx, mostWait)
	defer kill()
	before, _ := w.Arrived()
	result, _ := os.Stat(im.Result)
	bell := func() { time.AfterFunc(m.delay, kill) }
	if m.arrivals == 0 {
		bell()
	}
	w.Ring(m.arrivals, bell)
	end, err := c.Run(ctx, args...)
	w.Ring(0, nil)
	if err != nil {
		return nil, "", err
	}
	return end, w.phase(end, im, result, before, again), nil
}

func (w *Witness) phase(end *End, im *Import, before os.FileInfo, arrived int, again bool) Phase {
	all, different := w.Arrived()
	now, _ := os.Stat(im.Result)
	switch {
	case !end.Killed:
		return Ended
	case now != nil && (before == nil || !os.SameFile(before, now)):
		return Writing
	case different >= im.Sends && all > arrived && len(im.leftovers()) > 0:
		return Writing
	case different >= im.Sends && all > arrived:
		return Finishing
	case all > arrived:
		return Sending
	case again:
		return Recovering
	}
	return Starting
}

// leftovers are the files beside the import that do not belong there.
func (im *Import) leftovers() []string {
	entries, err := os.ReadDir(im.Dir)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(im.Dir, e.Name())
		if path != im.Input && path != im.Mapping && path != im.Result {
			out = append(out, path)
		}
	}
	return out
}

// Leftovers are the files beside the import, and below the state folder, that only a
// program which is still writing may have there.
func (im *Import) Leftovers(state string) ([]string, error) {
	out := im.leftovers()
	err := filepath.WalkDir(state, func(path string, _ os.DirEntry, err error) error {
		if name := filepath.Base(path); strings.HasPrefix(name, ".") || strings.Contains(name, "tmp") || strings.Contains(name, "temp") {
			out = append(out, path)
		}
		return err
	})
	return out, err
}
