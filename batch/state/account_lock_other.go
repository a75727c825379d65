//go:build !linux && !darwin

package state

import "github.com/gofrs/flock"

// paceLock is the system's lock on an account's ledger.
type paceLock struct{ file *flock.Flock }

func openPaceLock(path string) (*paceLock, error) { return &paceLock{flock.New(path)}, nil }

func (l *paceLock) lock() error { return uninterrupted(l.file.Lock) }

func (l *paceLock) unlock() error { return l.file.Unlock() }

func (l *paceLock) close() error { return l.file.Close() }
