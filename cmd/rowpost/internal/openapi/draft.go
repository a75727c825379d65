// Package openapi drafts a provider's file from an OpenAPI 3 document, for a person to
// finish: what the document leaves open, and what the file format cannot say, becomes a
// comment.
package openapi

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"rowpost/mapping"
	"rowpost/providers/declared"
)

// Options say what of a document is drafted.
type Options struct {
	// Operations are chosen by their operationId, or by method and path ("POST /contacts");
	// empty: all that write (POST, PUT, PATCH and DELETE).
	Operations []string
	// Taken are the names that the provider may not have: those of the built-in ones.
	Taken []string
}

// Draft is a provider's file and what became of the document's operations.
type Draft struct {
	YAML    []byte // [declared.Parse] takes it
	Drafted []string
	Left    []string // operations that could not be drafted, each with the reason
}

// maxDocument is far above any API's; the largest public ones have about 10 MB.
const maxDocument = 64 << 20

// Make drafts a file from the document of that name in a folder. References to other files
// are followed within the folder only, and none to the network. The error says what is
// wrong with the document, or that nothing of it can be drafted.
func Make(folder fs.FS, name string, opts Options) (*Draft, error) {
	doc, err := load(folder, name)
	if err != nil {
		return nil, err
	}
	d := &drafter{doc: doc, source: name, version: text(doc.Info.Version)}
	d.describe(opts.Taken)
	chosen, err := d.choose(opts.Operations)
	if err != nil {
		return nil, err
	}
	d.authenticate(chosen)
	out := &Draft{}
	for _, c := range chosen {
		if why := d.add(c); why != "" {
			out.Left = append(out.Left, c.title()+": "+why)
		} else {
			out.Drafted = append(out.Drafted, c.title())
		}
	}
	if len(out.Drafted) == 0 {
		return nil, errors.New("no operation of the document can be drafted" + reasons(out.Left))
	}
	if out.YAML, err = d.write(out.Left); err != nil {
		return nil, err
	}
	_, err = declared.Parse(name, out.YAML)
	return out, err
}

func reasons(left []string) string {
	if len(left) == 0 {
		return ": none of them writes"
	}
	return ": " + strings.Join(left[:min(3, len(left))], "; ")
}

// load reads a document and what it refers to in its folder.
func load(folder fs.FS, name string) (*openapi3.T, error) {
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	if len(data) > maxDocument {
		return nil, fmt.Errorf("the document is larger than %d MB", maxDocument>>20)
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true // by this reader alone
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, at *url.URL) ([]byte, error) {
		file := path.Clean(at.Path)
		if at.Scheme != "" || at.Host != "" || !fs.ValidPath(file) {
			return nil, errors.New("a $ref leads out of the document's folder, and is not followed; put the file there, or bundle the document")
		}
		return fs.ReadFile(folder, file)
	}
	doc, err := loader.LoadFromDataWithPath(data, &url.URL{Path: name})
	switch {
	case err != nil:
		return nil, fmt.Errorf("this is no OpenAPI document that can be read: %s", oneLine(err.Error(), 300))
	case !strings.HasPrefix(doc.OpenAPI, "3."):
		return nil, errors.New("this is no OpenAPI 3 document: convert it first, if it is of version 2")
	case doc.Info == nil || doc.Paths == nil:
		return nil, errors.New("the document has no info, or no paths")
	}
	return doc, nil
}

// drafter makes a file of a document. Notes are what a person has to know, by the place
// that they are about.
type drafter struct {
	doc             *openapi3.T
	source, version string
	file            declared.File
	notes           []string         // about the file
	operationNotes  [][]string       // by position of the file's operations
	fieldNotes      []map[int]string // likewise, by position of the field
}

func (d *drafter) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// describe says what is no operation's: name, title, address and pace.
func (d *drafter) describe(taken []string) {
	d.file = declared.File{
		Version: declared.Version, Name: providerName(d.doc.Info.Title, taken),
		Title: oneLine(d.doc.Info.Title, 100), Docs: "OpenAPI document " + d.source,
		Limit: &declared.Limit{Windows: []string{"1/s"}, InFlight: 1},
	}
	if d.file.Title == "" {
		d.file.Title = d.file.Name
	}
	if d.version != "" {
		d.file.Docs += ", version " + d.version
	}
	if docs := d.doc.ExternalDocs; docs != nil && docs.URL != "" {
		d.file.Docs += "; " + oneLine(docs.URL, 200)
	}
	d.note("limit: an OpenAPI document says nothing of limits, and 1 request a second is a guess on the careful side: look them up and write published_limit as well")
	d.address()
}

// providerName makes a name of a title: small letters and digits.
func providerName(title string, taken []string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' && b.Len() > 0 {
			b.WriteRune(r)
		}
	}
	name := b.String()
	name = name[:min(len(name), 20)]
	if name == "" || slices.Contains(taken, name) {
		name += "api"
	}
	return name
}

// address takes the first server that a request can be sent to.
func (d *drafter) address() {
	var others []string
	for _, s := range d.doc.Servers {
		at := s.URL
		for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
			at = strings.ReplaceAll(at, "{"+name+"}", s.Variables[name].Default)
		}
		at = strings.TrimRight(at, "/")
		u, err := url.Parse(at)
		usable := err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
		if !usable || d.file.BaseURL != "" {
			others = append(others, oneLine(at, 200))
			continue
		}
		d.file.BaseURL = at
		if len(s.Variables) > 0 {
			d.note("base_url: the document's %s, with its variables' defaults", oneLine(s.URL, 200))
		}
	}
	if d.file.BaseURL == "" {
		d.note("base_url: the document names no https address, so the variable %s_BASE_URL must", strings.ToUpper(d.file.Name))
	}
	if len(others) > 0 {
		d.note("base_url: the document names others too: %s", strings.Join(others, " "))
	}
}

// candidate is an operation of the document.
type candidate struct {
	method, path string
	item         *openapi3.PathItem
	of           *openapi3.Operation
}

func (c *candidate) title() string {
	if c.of.OperationID != "" {
		return oneLine(c.of.OperationID, 100)
	}
	return c.method + " " + c.path
}

func (c *candidate) is(name string) bool {
	return c.of.OperationID == name || strings.EqualFold(c.method, strings.Split(name, " ")[0]) && strings.HasSuffix(name, " "+c.path)
}

// choose gives the chosen operations in the order of paths and methods.
func (d *drafter) choose(names []string) ([]candidate, error) {
	var out []candidate
	var known []string
	found := map[string]bool{}
	paths := d.doc.Paths.Map()
	for _, at := range slices.Sorted(maps.Keys(paths)) {
		operations := paths[at].Operations()
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "GET"} {
			if operations[method] == nil {
				continue
			}
			c := candidate{method, at, paths[at], operations[method]}
			known = append(known, c.title())
			if len(names) == 0 && method != "GET" {
				out = append(out, c)
			}
			if i := slices.IndexFunc(names, c.is); i >= 0 {
				found[names[i]] = true
				out = append(out, c)
			}
		}
	}
	for _, name := range names {
		if !found[name] {
			return nil, fmt.Errorf("the document has no operation %q%s", name, mapping.DidYouMean(name, known))
		}
	}
	return out, nil
}

// add drafts an operation, and keeps it if the file with it can be read; else it says why
// not. What a document says that the file format forbids thus costs one operation only.
func (d *drafter) add(c candidate) (why string) {
	b := &operationDrafter{d: d, c: c, notes: map[int]string{}}
	if why = b.draft(); why != "" {
		return why
	}
	alone := d.file
	alone.Operations = []declared.Operation{b.op}
	trial := drafter{file: alone, source: d.source, operationNotes: [][]string{nil}, fieldNotes: []map[int]string{nil}}
	data, err := trial.write(nil)
	if err != nil {
		return oneLine(err.Error(), 200)
	}
	if _, err = declared.Parse(d.source, data); err != nil {
		wrong, ok := errors.AsType[*mapping.BindError](err)
		if ok && len(wrong.Problems) > 0 {
			return oneLine(wrong.Problems[0].Msg, 200)
		}
		return oneLine(err.Error(), 200)
	}
	d.file.Operations = append(d.file.Operations, b.op)
	d.operationNotes = append(d.operationNotes, b.general)
	d.fieldNotes = append(d.fieldNotes, b.notes)
	return ""
}

// text is a document's text in one line.
func text(s string) string { return oneLine(s, 100) }

// oneLine makes a text fit for a line of a file: blanks for breaks and control characters,
// and no more than some characters.
func oneLine(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 }), " ")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return strings.ToValidUTF8(s, "")
}
