//go:build !windows

package cli

import (
	"os"
	"syscall"
)

// endSignals are the signals that ask the program to end.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// signalNumber is what a shell adds to 128 for a program that the signal ended.
func signalNumber(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return int(n)
	}
	return 2
}
