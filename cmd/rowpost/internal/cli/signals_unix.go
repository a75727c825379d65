//go:build !windows

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// endSignals are the signals that ask the program to end. A terminal that goes away
// is one, unless the program was started to outlive it (nohup).
func endSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// outliveReaders lets the program go on when nobody reads its output any more: a run
// whose messages go to a closed pipe must still write its result.
func outliveReaders() { signal.Ignore(syscall.SIGPIPE) }

// signalNumber is what a shell adds to 128 for a program that the signal ended.
func signalNumber(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return int(n)
	}
	return 2
}
