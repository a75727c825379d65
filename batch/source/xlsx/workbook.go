package xlsx

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// workbook is what a workbook says of its parts.
type workbook struct {
	sheets          []sheet
	strings, styles string // paths; empty: there is no such part
	date1904        bool   // dates are counted from 1904, as old Macintoshes did
}

type sheet struct {
	name, path string
	hidden     bool
}

// workbook reads the list of sheets.
func (a *archive) workbook() (*workbook, error) {
	root, err := a.relations("")
	if err != nil {
		return nil, err
	}
	main := root.byType["officeDocument"]
	if main == "" {
		main = "xl/workbook.xml"
	}
	if strings.HasSuffix(strings.ToLower(main), ".bin") {
		return nil, refuse("open it in a spreadsheet program and save it as .xlsx", "is a binary workbook (.xlsb)")
	}
	parts, err := a.relations(main)
	if err != nil {
		return nil, err
	}
	b := &workbook{strings: parts.byType["sharedStrings"], styles: parts.byType["styles"]}
	err = a.each(main, func(p *part) error { return b.tag(p, parts) })
	if err == nil && len(b.sheets) == 0 {
		err = refuse(saveHint, "is a workbook without a sheet of cells")
	}
	return b, err
}

func (b *workbook) tag(p *part, parts relations) error {
	switch {
	case p.is("workbookPr"):
		b.date1904 = p.flag("date1904")
	case p.is("sheet"):
		id := ""
		for _, a := range p.attrs {
			if string(local(a.name)) == "id" {
				id = string(a.value)
			}
		}
		if parts.types[id] != "worksheet" {
			return nil // a sheet with a chart only
		}
		state := string(p.attr("state"))
		b.sheets = append(b.sheets, sheet{
			name: string(p.attr("name")), path: parts.byID[id], hidden: state == "hidden" || state == "veryHidden",
		})
	}
	return nil
}

// choose finds the sheet to read.
func (a *archive) choose(b *workbook, opts Options) (int, error) {
	if opts.Sheet != "" {
		return b.named(opts.Sheet)
	}
	if at, err := b.named(opts.Prefer); err == nil && opts.Prefer != "" && !b.sheets[at].hidden {
		return at, nil
	}
	var full []int
	var names []string
	for i, s := range b.sheets {
		if s.hidden {
			continue
		}
		some, err := a.hasData(s.path)
		if err != nil {
			return 0, err
		}
		if some {
			full, names = append(full, i), append(names, strconv.Quote(s.name))
		}
	}
	switch len(full) {
	case 0:
		return 0, refuse("see whether the export went wrong; a hidden sheet is read when the mapping names it: source: {sheet: ...}",
			"is empty: no visible sheet has even a header")
	case 1:
		return full[0], nil
	}
	return 0, refuse("name the sheet in the mapping: source: {sheet: ...}", "has several sheets with data: %s", listed(names))
}

const shownNames = 8

func listed(names []string) string {
	if len(names) > shownNames {
		names = append(names[:shownNames:shownNames], fmt.Sprintf("and %d more", len(names)-shownNames))
	}
	return strings.Join(names, ", ")
}

// named finds a sheet by its name, as spreadsheets tell names apart, else by its number.
func (b *workbook) named(name string) (int, error) {
	var names []string
	for i, s := range b.sheets {
		if strings.EqualFold(s.name, name) {
			return i, nil
		}
		names = append(names, strconv.Quote(s.name))
	}
	if n, err := strconv.Atoi(name); err == nil {
		for i, s := range b.sheets {
			if s.hidden {
				continue
			}
			if n--; n == 0 {
				return i, nil
			}
		}
	}
	return 0, refuse("correct source: sheet in the mapping", "has no sheet %q; it has %s", name, listed(names))
}

// hasData says whether a sheet has a cell with anything in it.
func (a *archive) hasData(name string) (bool, error) {
	p, err := a.open(name)
	if err != nil {
		return false, err
	}
	defer p.close()
	depth := 0 // of elements that hold a cell's text
	for {
		t, err := p.next()
		switch {
		case errors.Is(err, io.EOF) || err == nil && t == endTag && p.is("sheetData"):
			return false, nil
		case err != nil:
			return false, err
		case t == startTag && p.is("f"):
			return true, nil
		case t == text:
			if depth > 0 && strings.Trim(string(p.text), " \t\n") != "" {
				return true, nil
			}
		case p.is("v") || p.is("t"):
			depth += t.step()
		}
	}
}
