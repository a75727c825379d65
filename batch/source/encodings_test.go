package source_test

import (
	"errors"
	"strings"
	"testing"

	"rowpost/batch/source"
	"rowpost/mapping"
)

// TestNamedEncodings reads letters that tell an encoding from its neighbours, and a byte
// that is no letter in it: never a U+FFFD that nobody is told of.
func TestNamedEncodings(t *testing.T) {
	const none = ""
	for said, tc := range map[string]struct{ name, in, want, stray string }{
		"windows-1250": {"windows-1250", "\xb3\x8a\xf5", "łŠő", "\x81"},
		"windows-1251": {"windows-1251", "\xcf\xf0\xe8", "При", "\x98"},
		"Windows 1252": {"windows-1252", "\x80\x8a\xfc", "€Šü", "\x9d"},
		"cp1254":       {"windows-1254", "\xfd\xf0\xde", "ığŞ", "\x81"},
		"iso-8859-1":   {"iso-8859-1", "\xe4\xdf\xa4", "äß¤", "\x80"},
		"ISO_8859-2":   {"iso-8859-2", "\xb1\xe6\xf3", "ąćó", "\x9f"},
		"latin9":       {"iso-8859-15", "\xa4\xbd\xe9", "€œé", "\x85"},
		"macintosh":    {"macintosh", "\x8a\xdb\xa7", "ä€ß", none},
		"ibm850":       {"ibm850", "\x84\xe1\x9c", "äß£", none},
		"cp437":        {"cp437", "\x81\x84\xe1", "üäß", none},
		"koi8-r":       {"koi8-r", "\xf0\xd2\xc9", "При", none},
		"shift_jis":    {"shift_jis", "\x93\xfa\x96{\x83\\", "日本ソ", "\xff"},
		"cp932":        {"shift_jis", "\x93\xfa\x96{", "日本", "\x81"},
		"euc-jp":       {"euc-jp", "\xc6\xfc\xcb\xdc", "日本", "\xff"},
		"iso-2022-jp":  {"iso-2022-jp", "\x1b$BF|K\\\x1b(B", "日本", "\x80"},
		"gbk":          {"gbk", "\xd6\xd0\xce\xc4", "中文", "\xff"},
		"gb18030":      {"gb18030", "\xd6\xd0\x94\x39\xfc\x36", "中😀", "\xff"},
		"big5":         {"big5", "\xa4\xa4\xa4\xe5", "中文", "\xff"},
		"euc-kr":       {"euc-kr", "\xc7\xd1\xb1\xdb", "한글", "\xff"},
		"cp65001":      {"utf-8", "ü日😀", "ü日😀", "\xff"},
		" UTF-8 ":      {"utf-8", "\uFFFD", "\uFFFD", "\xed\xa0\x80"},
		"x-mac-roman":  {"macintosh", "\x8a", "ä", none},
		"windows-31j":  {"shift_jis", "\xb1", "ｱ", "\xa0\xff"},
		"ISO-8859-9":   {"windows-1254", "\xfd\xf0", "ığ", none}, // as the standard has it
		"ISO-8859-7":   {"iso-8859-7", "\xe1\xe2", "αβ", "\xff"},
		"windows-874":  {"windows-874", "\xa1\xa2", "กข", "\xdb"},
		"IBM866":       {"ibm866", "\x8f\xe0\xa8", "При", none},
		"cp852":        {"cp852", "\xa5\x88", "ął", none},
		"windows-1252": {"windows-1252", "\x93x\x94", "“x”", "\x81"},
		"utf8":         {"utf-8", "é", "é", "\xc0\xaf"},
		"windows-1253": {"windows-1253", "\xe1", "α", "\xd2"},
		"macroman":     {"macintosh", "\xd0", "–", none},
		"latin-2":      {"iso-8859-2", "\xb3", "ł", "\x80"},
		"windows-1257": {"windows-1257", "\xe0\xf0", "ąš", "\xa1"},
		"iso-8859-10":  {"iso-8859-10", "\xbf\xe6", "ŋæ", "\x80"},
		"eucjp":        {"euc-jp", "\xa4\xa2", "あ", "\xff"},
		"cp936":        {"gbk", "\xc4\xe3", "你", "\xff"},
		"cp949":        {"euc-kr", "\xb0\xa1", "가", "\xff"},
		"cp950":        {"big5", "\xa7\x41", "你", "\xff"},
	} {
		t.Run(said, func(t *testing.T) {
			opts := mapping.SourceOptions{Encoding: said}
			table, err := open(t, write(t, "a,b\n1,"+tc.in+"\n"), opts)
			if err != nil {
				t.Fatal(err)
			}
			f := table.Facts()
			if got := rows(t, table)[0]; got.Cells[1] != tc.want || got.Fault != "" || f.Encoding != tc.name || f.EncodingFrom != source.Said {
				t.Errorf("%q (%s), read as %s", got.Cells[1], got.Fault, f.Encoding)
			}
			if tc.stray != none {
				checkStray(t, "a,b\n1,x"+tc.stray+"\n2,y\n", opts)
			}
		})
	}
}

// checkStray holds that the first row is invalid and the second is sound, or the table is
// refused: where cells end is unsure in some encodings once a byte is not understood.
func checkStray(t *testing.T, text string, opts mapping.SourceOptions) {
	t.Helper()
	table, err := open(t, write(t, text), opts)
	if e, ok := errors.AsType[*source.Error](err); ok {
		if e.Kind != source.Refused || e.Line != 2 || !strings.Contains(e.Msg, "no text in") {
			t.Errorf("error %v", err)
		}
		return
	}
	got := rows(t, table)
	if len(got) != 2 || got[0].Fault != "bad_encoding" || strings.Contains(got[0].Cells[1], "\uFFFD") || got[1].Fault != "" {
		t.Errorf("rows %+v", got)
	}
}

// TestOrderOfEncodings: of two encodings that a table can be read in, the one that is surer.
func TestOrderOfEncodings(t *testing.T) {
	for name, tc := range map[string]struct {
		in, said, want string
		from           source.From
	}{
		"the mapping before all else":     {in: "a,b\nü,1\n", said: "windows-1252", want: "windows-1252", from: source.Said},
		"a mark before what is detected":  {in: "\xef\xbb\xbfa,b\n\xfc,1\n", want: "utf-8", from: source.BOM},
		"only ASCII":                      {in: "a,b\n1,2\n", want: "utf-8", from: source.Detected},
		"all is UTF-8, as Latin too":      {in: "a,b\nÃ¼,1\n", want: "utf-8", from: source.Detected},
		"most is UTF-8":                   {in: "a,b\nü,ö\n\xfc,1\n", want: "utf-8", from: source.Likely},
		"as much is not":                  {in: "a,b\nü,1\n\xfc,1\n", want: "windows-1252", from: source.Assumed},
		"all is Windows-1252":             {in: "a,b\n\xfc,\x80\n", want: "windows-1252", from: source.Assumed},
		"most is UTF-8, and one can't be": {in: "a,b\nü,ö\n\x81,1\n", want: "utf-8", from: source.Likely},
		"neither":                         {in: "a,b\n\xfc,\x90\n", want: ""},
		"UTF-8 in a row of blanks only":   {in: "a,b\n,\n\xa0,x\n", want: "windows-1252", from: source.Assumed},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := open(t, write(t, tc.in), mapping.SourceOptions{Encoding: tc.said})
			if tc.want == "" {
				if e, ok := errors.AsType[*source.Error](err); !ok || e.Kind != source.Refused || e.Line != 2 || !strings.Contains(e.Hint, "encoding") {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if f := table.Facts(); f.Encoding != tc.want || f.EncodingFrom != tc.from {
				t.Errorf("%s, %s", f.Encoding, f.EncodingFrom)
			}
		})
	}
}
