package cli

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"rowpost/batch"
)

const (
	drawEvery = 200 * time.Millisecond
	tellEvery = 10 * time.Second
	barWidth  = 10
	// rateSpan is how far back the rate looks: long enough to be calm, short enough to
	// notice that a provider makes the lane wait.
	rateSpan = time.Minute
)

// shown is progress that is being shown, by one goroutine until close is called.
type shown struct {
	screen      *screen
	log         *slog.Logger
	progress    *batch.Progress
	total       int64
	bar         *progressbar.ProgressBar // nil: plain lines instead
	rate        speed
	done, ended chan struct{}
}

// showProgress draws a bar on a terminal, and elsewhere writes a line to the log
// from time to time. A quiet run shows none.
func (s *screen) showProgress(progress *batch.Progress, total int, log *slog.Logger) *shown {
	v := &shown{
		screen: s, log: log, progress: progress, total: int64(total),
		done: make(chan struct{}), ended: make(chan struct{}),
	}
	every := tellEvery
	if s.terminal && total > 0 {
		every, v.bar = drawEvery, newBar(s, v.total)
	}
	if s.quiet || total == 0 {
		close(v.ended)
		return v
	}
	go v.watch(every)
	return v
}

func newBar(s *screen, total int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(barWriter{s}),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionClearOnFinish(),
	)
}

// close ends the showing and waits for it.
func (v *shown) close() {
	close(v.done)
	<-v.ended
	v.screen.clearBar()
}

func (v *shown) watch(every time.Duration) {
	defer close(v.ended)
	select {
	case <-v.progress.Ready:
	case <-v.done:
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	v.rate.add(time.Now(), 0)
	for {
		select {
		case <-v.done:
			return
		case now := <-ticker.C:
			v.show(now)
		}
	}
}

func (v *shown) show(now time.Time) {
	rows := rowsDone(v.progress.Lanes, v.total)
	v.rate.add(now, rows)
	if v.bar == nil {
		v.tell(now, rows)
		return
	}
	head := fmt.Sprintf("%d/%d rows %s", rows, v.total, v.rate.text(v.total-rows))
	// Beside its own width the bar takes some columns for the percentage and the frame.
	v.bar.Describe(v.line(head, now, v.screen.p.Width()-barWidth-12))
	_ = v.bar.Set64(min(rows, v.total-1)) // the last row would end the bar; close does that
}

// line fits the lanes behind the head; if there is no room for all, their names are
// cut first, then what can be done without: failures are shown to the last.
func (v *shown) line(head string, now time.Time, width int) string {
	text := ""
	for _, form := range []struct {
		name int
		lane func(*batch.LaneProgress, time.Time) string
		join string
	}{{width, laneText, " | "}, {9, laneText, " | "}, {3, laneShort, " "}, {3, laneBad, " "}} {
		parts := []string{head}
		for _, lane := range v.progress.Lanes {
			parts = append(parts, cutName(lane.Provider, form.name)+" "+form.lane(lane, now))
		}
		text = strings.Join(parts, form.join)
		if utf8.RuneCountInString(text) <= width {
			break
		}
	}
	return cutText(text, width)
}

// laneShort is what a narrow line has room for: requests sent, and lines that went wrong.
func laneShort(lane *batch.LaneProgress, now time.Time) string {
	text := strconv.FormatInt(lane.Sent.Load(), 10)
	if bad := laneBad(lane, now); bad != "0!" {
		text += "(" + bad + ")"
	}
	return text
}

// laneBad is what a still narrower one has room for.
func laneBad(lane *batch.LaneProgress, _ time.Time) string {
	return fmt.Sprintf("%d!", lane.Failed.Load()+lane.InDoubt.Load())
}

func cutName(name string, width int) string { return name[:min(len(name), width)] }

func (v *shown) tell(now time.Time, rows int64) {
	attrs := []any{"rows", rows, "of", v.total, "pace", v.rate.text(v.total - rows)}
	for _, lane := range v.progress.Lanes {
		attrs = append(attrs, lane.Provider, laneText(lane, now))
	}
	v.log.Info("progress", attrs...)
}

// rowsDone is how many rows all lanes are done with. A lane that stopped holds
// nobody up.
func rowsDone(lanes []*batch.LaneProgress, total int64) int64 {
	done, working := total, false
	for _, lane := range lanes {
		if lane.Stopped.Load() == nil {
			working = true
			done = min(done, lane.Rows.Load())
		}
	}
	if working || len(lanes) == 0 {
		return done
	}
	for _, lane := range lanes {
		done = min(done, lane.Rows.Load())
	}
	return done
}

func laneText(lane *batch.LaneProgress, now time.Time) string {
	parts := []string{fmt.Sprintf("%d sent", lane.Sent.Load())}
	if n := lane.Failed.Load(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", n))
	}
	if n := lane.InDoubt.Load(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d in doubt", n))
	}
	if lane.Stopped.Load() != nil {
		parts = append(parts, "stopped")
	} else if wait := time.Unix(0, lane.PausedUntil.Load()).Sub(now); lane.PausedUntil.Load() > 0 && wait > 0 {
		parts = append(parts, "waits "+shortDuration(wait))
	}
	return strings.Join(parts, ", ")
}

// speed is how fast rows were done lately.
type speed struct{ samples []sample }

type sample struct {
	at   time.Time
	rows int64
}

func (s *speed) add(at time.Time, rows int64) {
	s.samples = append(s.samples, sample{at, rows})
	for len(s.samples) > 2 && at.Sub(s.samples[1].at) >= rateSpan {
		s.samples = s.samples[1:]
	}
}

// perSecond is the mean over the samples; 0: nothing is known yet.
func (s *speed) perSecond() float64 {
	first, last := s.samples[0], s.samples[len(s.samples)-1]
	span := last.at.Sub(first.at).Seconds()
	if span <= 0 {
		return 0
	}
	return float64(last.rows-first.rows) / span
}

// text says how fast it goes, and how long the rows that are left will take.
func (s *speed) text(left int64) string {
	rate := s.perSecond()
	if rate <= 0 {
		return "0/s"
	}
	return fmt.Sprintf("%s/s, %s left", rateText(rate), shortDuration(time.Duration(float64(left)/rate*float64(time.Second))))
}

func cutText(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	return string(runes[:max(0, width-1)]) + "…"
}
