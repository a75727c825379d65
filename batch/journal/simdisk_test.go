package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"syscall"
)

// errDead is what a process would not live to see.
var errDead = errors.New("the process is dead")

// simDisk is a disk with a system's cache before it. What is not synced may be kept, lost,
// cut short or garbled when the power goes, each write for itself; names likewise. When
// only the process dies the cache stays, and may still lose that later.
type simDisk struct {
	rng      *rand.Rand
	ops      int     // operations so far that change something
	fatal    int     // the one at which the process dies; 0: none
	trouble  float64 // how likely an operation fails
	dead     bool
	failed   bool // some operation did
	limited  bool // there is only so much room
	room     int  // in bytes
	names    map[string]*simNode
	durable  map[string]*simNode
	unsynced []func(map[string]*simNode) // changes of names

	meanwhile func() // what others do while a file is synced
}

// simNode is a file's content.
type simNode struct {
	cache, disk []byte
	unsynced    []simWrite
	evict       bool // the cache has what a failed sync did not bring to the disk
}

type simWrite struct {
	at   int
	data []byte
}

func newSimDisk(rng *rand.Rand) *simDisk {
	return &simDisk{rng: rng, names: map[string]*simNode{}, durable: map[string]*simNode{}}
}

// step counts an operation. Partly says that it had some effect before the process died.
func (d *simDisk) step(faults ...error) (partly bool, err error) {
	if d.dead {
		return false, errDead
	}
	d.ops++
	if d.ops == d.fatal {
		d.dead = true
		return d.rng.IntN(2) == 0, errDead
	}
	if d.rng.Float64() < d.trouble {
		d.failed = true
		return d.rng.IntN(2) == 0, faults[d.rng.IntN(len(faults))]
	}
	return true, nil
}

// rename, create and remove are changes of names that a folder's sync makes last.
func (d *simDisk) change(faults []error, apply func(map[string]*simNode)) error {
	partly, err := d.step(faults...)
	if partly {
		apply(d.names)
		d.unsynced = append(d.unsynced, apply)
	}
	return err
}

func (d *simDisk) mkdir(string) error { _, err := d.step(syscall.EIO); return err }

func (d *simDisk) list(string) ([]string, error) {
	if d.dead {
		return nil, errDead
	}
	return slices.Sorted(maps.Keys(d.names)), nil
}

func (d *simDisk) create(path string) (writable, error) {
	name, n := filepath.Base(path), &simNode{}
	if d.names[name] != nil {
		return nil, fs.ErrExist
	}
	err := d.change([]error{syscall.ENOSPC, syscall.EIO}, func(names map[string]*simNode) { names[name] = n })
	return &simFile{disk: d, node: n}, err
}

func (d *simDisk) open(path string) (readable, error) {
	if d.dead {
		return nil, errDead
	}
	n := d.names[filepath.Base(path)]
	if n == nil {
		return nil, fs.ErrNotExist
	}
	return &simFile{disk: d, node: n}, nil
}

func (d *simDisk) sync(path string) error {
	return (&simFile{disk: d, node: d.names[filepath.Base(path)]}).Sync()
}

func (d *simDisk) syncFolder(string) error {
	partly, err := d.step(syscall.EIO)
	if partly {
		d.durable, d.unsynced = maps.Clone(d.names), nil
	}
	return err
}

func (d *simDisk) rename(from, to string) error {
	from, to = filepath.Base(from), filepath.Base(to)
	n := d.names[from]
	return d.change([]error{syscall.EIO}, func(names map[string]*simNode) {
		delete(names, from)
		names[to] = n
	})
}

func (d *simDisk) remove(path string) error {
	name := filepath.Base(path)
	if n := d.names[name]; n != nil {
		d.room += len(n.cache)
	}
	return d.change([]error{syscall.EIO}, func(names map[string]*simNode) { delete(names, name) })
}

func (d *simDisk) nonce() (n [8]byte) {
	binary.LittleEndian.PutUint64(n[:], d.rng.Uint64())
	return n
}

// simFile is an open file.
type simFile struct {
	disk *simDisk
	node *simNode
}

func (f *simFile) Write(p []byte) (int, error) {
	partly, err := f.disk.step(syscall.ENOSPC, syscall.EIO)
	n := 0
	switch full := f.disk.limited && len(p) > f.disk.room; {
	case err == nil && full:
		n, err = f.disk.room, syscall.ENOSPC
	case err == nil:
		n = len(p)
	case partly:
		n = f.disk.rng.IntN(len(p) + 1)
	}
	if f.disk.room -= n; n > 0 {
		f.node.unsynced = append(f.node.unsynced, simWrite{len(f.node.cache), bytes.Clone(p[:n])})
		f.node.cache = append(f.node.cache, p[:n]...)
	}
	return n, err
}

// Sync is for what was written when it began; what others write meanwhile is for the next.
// One that fails has brought some of it to the disk, and what it has not it never will:
// the next one finds nothing to do. The cache has it for a while.
func (f *simFile) Sync() error {
	size, writes := len(f.node.cache), len(f.node.unsynced)
	if others := f.disk.meanwhile; others != nil && !f.disk.dead {
		f.disk.meanwhile = nil
		others()
	}
	partly, err := f.disk.step(syscall.EIO)
	switch n := f.node; {
	case err == nil, partly && err == errDead:
		if !n.evict {
			n.disk = bytes.Clone(n.cache[:size])
		}
		n.unsynced = slices.Clip(n.unsynced[writes:])
	case err != errDead && len(n.unsynced) > 0:
		n.settle(f.disk.rng)
		n.evict = true
	}
	return err
}

func (f *simFile) Close() error { return nil }

func (f *simFile) ReadAt(p []byte, at int64) (int, error) {
	if at >= int64(len(f.node.cache)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.cache[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *simFile) size() (int64, error) { return int64(len(f.node.cache)), nil }

// powerLoss leaves what is on the disk, and some of what is not.
func (d *simDisk) powerLoss() {
	for _, apply := range d.unsynced {
		if d.rng.IntN(2) == 0 {
			apply(d.durable)
		}
	}
	d.unsynced, d.names = nil, maps.Clone(d.durable)
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		n := d.names[name]
		n.settle(d.rng)
		n.cache, n.evict = bytes.Clone(n.disk), false
	}
}

// kill ends the process and nothing else; sooner or later the cache forgets what never
// got to the disk.
func (d *simDisk) kill() {
	for _, n := range d.names {
		if n.evict {
			n.cache, n.evict = bytes.Clone(n.disk), false
		}
	}
}

// revive lets another process have the disk.
func (d *simDisk) revive() { d.dead, d.failed, d.ops, d.fatal = false, false, 0, 0 }

// settle decides what becomes of each write that was not synced.
func (n *simNode) settle(rng *rand.Rand) {
	for _, w := range n.unsynced {
		data := w.data
		switch rng.IntN(5) {
		case 0:
			continue
		case 1:
			data = data[:rng.IntN(len(data)+1)]
		case 2:
			data = garble(rng, data)
		case 3:
			data = inSectors(rng, data)
		}
		n.put(w.at, data)
	}
	n.unsynced = nil
}

func (n *simNode) put(at int, data []byte) {
	if end := at + len(data); end > len(n.disk) && len(data) > 0 {
		n.disk = append(n.disk, make([]byte, end-len(n.disk))...) // holes are zeros
	}
	copy(n.disk[min(at, len(n.disk)):], data)
}

func garble(rng *rand.Rand, data []byte) []byte {
	data = bytes.Clone(data)
	switch rng.IntN(3) {
	case 0:
		data[rng.IntN(len(data))] ^= 1 << rng.IntN(8)
	case 1:
		clear(data)
	default:
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
	}
	return data
}

// inSectors garbles some parts and keeps the others.
func inSectors(rng *rand.Rand, data []byte) []byte {
	data = bytes.Clone(data)
	size := 1 << (2 + rng.IntN(6))
	for from := 0; from < len(data); from += size {
		if rng.IntN(2) == 0 {
			part := data[from:min(from+size, len(data))]
			copy(part, garble(rng, part))
		}
	}
	return data
}
