//go:build linux || darwin

package state

import (
	"os"

	"golang.org/x/sys/unix"
)

// paceLock is the kernel's lock on an account's ledger. Its file stays open, because it is
// taken some hundred times a second. It is the lock that flock takes elsewhere.
type paceLock struct {
	file *os.File
	fd   int
}

func openPaceLock(path string) (*paceLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // over NFS a lock needs a file to write to: flock(2)
	if err != nil {
		return nil, err
	}
	return &paceLock{f, int(f.Fd())}, nil
}

func (l *paceLock) lock() error {
	return uninterrupted(func() error { return unix.Flock(l.fd, unix.LOCK_EX) })
}

func (l *paceLock) unlock() error { return unix.Flock(l.fd, unix.LOCK_UN) }

func (l *paceLock) close() error { return l.file.Close() }
