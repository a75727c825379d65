package source_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/batch/source"
	"rowpost/mapping"
)

func load(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSpectrum reads the tables of the public suite csv-spectrum.
func TestSpectrum(t *testing.T) {
	files, err := filepath.Glob("testdata/csv-spectrum/*.csv")
	if err != nil || len(files) != 12 {
		t.Fatalf("%d tables, %v", len(files), err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".csv")
		t.Run(name, func(t *testing.T) {
			var want any
			load(t, strings.TrimSuffix(path, ".csv")+".json", &want)
			got, why := readObjects(t, path, mapping.SourceOptions{})
			if name == "location_coordinates" {
				// The JSON has another number than the table. Its coordinates have a bare quote.
				if why != "a quote stands where none may" {
					t.Errorf("got %v %s, want a bare quote", got, why)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" || why != "" {
				t.Error(diff, why)
			}
		})
	}
}

// papaCase is a case of PapaParse's suite: what goes in, and the records that come out.
type papaCase struct {
	Suite, Description, Input string
	Config                    map[string]any
	Data                      any
}

// noCounterpart are options of PapaParse that there is nothing alike of, with the reason.
// The cases that use them are left out.
func noCounterpart() map[string]string {
	return map[string]string{
		"comments":        "no row is ever taken for a comment: a cell may begin with any character",
		"dynamicTyping":   "text stays text",
		"escapeChar":      "a quote inside quotes is doubled, as RFC 4180 has it",
		"preview":         "what is not to be sent is chosen by rows, not by reading less",
		"quoteChar":       "cells are quoted with \" only",
		"transform":       "what becomes of a cell stands in the mapping",
		"transformHeader": "columns have the names that stand in the file",
	}
}

const (
	bareQuote   = "a quote that stands neither at an end of its cell nor is doubled makes the row invalid, or the table if it is the header: others read such rows in different ways"
	unclosed    = "a quote that never closes is refused with its line, and does not swallow the table"
	noHeader    = "a table without a header cannot be mapped"
	blankLine   = "a line without text is no row: counted, said, never sent; in one column only at the end"
	sameNames   = "columns keep their names: two alike are an error if the mapping needs them"
	ragged      = "a row with too few or too many cells is invalid, never shifted"
	oneByOne    = "a delimiter is one character: blanks behind it are the cells' own"
	anyLineEnd  = "LF, CRLF and CR all end a line, also mixed"
	greedyQuote = "a cell of blanks in quotes is text: somebody put quotes around it"
)

// papaDifferences are the cases that are read otherwise on purpose.
func papaDifferences() map[string]string {
	out := map[string]string{}
	for reason, names := range map[string][]string{
		bareQuote: {
			"core: Unquoted field with quotes at end of field",
			"core: Quoted field with whitespace around quotes",
			"core: Misplaced quotes in data, not as opening quotes",
			"core: Quoted field has invalid trailing quote after delimiter with a valid closer",
			"core: Quoted field has invalid trailing quote after delimiter",
			"core: Quoted field has invalid trailing quote before delimiter",
			"core: Quoted field has invalid trailing quote after new line",
			"parse: Quoted fields with spaces between closing quote and next delimiter",
			"parse: Quoted fields with spaces between closing quote and next new line",
			"parse: Quoted fields with spaces after closing quote",
			"parse: Misplaced quotes in data twice, not as opening quotes",
			"parse: Quoted fields with spaces between closing quote and next delimiter and contains delimiter",
			"parse: Quoted fields with spaces between closing quote and newline and contains newline",
		},
		unclosed: {
			"core: Quoted field has no closing quote",
		},
		noHeader: {
			"core: Empty input string",
			"core: Input is just the delimiter (2 empty fields)",
			"core: Input is just empty fields",
			"parse: Empty input string",
			"parse: Input is just the delimiter (2 empty fields)",
			"parse: Skip empty lines, with empty input",
		},
		blankLine: {
			"core: One column input with empty fields",
			"core: Fast mode with blank line at end",
			"parse: Blank line at beginning",
			"parse: Blank line in middle",
			"parse: Blank lines at end",
			"parse: Blank line in middle with whitespace",
			"parse: Other fields are empty",
			"parse: Empty lines",
			"parse: Skip empty lines, with first line only whitespace",
		},
		sameNames: {
			"core: Simple duplicated header names",
			"core: Duplicated header names existing column",
			"core: Duplicate header names with __proto__ field",
		},
		ragged: {
			"parse: Row with too few fields",
			"parse: Row with too many fields",
		},
		oneByOne: {
			"parse: Bad delimiter (\\n)",
			"parse: Multi-character delimiter",
			"parse: Multi-character delimiter (length 2) with quoted field",
			"parse: Callback delimiter",
		},
		anyLineEnd: {
			"parse: Mixed slash n and slash r should choose first as precident",
		},
		greedyQuote: {
			"parse: Parsing with skipEmptyLines set to 'greedy'",
		},
	} {
		for _, name := range names {
			out[name] = reason
		}
	}
	return out
}

// TestPapaParse holds that what PapaParse's own suite reads is read alike, or refused, or
// differs for a reason that stands above.
func TestPapaParse(t *testing.T) {
	var cases []papaCase
	load(t, "testdata/papaparse/cases.json", &cases)
	differences, same := papaDifferences(), 0
	for _, c := range cases {
		if slices.ContainsFunc(keys(noCounterpart()), func(option string) bool { return c.Config[option] != nil }) {
			continue
		}
		name := c.Suite + ": " + c.Description
		got, why := c.read(t)
		reason, differs := differences[name]
		switch equal := why == "" && cmp.Equal(c.Data, got); {
		case equal && differs:
			t.Errorf("%s is read alike: it is no difference", name)
		case equal:
			same++
		case !differs:
			t.Errorf("%s: got %q %s, want %q", name, got, why, c.Data)
		default:
			t.Logf("%s: %s", name, reason)
		}
		delete(differences, name)
	}
	if len(differences) > 0 || same < 60 {
		t.Errorf("%d cases alike; not in the suite: %q", same, keys(differences))
	}
}

func keys(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

// read gives the records as the suite writes them: objects if it asks for a header.
func (c papaCase) read(t *testing.T) (records []any, refused string) {
	opts := mapping.SourceOptions{}
	if d, ok := c.Config["delimiter"].(string); ok && d != "function" {
		opts.Delimiter = d
	}
	if n, ok := c.Config["skipFirstNLines"].(float64); ok {
		opts.Header = int(n) + 1
	}
	path := write(t, c.Input)
	if c.Config["header"] == true {
		return readObjects(t, path, opts)
	}
	return readRecords(t, path, opts)
}

// readRecords gives header and rows alike as lists of cells.
func readRecords(t *testing.T, path string, opts mapping.SourceOptions) (records []any, refused string) {
	t.Helper()
	table, err := open(t, path, opts)
	if e, ok := errors.AsType[*source.Error](err); ok {
		return nil, e.Msg
	}
	list := func(cells []string) (out []any) {
		for _, c := range cells {
			out = append(out, c)
		}
		return out
	}
	records = append(records, list(table.Header()))
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if row.Fault != nil {
			return nil, row.Fault.Msg
		}
		records = append(records, list(row.Cells))
	}
	return records, ""
}

// readObjects gives each row as an object with the columns' names.
func readObjects(t *testing.T, path string, opts mapping.SourceOptions) (objects []any, refused string) {
	t.Helper()
	records, refused := readRecords(t, path, opts)
	if refused != "" {
		return nil, refused
	}
	objects = []any{}
	names, _ := records[0].([]any)
	for _, r := range records[1:] {
		cells, _ := r.([]any)
		object := map[string]any{}
		for i, name := range names {
			object[name.(string)] = cells[i]
		}
		objects = append(objects, object)
	}
	return objects, ""
}
