package cli

import (
	"slices"
	"unicode/utf8"

	"rowpost/batch"
	"rowpost/batch/result"
)

// resultOptions say how the result is written.
func (s *send) resultOptions() result.Options {
	o := result.Options{Path: s.out.result, Errors: s.out.errors, Header: s.rows.Header(), Origin: s.origin()}
	if s.opts.excel {
		o.BOM, o.Delimiter = true, s.table.Facts().Delimiter
	}
	return o
}

// checkForms refuses, before the first request, a result that could not be written as it is
// asked for.
func (l *load) checkForms(out outputs) error {
	book, text := "", ""
	for _, path := range []string{out.errors, out.result} {
		switch {
		case path == "":
		case result.IsWorkbook(path):
			book = path
		default:
			text = path
		}
	}
	if l.opts.excel && text != "" {
		if err := l.checkExcel(); err != nil {
			return err
		}
	}
	if book == "" {
		return nil
	}
	return l.checkWorkbook(book)
}

// checkExcel refuses --excel where the source has no delimiter that a spreadsheet knows.
func (l *load) checkExcel() error {
	const way = "-o FILE.xlsx writes a workbook, which every spreadsheet program opens"
	switch f := l.table.Facts(); {
	case f.Sheet != "":
		return fail(statusUsage, "--excel writes the delimiter of the source, and %s is a workbook, which has none", l.input).hint(way)
	case !result.IsDelimiter(f.Delimiter):
		return fail(statusUsage, "--excel writes the delimiter of the source, and no spreadsheet program expects %q", f.Delimiter).hint(way)
	}
	return nil
}

// checkWorkbook refuses what does not fit in a workbook: it looks at each cell once.
func (l *load) checkWorkbook(path string) error {
	header := l.rows.Header()
	full := func(format string, args ...any) error {
		return fail(statusUsage, "%s: "+format, append([]any{path}, args...)...).hint("name a file that ends in .csv instead")
	}
	if len(header) > result.MaxSheetColumns {
		return full("a workbook holds %d columns of a table, and %s has %d", result.MaxSheetColumns, l.input, len(header))
	}
	if i := slices.IndexFunc(header, tooLongForSheet); i >= 0 {
		return full("a cell of a workbook holds %d characters, and the name of column %d of %s is longer", result.MaxSheetCell, i+1, l.input)
	}
	lines, err := l.sheetLines(full)
	if err == nil && lines > result.MaxSheetLines {
		return full("a workbook holds %s, and the result would have %d", plural(result.MaxSheetLines, "line", "lines"), lines)
	}
	return err
}

// sheetLines looks at each cell, and counts the result's lines. If they are few for sure,
// less than a workbook holds, the count is that of the rows.
func (l *load) sheetLines(full func(string, ...any) error) (lines int, err error) {
	few := l.rows.Total()*len(l.targets) <= result.MaxSheetLines
	header, evaluator := l.rows.Header(), l.binding.Evaluator()
	for line, err := range batch.LinesOf(l.rows) {
		if err != nil {
			return lines, tableFailure(err)
		}
		if i := slices.IndexFunc(line.Cells, tooLongForSheet); i >= 0 {
			return lines, full("a cell of a workbook holds %d characters, and one of %s is longer: line %d, column %q",
				result.MaxSheetCell, l.input, line.Line, header[i])
		}
		lines++
		if whole := line.Before == nil || line.Before.Request == ""; !few && whole && line.Fault == nil {
			lines += max(len(evaluator.Records(line.Row))-1, 0)
		}
	}
	return lines, nil
}

// tooLongForSheet says whether a text has more UTF-16 units than a cell of a workbook holds.
func tooLongForSheet(text string) bool {
	if len(text) <= result.MaxSheetCell {
		return false
	}
	units := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		units++
		if r > 0xffff {
			units++
		}
		i += size
	}
	return units > result.MaxSheetCell
}
