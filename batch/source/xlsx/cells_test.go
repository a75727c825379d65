package xlsx_test

import (
	"strings"
	"testing"

	"rowpost/batch/source/xlsx"
)

func TestCells(t *testing.T) {
	for name, tc := range map[string]struct{ cell, want, fault string }{
		"a text of the cell's own":           {text("A2", "x"), "x", ""},
		"a shared text with blanks":          {`<c r="A2" t="s"><v>1</v></c>`, " a ", ""},
		"runs are joined, ruby is left out":  {`<c r="A2" t="s"><v>2</v></c>`, "bold and not", ""},
		"blanks that nobody asks to keep":    {`<c r="A2" t="s"><v>4</v></c>`, "blanks", ""},
		"an id stays text":                   {text("A2", "00123"), "00123", ""},
		"1e5 stays text":                     {text("A2", "1e5"), "1e5", ""},
		"twenty digits stay text":            {text("A2", "12345678901234567890"), "12345678901234567890", ""},
		"a formula's look stays text":        {text("A2", "=1+1"), "=1+1", ""},
		"references":                         {text("A2", "&lt;b&gt; &amp;amp; &#x1F600; &quot;&apos;"), "<b> &amp; 😀 \"'", ""},
		"plain characters":                   {`<c r="A2" t="inlineStr"><is><t><![CDATA[<&>]]></t></is></c>`, "<&>", ""},
		"line breaks":                        {text("A2", "a\nb&#13;&#10;c\r\nd"), "a\nb\r\nc\nd", ""},
		"escaped control characters":         {text("A2", "a_x000D__x0007_b"), "a\r\ab", ""},
		"an escaped escape":                  {text("A2", "_x005F_x000D_"), "_x000D_", ""},
		"what only looks like an escape":     {text("A2", "_x00_ _xyzab_ _x0041"), "_x00_ _xyzab_ _x0041", ""},
		"an escaped pair":                    {text("A2", "_xD83D__xDE00_"), "😀", ""},
		"half a pair is no text":             {text("A2", "x_xD83D_"), "x\xed\xa0\xbd", "bad_encoding Id: cell A2 holds half a character, which is no text"},
		"a byte that was no text stays":      {text("A2", "x_xDCFF_"), "x\xff", "bad_encoding Id: cell A2 holds half a character, which is no text"},
		"a NUL":                              {text("A2", "x_x0000_"), "x\x00", "bad_encoding Id: cell A2 holds a NUL character, which is no text"},
		"whole number":                       {`<c r="A2"><v>42</v></c>`, "42", ""},
		"negative":                           {`<c r="A2"><v>-1.50</v></c>`, "-1.5", ""},
		"minus zero":                         {`<c r="A2"><v>-0</v></c>`, "0", ""},
		"a fraction as it was typed":         {`<c r="A2"><v>0.1</v></c>`, "0.1", ""},
		"what floating point makes of it":    {`<c r="A2"><v>0.30000000000000004</v></c>`, "0.3", ""},
		"money":                              {`<c r="A2" s="6"><v>17.399999999999999</v></c>`, "17.4", ""},
		"large numbers in full":              {`<c r="A2"><v>1.2345678901235E+14</v></c>`, "123456789012350", ""},
		"digits beyond 15, as an exponent":   {`<c r="A2"><v>1.23456789012346E+019</v></c>`, "", "bad_cell Id: cell A2 holds a number of more than 15 digits, of which a spreadsheet keeps only 15"},
		"digits beyond 15, made zero":        {`<c r="A2"><v>1234567890123460</v></c>`, "", "bad_cell Id: cell A2 holds a number of more than 15 digits, of which a spreadsheet keeps only 15"},
		"small numbers in full":              {`<c r="A2"><v>1.5E-7</v></c>`, "0.00000015", ""},
		"scientific format, plain digits":    {`<c r="A2" s="8"><v>4915112345678</v></c>`, "4915112345678", ""},
		"leading zeros by the format":        {`<c r="A2" s="5"><v>1234</v></c>`, "01234", ""},
		"zero with leading zeros":            {`<c r="A2" s="5"><v>0</v></c>`, "00000", ""},
		"15 digits":                          {`<c r="A2"><v>123456789012345</v></c>`, "123456789012345", ""},
		"digits beyond 15":                   {`<c r="A2"><v>1234567890123456</v></c>`, "", "bad_cell Id: cell A2 holds a number of more than 15 digits, of which a spreadsheet keeps only 15"},
		"no number":                          {`<c r="A2"><v>x</v></c>`, "", "bad_cell Id: cell A2 holds what should be a number and is none"},
		"a number with underscores":          {`<c r="A2"><v>1_000</v></c>`, "", "bad_cell Id: cell A2 holds what should be a number and is none"},
		"a number of another base":           {`<c r="A2"><v>0x1p4</v></c>`, "", "bad_cell Id: cell A2 holds what should be a number and is none"},
		"infinity":                           {`<c r="A2"><v>Inf</v></c>`, "", "bad_cell Id: cell A2 holds what should be a number and is none"},
		"date":                               {`<c r="A2" s="1"><v>46348</v></c>`, "2026-11-22", ""},
		"date of an own format":              {`<c r="A2" s="2"><v>46348</v></c>`, "2026-11-22", ""},
		"a hidden time of day":               {`<c r="A2" s="1"><v>46348.75</v></c>`, "2026-11-22", ""},
		"date with time":                     {`<c r="A2" s="3"><v>46348.572916666664</v></c>`, "2026-11-22T13:45:00", ""},
		"time of day":                        {`<c r="A2" s="9"><v>0.57291666666666663</v></c>`, "13:45:00", ""},
		"milliseconds":                       {`<c r="A2" s="7"><v>0.5000001</v></c>`, "12:00:00.009", ""},
		"hours beyond a day":                 {`<c r="A2" s="4"><v>1.5625</v></c>`, "37:30:00", ""},
		"the first day that all count alike": {`<c r="A2" s="1"><v>61</v></c>`, "1900-03-01", ""},
		"a day that is counted in two ways":  {`<c r="A2" s="1"><v>60</v></c>`, "", "bad_cell Id: cell A2 holds a date before 1 March 1900, which spreadsheet programs count in different ways"},
		"the last day":                       {`<c r="A2" s="1"><v>2958465</v></c>`, "9999-12-31", ""},
		"a day too late":                     {`<c r="A2" s="1"><v>2958466</v></c>`, "", "bad_cell Id: cell A2 holds a date that no spreadsheet can show"},
		"a negative date":                    {`<c r="A2" s="1"><v>-1</v></c>`, "", "bad_cell Id: cell A2 holds a date that no spreadsheet can show"},
		"a date without a day":               {`<c r="A2" s="1"><v>0.5</v></c>`, "", "bad_cell Id: cell A2 holds a time without a day, formatted as a date"},
		"a number without a format":          {`<c r="A2"><v>46348</v></c>`, "46348", ""},
		"only the format of negative is one": {`<c r="A2" s="6"><v>46348</v></c>`, "46348", ""},
		"a date written as such":             {`<c r="A2" t="d" s="1"><v>2026-11-22T00:00:00</v></c>`, "2026-11-22", ""},
		"true":                               {`<c r="A2" t="b"><v>1</v></c>`, "TRUE", ""},
		"false":                              {`<c r="A2" t="b"><v>0</v></c>`, "FALSE", ""},
		"a formula's number":                 {`<c r="A2"><f>1+1</f><v>2</v></c>`, "2", ""},
		"a formula's text":                   {`<c r="A2" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>`, "ab", ""},
		"a formula's date":                   {`<c r="A2" s="1"><f>TODAY()</f><v>46348</v></c>`, "2026-11-22", ""},
		"a formula without a result":         {`<c r="A2"><f>1+1</f></c>`, "", "bad_cell Id: cell A2 holds a formula without a saved result"},
		"a formula with an empty result":     {`<c r="A2"><f>1+1</f><v></v></c>`, "", "bad_cell Id: cell A2 holds a formula without a saved result"},
		"a formula that gives no text":       {text("B2", "x") + `<c r="C2" t="str"><f>""</f><v></v></c>`, "", ""},
		"an error":                           {`<c r="A2" t="e"><v>#N/A</v></c>`, "#N/A", "bad_cell Id: cell A2 holds the error #N/A"},
		"a formula's error":                  {`<c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c>`, "#DIV/0!", "bad_cell Id: cell A2 holds the error #DIV/0!"},
		"an unknown error is not repeated":   {`<c r="A2" t="e"><v>Müller</v></c>`, "Müller", "bad_cell Id: cell A2 holds an error"},
		"an unknown kind":                    {`<c r="A2" t="x"><v>1</v></c>`, "", "bad_cell Id: cell A2 is of a kind that is not known"},
		"an empty cell with a style":         {`<c r="A2" s="1"/>` + text("B2", "x"), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := book(`<row r="1"><c r="A1" t="s"><v>0</v></c>` + text("B1", "B") + text("C1", "C") + `</row><row r="2">` + tc.cell + `</row>`)
			_, rows, err := read(t, b.zip(t), xlsx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != 1 {
				t.Fatalf("rows %v", rows)
			}
			if cell, _, _ := strings.Cut(rows[0].Cells, "|"); cell != tc.want || rows[0].Fault != tc.fault {
				t.Errorf("cell %q, fault %q", cell, rows[0].Fault)
			}
		})
	}
}

func TestDatesFrom1904(t *testing.T) {
	b := book(`<row><c t="s"><v>0</v></c></row><row><c s="1"><v>44886</v></c></row><row><c s="1"><v>0</v></c></row>`).
		with("xl/workbook.xml", `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="S" r:id="rId1"/></sheets></workbook>`)
	_, rows, err := read(t, b.zip(t), xlsx.Options{})
	if err != nil || len(rows) != 2 || rows[0].Cells != "2026-11-22" || rows[1].Cells != "1904-01-01" {
		t.Errorf("%v, %v", rows, err)
	}
}
