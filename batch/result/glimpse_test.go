package result

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

func wideText(text string, order binary.AppendByteOrder) string {
	var out []byte
	for _, c := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, c)
	}
	return string(out)
}

func TestGlimpse(t *testing.T) {
	ours := func(delimiter string) glimpse { return glimpse{ours: true, delimiter: delimiter, utf8: true} }
	marked := func(delimiter string) glimpse {
		return glimpse{ours: true, delimiter: delimiter, marked: true, utf8: true}
	}
	for name, tc := range map[string]struct {
		head string
		want glimpse
	}{
		"empty":                      {"", glimpse{utf8: true}},
		"a table":                    {"a,b\nrp_row,rp_status\n", glimpse{utf8: true}},
		"as written":                 {"rp_row,rp_status,a\n1,failed,x\n", ours(",")},
		"no line end":                {"rp_row;rp_status", ours(";")},
		"all quoted":                 {"\"rp_status\"\t\"rp_row\"\t\"a\"\r\n", ours("\t")},
		"last of the columns":        {"a,b;rp_status;rp_row\r1", ours(";")},
		"last, and quoted":           {"\"a,b\"|\"rp_status\"|\"rp_row\"\n", ours("|")},
		"a delimiter nobody expects": {"rp_row§rp_status§a\n", ours("")},
		"behind blank lines":         {"\n\r\n;;\n\"\"\nrp_row;rp_status\n", ours(";")},
		"behind a line sep=":         {"sep=;\r\nrp_row;rp_status\r\n", ours(";")},
		"behind a quoted line sep=":  {"\"sep=|\"\nrp_row|rp_status\n", ours("|")},
		"a name of several lines":    {"\"two\nlines\",rp_row,rp_status\n", ours(",")},
		"a mark of UTF-8":            {"\xef\xbb\xbfrp_row,rp_status\n", marked(",")},
		"UTF-16, little end first":   {"\xff\xfe" + wideText("ఊ\trp_row\trp_status\n", binary.LittleEndian), marked("\t")},
		"UTF-16, big end first":      {"\xfe\xff" + wideText("ఊ\trp_row\trp_status\n", binary.BigEndian), marked("\t")},
		"windows-1252":               {"rp_row;rp_status;Stra\xdfe\n", glimpse{ours: true, delimiter: ";"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := look([]byte(tc.head)); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
	if g := look([]byte(strings.Repeat("x", HeadSize))); g.ours {
		t.Errorf("no line end: %+v", g)
	}
}
