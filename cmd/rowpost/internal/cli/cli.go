// Package cli is the rowpost command: its flags, messages, exit statuses and
// progress.
//
// It is the only place that touches the program's arguments, environment, signals
// and exit. Each command has a file of its own. What a command needs from outside
// hangs on [Program], so that tests can stand in for it.
package cli

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"

	"golang.org/x/term"

	"rowpost/providers"
	"rowpost/providers/all"
)

// Program is what one start of the command has to work with.
type Program struct {
	Args   []string // without the command's own name
	Env    map[string]string
	Stdin  io.Reader // a table, if INPUT is -; else answers of people
	Stdout io.Writer // summary and data only
	Stderr io.Writer // messages, log, progress
	// Terminal says that Stderr is one; Width gives its columns.
	Terminal bool
	Width    func() int
	// Interactive says that Stdin and Stderr are terminals, so that a person can be asked.
	Interactive bool
	Now         func() time.Time
	// Notify makes the signals that ask the program to end arrive on the channel until
	// stop is called.
	Notify func(chan<- os.Signal) (stop func())
	// Exit ends the process at once. Only a third signal calls it.
	Exit      func(status int)
	Providers []providers.Provider
}

// Main runs the command with the process's own arguments, environment and streams,
// and exits with its status.
func Main(ctx context.Context) {
	outliveReaders()
	log.SetOutput(io.Discard) // net/http would print there what a server says unasked: it may hold customers' data
	os.Exit(system().Run(ctx))
}

func system() *Program {
	return &Program{
		Args:        os.Args[1:],
		Env:         environment(os.Environ()),
		Stdin:       os.Stdin,
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
		Terminal:    term.IsTerminal(int(os.Stderr.Fd())),
		Width:       terminalWidth,
		Interactive: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
		Now:         time.Now,
		Notify: func(c chan<- os.Signal) func() {
			signal.Notify(c, endSignals()...)
			return func() { signal.Stop(c) }
		},
		Exit:      os.Exit,
		Providers: all.List(),
	}
}

// Run runs the command and gives its exit status. Errors have been printed when it
// returns.
func (p *Program) Run(ctx context.Context) int {
	root := newRoot(p)
	return p.report(root.ExecuteContext(ctx))
}

func environment(pairs []string) map[string]string {
	env := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}

func terminalWidth() int {
	if w, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}
