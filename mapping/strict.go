package mapping

import (
	"reflect"
	"strconv"
	"strings"
)

// FileKind words the messages about a kind of file.
type FileKind struct {
	Name    string // with its article: a mapping
	TooLong string // the hint about a file of more than 1 MiB
	Second  string // the hint about a second YAML document
}

// Strict is a YAML file that a person wrote, read as strictly as a mapping: one document
// in UTF-8; no anchors, aliases, merge keys and tags; no unknown and no repeated keys;
// every scalar is the text that stands there. It collects what is wrong with the file,
// what its reader finds as well as what the checks after it do.
//
// Things of the file are named by their path: operations[0].fields[2].name.
type Strict struct{ d *decoder }

// ReadStrict reads a file into what doc points to: a struct whose keys are those of its
// yaml tags, of strings, ints, bools, structs, slices of these, maps of strings, and
// pointers to these. What could be read is there whatever else is wrong.
func ReadStrict(file string, kind FileKind, data []byte, doc any) *Strict {
	d := &decoder{problems: problems{file: file}, kind: kind, places: map[string]pos{}}
	if root := d.load(data); root != nil {
		d.places[""] = position(root)
		d.block(root, reflect.ValueOf(doc).Elem())
	}
	return &Strict{d}
}

// Has says whether a path stands in the file.
func (s *Strict) Has(path string) bool {
	_, ok := s.d.places[path]
	return ok
}

// Add notes a problem at a path, or where that does not stand in the file, at the nearest
// thing around it that does. An empty hint is none.
func (s *Strict) Add(path, hint, format string, args ...any) {
	at, ok := s.d.places[path]
	for !ok && path != "" {
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
		at, ok = s.d.places[path]
	}
	s.d.add(at, hint, format, args...)
}

// Said tells whether a problem was noted at a path.
func (s *Strict) Said(path string) bool {
	at, ok := s.d.places[path]
	return ok && s.d.said(at)
}

// Problems is how many were noted.
func (s *Strict) Problems() int { return len(s.d.list) }

// Forget drops what was noted: for a file of a later format, of which whatever looks
// wrong is probably right.
func (s *Strict) Forget() { s.d.list = nil }

// Err is a *[BindError] with all problems; nil: there is none.
func (s *Strict) Err() error { return s.d.err() }

// DidYouMean is the end of a message about an unknown word: empty, or with the one of
// the known words that was probably meant.
func DidYouMean(word string, among []string) string { return didYouMean(word, among) }

// Listed joins words to choose from for a message: a, b or c.
func Listed(words []string) string { return listed(words) }

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

func joinPath(outer, part string) string {
	if outer == "" || strings.HasPrefix(part, "[") {
		return outer + part
	}
	return outer + "." + part
}
