package mapping

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"
)

// maxLookupFile bounds a lookup file, which is held in memory whole.
const maxLookupFile = 64 << 20

// lookup is a table to exchange values by.
type lookup struct {
	to map[string]string
	// at has, for tables written in the mapping, where each value stands; for a file
	// all values stand where the file is named.
	at     map[string]pos
	fileAt pos
}

// place is where the value for a key is written.
func (l *lookup) place(key string) pos {
	if at, ok := l.at[key]; ok {
		return at
	}
	return l.fileAt
}

// lookupOf makes the table that a mapping describes; nil if something is wrong with it.
func (d *decoder) lookupOf(doc *lookupDoc) *lookup {
	if doc.fromFile {
		return d.lookupFile(&doc.file)
	}
	l := &lookup{to: map[string]string{}, at: map[string]pos{}, fileAt: doc.at}
	for _, e := range doc.list {
		l.to[e.key.s], l.at[e.key.s] = e.value.s, e.value.at
	}
	return l
}

// codePair is one line of a lookup file, its two columns under names of ours.
type codePair struct {
	Key   string `csv:"key"`
	Value string `csv:"value"`
}

func (d *decoder) lookupFile(doc *lookupFileDoc) *lookup {
	if doc.File == nil || doc.Key == nil || doc.Value == nil || doc.File.s == "" {
		return nil
	}
	data, ok := d.readLookup(*doc.File)
	if !ok {
		return nil
	}
	two, ok := d.twoColumns(doc, data)
	if !ok {
		return nil
	}
	var pairs []codePair
	if err := gocsv.UnmarshalCSV(two, &pairs); err != nil && !errors.Is(err, gocsv.ErrEmptyCSVFile) {
		d.add(doc.File.at, "save it as CSV with a header line, all lines as long as the header",
			"lookup file %s, line %d: %s", doc.File.s, two.line(), csvFault(err))
		return nil
	}
	l := &lookup{to: make(map[string]string, len(pairs)), fileAt: doc.File.at}
	for _, p := range pairs {
		if other, twice := l.to[p.Key]; twice && other != p.Value {
			d.add(doc.File.at, "keep one line for each key", "lookup file %s has two different values for one key of its column %q",
				doc.File.s, doc.Key.s)
			return nil
		}
		l.to[p.Key] = p.Value
	}
	return l
}

// readLookup reads a file below the mapping's folder.
func (d *decoder) readLookup(name text) ([]byte, bool) {
	clean := path.Clean(strings.ReplaceAll(name.s, `\`, "/"))
	if !fs.ValidPath(clean) || clean == "." {
		d.add(name.at, "put the file beside the mapping, or into a folder there", "lookup file %q is not in the mapping's folder", name.s)
		return nil, false
	}
	if d.fsys == nil {
		d.add(name.at, "write the table into the mapping", "lookup file %s cannot be read: this mapping has no folder", name.s)
		return nil, false
	}
	f, err := d.fsys.Open(clean)
	if err != nil {
		d.lookupUnread(name, err)
		return nil, false
	}
	data, err := io.ReadAll(io.LimitReader(f, maxLookupFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		d.lookupUnread(name, err)
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	switch {
	case len(data) > maxLookupFile:
		d.add(name.at, "", "lookup file %s is longer than 64 MiB", name.s)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		d.add(name.at, "save the sheet as CSV UTF-8", "lookup file %s is a workbook or an archive, not CSV", name.s)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		d.add(name.at, "save it as CSV UTF-8", "lookup file %s is UTF-16 text, not UTF-8", name.s)
	case !utf8.Valid(data):
		d.add(name.at, "save it as CSV UTF-8", "lookup file %s, line %d: not UTF-8 text", name.s, lineOfInvalid(data))
	case len(bytes.TrimSpace(data)) == 0:
		d.add(name.at, "its first line names the columns", "lookup file %s is empty", name.s)
	default:
		return data, true
	}
	return nil, false
}

func (d *decoder) lookupUnread(name text, err error) {
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.add(name.at, "the path counts from the mapping's folder", "lookup file %s is not there", name.s)
	case errors.As(err, &pe):
		d.add(name.at, "", "lookup file %s cannot be read: %v", name.s, pe.Err)
	default:
		d.add(name.at, "", "lookup file %s cannot be read: %v", name.s, err)
	}
}

// twoColumns finds the columns that the mapping names.
func (d *decoder) twoColumns(doc *lookupFileDoc, data []byte) (*columnPicker, bool) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = separatorOf(data)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		d.add(doc.File.at, "", "lookup file %s, line 1: %s", doc.File.s, csvFault(err))
		return nil, false
	}
	header = slices.Clone(header)
	p := &columnPicker{r: r}
	for i, want := range []*text{doc.Key, doc.Value} {
		if count(header, want.s) > 1 {
			d.add(want.at, "give one of them another name", "lookup file %s has the column %q more than once", doc.File.s, want.s)
			p.bad = true
			continue
		}
		p.pick[i] = slices.Index(header, want.s)
		if p.pick[i] < 0 {
			d.add(want.at, "its columns are "+known(header), "lookup file %s has no column %q%s",
				doc.File.s, want.s, didYouMean(want.s, header))
			p.bad = true
		}
	}
	return p, !p.bad
}

func count(list []string, word string) int {
	n := 0
	for _, w := range list {
		if w == word {
			n++
		}
	}
	return n
}

// separatorOf takes the separator that the header has most of; spreadsheets of many
// countries write semicolons.
func separatorOf(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	best, most := ',', bytes.Count(header, []byte(","))
	for _, sep := range ";\t" {
		if n := bytes.Count(header, []byte(string(sep))); n > most {
			best, most = sep, n
		}
	}
	return best
}

// columnPicker shows gocsv two columns of a table under the names that codePair has.
type columnPicker struct {
	r      *csv.Reader
	pick   [2]int
	bad    bool
	headed bool
}

// Read gives the next pair; the first is the header.
func (p *columnPicker) Read() ([]string, error) {
	if !p.headed {
		p.headed = true
		return []string{"key", "value"}, nil
	}
	cells, err := p.r.Read()
	if err != nil {
		return nil, err
	}
	return []string{cells[p.pick[0]], cells[p.pick[1]]}, nil
}

// ReadAll gives all pairs.
func (p *columnPicker) ReadAll() ([][]string, error) {
	var all [][]string
	for {
		pair, err := p.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, pair)
	}
}

func (p *columnPicker) line() int {
	line, _ := p.r.FieldPos(0)
	return line
}

// csvFault gives a reader's reason without what it says of the place, which counts
// differently, and without anything of the file's content.
func csvFault(err error) string {
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return "more or fewer cells than the header"
	case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
		return "a quote where none can stand"
	}
	return "not readable as CSV"
}
