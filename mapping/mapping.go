package mapping

import (
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mapping is a mapping file as it was written, read by [Parse] and checked in itself.
// It is read only and may be bound to any number of tables.
type Mapping struct {
	File     string // as in messages
	Name     string // identity of the import; default: the file's name without directory and endings
	Source   SourceOptions
	Requests []Request // in the file's order

	columns []text // Source.Columns with their places
}

// SourceOptions say how to read the table. What is left out is detected by its reader.
type SourceOptions struct {
	Delimiter string   // one character; empty: detected
	Encoding  string   // lower-case name; empty: detected
	Header    int      // the line of the header, from 1; 0: the first line with text
	Sheet     string   // XLSX: name or number; empty: the first visible one with data
	Null      []string // texts that mean an empty cell; nil: only the empty cell
	Columns   []string // that must be in the header, whatever else is used
}

// Request is one entry of the mapping's requests.
type Request struct {
	ID        string // empty: the operation's name, numbered if repeated; settled by [Mapping.Bind]
	Provider  string // its name, or the file that describes it, as written: ./acme.yaml
	Operation string // empty: the provider's first
	When      string // empty: every row

	doc    *requestDoc
	when   *expression // nil: every row
	key    *source     // nil: by the schema
	fields []fieldPlan
}

// fieldPlan is a field as the file says it, checked as far as the file alone allows.
type fieldPlan struct {
	name text
	from *source
}

// Parse reads a mapping file: YAML 1.2, strictly, with no text reinterpreted. File is its
// name in messages and, without directory and endings, the default of the mapping's
// name. Lookup files are read from fsys, the mapping's folder; nil if there is none.
// The error is a *[BindError] with all problems that the file has in itself.
func Parse(file string, data []byte, fsys fs.FS) (*Mapping, error) {
	d := &decoder{problems: problems{file: file}, fsys: fsys, kind: mappingKind()}
	var doc fileDoc
	if root := d.load(data); root != nil {
		d.into(root, &doc)
		if d.tooNew(&doc) {
			return nil, d.err()
		}
	}
	if len(d.list) > 0 && doc.Version == nil && doc.Requests == nil {
		return nil, d.err() // nothing could be read, so nothing is missing
	}
	m := d.mapping(&doc)
	if err := d.err(); err != nil {
		return nil, err
	}
	return m, nil
}

func mappingKind() FileKind {
	return FileKind{
		Name:    "a mapping",
		TooLong: "put long lists of codes into a file of their own: lookup: {file: codes.csv, key: Code, value: Name}",
		Second:  "write one file for each import",
	}
}

// formatVersion is the version of the file format that this program reads.
const formatVersion = 1

// tooNew says whether the file is of a later format, and then leaves only that to be
// said: whatever else looks wrong is probably right there.
func (d *decoder) tooNew(doc *fileDoc) bool {
	if doc.Version == nil || doc.Version.n <= formatVersion {
		return false
	}
	d.list = nil
	d.add(doc.Version.at, "use a newer release of rowpost, or a mapping of version 1",
		"this program is too old for the mapping: it reads version %d, and this is %d", formatVersion, doc.Version.n)
	return true
}

func (d *decoder) mapping(doc *fileDoc) *Mapping {
	m := &Mapping{File: d.file, Name: nameOf(d.file)}
	switch {
	case doc.Version == nil && !doc.broken:
		d.add(doc.at, "write it as the first line: version: 1", "version is missing")
	case doc.Version != nil && doc.Version.n != formatVersion && !d.said(doc.Version.at):
		d.add(doc.Version.at, "", "version must be %d", formatVersion)
	}
	if doc.Name != nil {
		m.Name = doc.Name.s
		d.checkName(*doc.Name, "name")
	}
	if doc.Source != nil {
		m.Source, m.columns = d.sourceOptions(doc.Source), doc.Source.Columns
	}
	if len(doc.Requests) == 0 && !doc.broken {
		d.add(doc.at, "at least one entry with provider and fields", "requests are missing")
	}
	ids := map[string]int{}
	for i := range doc.Requests {
		r := &doc.Requests[i]
		m.Requests = append(m.Requests, d.request(r))
		if r.ID == nil {
			continue
		}
		if line, twice := ids[r.ID.s]; twice {
			d.add(r.ID.at, "each request has an id of its own", "id %q stands here a second time; the first is in line %d", r.ID.s, line)
		}
		ids[r.ID.s] = r.ID.at.line
	}
	return m
}

// nameOf takes the directory and the endings off a file's name.
func nameOf(file string) string {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	for _, ending := range []string{".yaml", ".yml"} {
		name = strings.TrimSuffix(name, ending)
	}
	return name
}

// checkName refuses names that could not stand in a result's cell or a history.
func (d *decoder) checkName(t text, what string) {
	const most = 100
	switch {
	case strings.TrimSpace(t.s) != t.s || t.s == "":
		d.add(t.at, "", "%s must not be empty and must not start or end with a blank", what)
	case strings.ContainsFunc(t.s, unicode.IsControl):
		d.add(t.at, "", "%s must be a single line without control characters", what)
	case utf8.RuneCountInString(t.s) > most:
		d.add(t.at, "", "%s must not be longer than %d characters", what, most)
	}
}

func (d *decoder) sourceOptions(doc *sourceDoc) SourceOptions {
	var o SourceOptions
	if doc.Delimiter != nil {
		o.Delimiter = d.delimiter(*doc.Delimiter)
	}
	if doc.Encoding != nil {
		o.Encoding = strings.ToLower(doc.Encoding.s)
	}
	if doc.Header != nil {
		if o.Header = doc.Header.n; o.Header < 1 {
			d.add(doc.Header.at, "lines count from 1", "header must be the number of a line")
		}
	}
	if doc.Sheet != nil {
		o.Sheet = doc.Sheet.s
	}
	if doc.Null != nil {
		o.Null = texts(doc.Null)
	}
	if doc.Columns != nil {
		o.Columns = texts(doc.Columns)
	}
	return o
}

// delimiter takes one character, or the word tab, which is easier to see.
func (d *decoder) delimiter(t text) string {
	if t.s == "tab" {
		return "\t"
	}
	r, size := utf8.DecodeRuneInString(t.s)
	if size != len(t.s) || size == 0 || r == '"' || r == '\n' || r == '\r' {
		d.add(t.at, `one of ; , | tab, or any other single character in quotes`, "delimiter must be exactly one character, and no quote or line break")
	}
	return t.s
}

func texts(list []text) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.s
	}
	return out
}

func (d *decoder) request(doc *requestDoc) Request {
	r := Request{doc: doc}
	if doc.ID != nil {
		r.ID = doc.ID.s
		d.checkName(*doc.ID, "id")
	}
	if doc.Provider != nil {
		r.Provider = doc.Provider.s
	} else if !doc.broken {
		d.add(doc.at, "", "the request names no provider")
	}
	if doc.Operation != nil {
		r.Operation = doc.Operation.s
	}
	if doc.When != nil {
		r.When = doc.When.s
		r.when = d.expression(*doc.When)
	}
	if doc.Key != nil {
		r.key = d.source(doc.Key.asField())
	}
	if len(doc.Fields.list) == 0 && !doc.broken {
		d.add(doc.at, "one field a line, such as  Contact.City: Town", "the request has no fields")
	}
	for _, f := range doc.Fields.list {
		r.fields = append(r.fields, fieldPlan{f.name, d.source(f.from)})
	}
	return r
}
