package xlsx

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
)

// archive is the ZIP file that a workbook is.
type archive struct {
	files map[string]*zip.File // by path in lower case, without a slash before it
	opts  Options
	left  int64 // how many bytes may still be unpacked
}

func openArchive(r io.ReaderAt, size int64, opts Options) (*archive, error) {
	if err := countParts(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil && isDamage(err) {
		return nil, refuse(copyHint, "is a damaged or incomplete workbook: its list of parts cannot be read")
	}
	if err != nil {
		return nil, err
	}
	a := &archive{files: map[string]*zip.File{}, opts: opts, left: opts.MaxUnpacked}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if _, twice := a.files[name]; twice {
			return nil, damaged(name, "it stands in the workbook twice")
		}
		a.files[name] = f
	}
	return a, nil
}

// countParts refuses an archive whose list of files would fill the memory.
func countParts(r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 66_000))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	at := strings.LastIndex(string(tail), "PK\x05\x06")
	if at < 0 || at+12 > len(tail) {
		return refuse(copyHint, "is a damaged or incomplete workbook: its end is missing")
	}
	if n := binary.LittleEndian.Uint16(tail[at+10:]); n > maxParts {
		return refuse(saveHint, "is a workbook of more than %d parts", maxParts)
	}
	return nil
}

// has says whether there is a part.
func (a *archive) has(name string) bool { return a.files[strings.ToLower(name)] != nil }

// open gives a part's XML. Whoever asks for it closes it.
func (a *archive) open(name string) (*part, error) {
	f := a.files[strings.ToLower(name)]
	if f == nil {
		return nil, damaged(name, "it is missing")
	}
	if f.Flags&1 != 0 {
		return nil, refuse(passwordHint, "is protected by a password")
	}
	in, err := f.Open()
	if err != nil && isDamage(err) {
		return nil, damaged(name, "it cannot be unpacked")
	}
	if err != nil {
		return nil, err
	}
	p := &part{archive: a, name: name, in: in, packed: int64(f.CompressedSize64)}
	p.xmlReader = newXMLReader(name, p)
	return p, nil
}

// part is a part of the workbook while it is read. It keeps a bomb from going off: what
// an archive says of its sizes is not believed, but counted.
type part struct {
	*xmlReader
	archive  *archive
	name     string
	in       io.ReadCloser
	packed   int64
	unpacked int64
}

// freely is how much a part may unpack to whatever its ratio is, in bytes.
const freely = 64 << 20

// Read unpacks.
func (p *part) Read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	p.unpacked += int64(n)
	p.archive.left -= int64(n)
	switch {
	case p.archive.left < 0:
		return n, refuse("split the table, or export it as CSV (UTF-8)", "unpacks to more than %d MiB", p.archive.opts.MaxUnpacked>>20)
	case p.unpacked > freely && p.unpacked > p.archive.opts.MaxRatio*max(p.packed, 1):
		return n, refuse(saveHint, "unpacks to more than %d times its size, as only a file does that is made to fill the disk", p.archive.opts.MaxRatio)
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case isDamage(err):
		return n, damaged(p.name, "it cannot be unpacked")
	}
	return n, err
}

// isDamage tells a bad archive from a disk that cannot be read.
func isDamage(err error) bool {
	var system *fs.PathError
	return !errors.As(err, &system)
}

// close ends the reading. Nothing can be lost by it.
func (p *part) close() { _ = p.in.Close() }

// relations are what a part says of others: their paths by id and by the end of their type.
type relations struct{ byID, byType, types map[string]string }

// relations reads what belongs to a part; there may be nothing.
func (a *archive) relations(of string) (relations, error) {
	r := relations{map[string]string{}, map[string]string{}, map[string]string{}}
	dir, base := path.Split(of)
	name := path.Join(dir, "_rels", base+".rels")
	if !a.has(name) {
		return r, nil
	}
	return r, a.each(name, func(p *part) error {
		if !p.is("Relationship") || string(p.attr("TargetMode")) == "External" {
			return nil
		}
		id, kind := string(p.attr("Id")), path.Base(string(p.attr("Type")))
		target := string(p.attr("Target"))
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		target = strings.TrimPrefix(path.Clean(target), "/")
		r.byID[id], r.types[id] = target, kind
		if r.byType[kind] == "" {
			r.byType[kind] = target
		}
		if len(r.byID) > maxParts {
			return damaged(name, "it names too many parts")
		}
		return nil
	})
}

// each calls the function at every start tag of a part.
func (a *archive) each(name string, tag func(*part) error) error {
	p, err := a.open(name)
	if err != nil {
		return err
	}
	defer p.close()
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && t == startTag {
			err = tag(p)
		}
		if err != nil {
			return err
		}
	}
}
