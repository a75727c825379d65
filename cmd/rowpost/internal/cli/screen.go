package cli

import (
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/lmittmann/tint"
)

// screen is standard error during a run: messages, the log and the progress bar
// share it without tearing each other. It is safe for concurrent use.
type screen struct {
	p        *Program
	terminal bool
	quiet    bool

	mu    sync.Mutex
	out   io.Writer
	drawn bool   // the cursor stands behind a bar
	held  []byte // the log of a quiet run, shown if it does not end well
	cut   bool   // held lost its beginning
	// reminders are what a quiet run tells even if it ends well.
	reminders []string
}

// clearLine goes back to the line's start and erases it (ECMA-48, EL).
const clearLine = "\r\x1b[K"

// maxHeld bounds what a quiet run keeps of its log, in bytes.
const maxHeld = 64 << 10

// newScreen takes standard error over: what the program says goes through it from
// then on.
func newScreen(p *Program, opts *options) *screen {
	s := &screen{p: p, terminal: p.Terminal, quiet: opts.quiet, out: p.Stderr}
	p.Stderr = s
	return s
}

// Write prints whole lines in place of the bar, which the next tick draws anew below
// them.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.eraseBar(); err != nil {
		return 0, err
	}
	return s.out.Write(b)
}

func (s *screen) eraseBar() error {
	if !s.drawn {
		return nil
	}
	s.drawn = false
	_, err := io.WriteString(s.out, clearLine)
	return err
}

// clearBar erases the bar for good.
func (s *screen) clearBar() {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Standard error that cannot be written takes no report of it either.
	_ = s.eraseBar()
}

// barWriter is where the progress bar draws itself.
type barWriter struct{ s *screen }

func (w barWriter) Write(b []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.drawn = true
	return w.s.out.Write(b)
}

// logWriter is where the log goes: to the screen, or held back in a quiet run.
type logWriter struct{ s *screen }

func (w logWriter) Write(b []byte) (int, error) {
	if !w.s.quiet {
		return w.s.Write(b)
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.held = append(w.s.held, b...)
	if over := len(w.s.held) - maxHeld; over > 0 {
		w.s.held, w.s.cut = append(w.s.held[:0], w.s.held[over:]...), true
	}
	return len(b), nil
}

// logger makes the log of a run.
func (s *screen) logger(opts *options) *slog.Logger {
	w := logWriter{s}
	switch {
	case opts.logFormat == "json":
		return slog.New(slog.NewJSONHandler(w, nil))
	case s.terminal:
		noColor := opts.noColor || s.p.Env["NO_COLOR"] != ""
		return slog.New(tint.NewTextHandler(w, &tint.Options{TimeFormat: time.TimeOnly, NoColor: noColor}))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// remind has a quiet run tell this even if it ends well.
func (s *screen) remind(text string) { s.reminders = append(s.reminders, text) }

// end shows what a quiet run held back; if all is well, only what it is to remind of.
func (s *screen) end(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if status == statusOK && s.quiet {
		for _, text := range s.reminders {
			_, _ = io.WriteString(s.out, "rowpost: "+text+"\n")
		}
		s.reminders = nil
	}
	if status == statusOK || len(s.held) == 0 {
		return
	}
	if s.cut {
		_, _ = io.WriteString(s.out, "rowpost: the log's beginning is left out\n")
	}
	_, _ = s.out.Write(s.held)
	s.held = nil
}
