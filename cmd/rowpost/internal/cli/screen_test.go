package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rowpost/batch"
	"rowpost/cmd/rowpost/internal/proof"
)

func TestMain(m *testing.M) {
	if os.Getenv(proof.SinkVariable) != "" {
		proof.SinkMain()
		return
	}
	goleak.VerifyTestMain(m)
}

func testProgram(out io.Writer) *Program {
	return &Program{
		Stderr: out, Stdout: out, Env: map[string]string{}, Now: time.Now,
		Width:  func() int { return 80 },
		Notify: func(chan<- os.Signal) func() { return func() {} },
	}
}

func TestSignalsEndARunInThreeSteps(t *testing.T) {
	var out bytes.Buffer
	p := testProgram(&out)
	deliver := make(chan chan<- os.Signal, 1)
	p.Notify = func(c chan<- os.Signal) func() { deliver <- c; return func() {} }
	exits := make(chan int, 1)
	p.Exit = func(status int) { exits <- status }
	ctx, f := p.newFeed(t.Context(), &options{})
	defer f.close()
	signals := <-deliver

	signals <- syscall.SIGTERM
	<-ctx.Done()
	stop, ok := errors.AsType[*batch.Stop](context.Cause(ctx))
	if !ok || stop.Kind != batch.Interrupted || stop.Signal != 15 {
		t.Errorf("the cause of the feed's end is %v", context.Cause(ctx))
	}
	select {
	case <-f.abort:
		t.Error("one signal drops what is in flight")
	default:
	}
	signals <- os.Interrupt
	<-f.abort
	signals <- os.Interrupt
	if status := <-exits; status != 130 {
		t.Errorf("the third signal exits with %d", status)
	}
}

func TestDeadlineEndsTheFeed(t *testing.T) {
	ctx, f := testProgram(io.Discard).newFeed(t.Context(), &options{maxDuration: time.Millisecond})
	defer f.close()
	<-ctx.Done()
	stop, ok := errors.AsType[*batch.Stop](context.Cause(ctx))
	if !ok || stop.Kind != batch.Unavailable || stop.Code != "deadline" {
		t.Errorf("the cause of the feed's end is %v", context.Cause(ctx))
	}
}

func TestLogLinesDoNotTearTheBar(t *testing.T) {
	var out bytes.Buffer
	s := newScreen(testProgram(&out), &options{})
	write := func(w io.Writer, text string) {
		t.Helper()
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	write(barWriter{s}, "half a bar")
	write(s, "first\n")
	write(s, "second\n")
	write(barWriter{s}, "a bar")
	s.clearBar()
	want := "half a bar" + clearLine + "first\nsecond\na bar" + clearLine
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestQuietRunKeepsItsLogForBadEnds(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		shown  bool
	}{{"all is well", 0, false}, {"rows failed", 3, true}} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			opts := &options{quiet: true, logFormat: "text"}
			s := newScreen(testProgram(&out), opts)
			s.logger(opts).Warn("lane paused")
			s.end(test.status)
			if got := strings.Contains(out.String(), "lane paused"); got != test.shown {
				t.Errorf("printed %q", out.String())
			}
		})
	}
}

func TestQuietLogIsBounded(t *testing.T) {
	var out bytes.Buffer
	opts := &options{quiet: true, logFormat: "json"}
	s := newScreen(testProgram(&out), opts)
	log := s.logger(opts)
	for range 3000 {
		log.Info("a line of some length, again and again and again")
	}
	log.Info("the last line")
	s.end(3)
	if out.Len() > maxHeld+100 || !strings.Contains(out.String(), "the last line") || !strings.Contains(out.String(), "left out") {
		t.Errorf("%d bytes shown, the end being %q", out.Len(), out.String()[out.Len()-100:])
	}
}

// lanes gives progress with one lane for each number of rows done.
func lanes(rows ...int64) *batch.Progress {
	p := batch.NewProgress()
	for _, n := range rows {
		lane := &batch.LaneProgress{Provider: "lane" + string(rune('a'+len(p.Lanes)))}
		lane.Rows.Store(n)
		p.Lanes = append(p.Lanes, lane)
	}
	close(p.Ready)
	return p
}

func TestRowsDone(t *testing.T) {
	working := lanes(40, 10, 70)
	if got := rowsDone(working.Lanes, 100); got != 10 {
		t.Errorf("%d rows done; a row is done when all lanes are done with it", got)
	}
	working.Lanes[1].Stopped.Store(&batch.Stop{})
	if got := rowsDone(working.Lanes, 100); got != 40 {
		t.Errorf("%d rows done; a lane that stopped holds nobody up", got)
	}
}

func TestProgressLine(t *testing.T) {
	var out bytes.Buffer
	p := testProgram(&out)
	p.Terminal = true
	s := newScreen(p, &options{})
	progress := lanes(40, 20)
	progress.Lanes[0].Failed.Store(3)
	progress.Lanes[0].Sent.Store(43)
	start := time.Unix(1000, 0)
	progress.Lanes[1].PausedUntil.Store(start.Add(40 * time.Second).UnixNano())
	v := &shown{screen: s, progress: progress, total: 100, bar: newBar(s, 100)}
	p.Width = func() int { return 200 }
	v.rate.add(start, 0)
	v.show(start.Add(10 * time.Second))
	v.show(start.Add(10 * time.Second))
	for _, want := range []string{"20%", "20/100 rows", "2.0/s, 40s left", "lanea 43 sent, 3 failed", "laneb 0 sent, waits 30s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %q", want, out.String())
		}
	}
}

// However narrow the terminal is, it shows which lanes fail.
func TestNarrowProgressShowsFailures(t *testing.T) {
	for _, test := range []struct {
		width int
		sent  int64
		want  string
	}{
		{200, 7, "cleverbridge 7 sent | trackfinity 7 sent | invisiblecollector 7 sent, 2 failed"},
		{100, 7, "cleverbri 7 sent | trackfini 7 sent | invisible 7 sent, 2 failed"},
		{58, 7, "cle 7 tra 7 inv 7(2!)"},
		{58, 123456, "cle 0! tra 0! inv 2!"},
	} {
		progress := &batch.Progress{}
		for _, name := range []string{"cleverbridge", "trackfinity", "invisiblecollector"} {
			lane := &batch.LaneProgress{Provider: name}
			lane.Sent.Store(test.sent)
			progress.Lanes = append(progress.Lanes, lane)
		}
		progress.Lanes[2].Failed.Store(2)
		v := &shown{progress: progress}
		if got := v.line("100/200 rows 21.7/s, 2.2s left", time.Unix(0, 0), test.width); !strings.HasSuffix(got, test.want) {
			t.Errorf("%d columns: %q", test.width, got)
		}
	}
}

func TestProgressElsewhereIsALogLine(t *testing.T) {
	var out bytes.Buffer
	s := newScreen(testProgram(&out), &options{})
	v := &shown{screen: s, progress: lanes(50), total: 100, log: slog.New(slog.NewTextHandler(&out, nil))}
	start := time.Unix(1000, 0)
	v.rate.add(start, 0)
	v.show(start.Add(10 * time.Second))
	if !strings.Contains(out.String(), `msg=progress rows=50 of=100 pace="5.0/s, 10s left" lanea="0 sent"`) {
		t.Errorf("got %q", out.String())
	}
}

func TestRateLooksBackAMinute(t *testing.T) {
	var s speed
	start := time.Unix(0, 0)
	for second := range 300 {
		rows := int64(second * 100)
		if second > 200 {
			rows = 20000
		}
		s.add(start.Add(time.Duration(second)*time.Second), rows)
	}
	if got := s.perSecond(); got > 1 {
		t.Errorf("%v rows/s, a minute and a half after the last one", got)
	}
}

func TestProgressEndsWithItsOwner(*testing.T) {
	for _, terminal := range []bool{true, false} {
		p := testProgram(io.Discard)
		p.Terminal = terminal
		s := newScreen(p, &options{})
		s.showProgress(lanes(1), 10, slog.New(slog.DiscardHandler)).close()
		s.showProgress(batch.NewProgress(), 10, slog.New(slog.DiscardHandler)).close()
		s.showProgress(lanes(0), 0, slog.New(slog.DiscardHandler)).close()
	}
}
