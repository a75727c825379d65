package cli

import "os"

// endSignals are the signals that ask the program to end: Windows knows only
// Ctrl-C and Ctrl-Break.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt} }

// signalNumber is that of SIGINT, so that scripts see the same status as elsewhere.
func signalNumber(os.Signal) int { return 2 }

// outliveReaders does nothing: Windows ends no program for a closed pipe.
func outliveReaders() {}
