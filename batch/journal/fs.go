package journal

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// fileSystem is what a journal needs of one. Its tests have one that loses power.
type fileSystem interface {
	// mkdir makes a folder that is for its owner only, if it is missing, and its name last.
	mkdir(dir string) error
	list(dir string) (names []string, err error)
	// create makes a file that is for its owner only; one that is there already is an error.
	create(path string) (writable, error)
	open(path string) (readable, error)
	// sync makes a file's content last, whoever wrote it.
	sync(path string) error
	// syncFolder makes last which names a folder has.
	syncFolder(dir string) error
	rename(from, to string) error
	remove(path string) error
	// nonce gives a number that no other file has.
	nonce() [8]byte
}

type writable interface {
	io.WriteCloser
	Sync() error
}

type readable interface {
	io.ReaderAt
	io.Closer
	size() (int64, error)
}

type osFiles struct{}

type osReadable struct{ *os.File }

func (f osReadable) size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (fs osFiles) mkdir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return fs.syncFolder(filepath.Dir(dir))
}

func (osFiles) list(dir string) ([]string, error) {
	found, err := os.ReadDir(dir)
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = f.Name()
	}
	return names, err
}

func (osFiles) create(path string) (writable, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (osFiles) open(path string) (readable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return osReadable{f}, nil
}

func (osFiles) sync(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // Windows syncs nothing that is only read
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncFolder does nothing on Windows, which knows no such thing and needs none.
func (osFiles) syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (osFiles) rename(from, to string) error { return os.Rename(from, to) }
func (osFiles) remove(path string) error     { return os.Remove(path) }

func (osFiles) nonce() (n [8]byte) {
	_, _ = rand.Read(n[:]) // never fails
	return n
}
