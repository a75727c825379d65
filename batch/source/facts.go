package source

// From says how something about a table became known.
type From string

// The ways, from the surest to the least sure.
const (
	Said     From = "said"     // by the mapping
	SepLine  From = "sep line" // by a first line sep=; as spreadsheets write it
	BOM      From = "bom"      // by a byte order mark
	Detected From = "detected" // the whole table, or all of its first records, allow nothing else
	Likely   From = "likely"   // the best of several readings
	Assumed  From = "assumed"  // nothing speaks against it
	Ours     From = "result"   // the table is a result, and this program wrote it so
)

// Facts is what the first reading of a table found out.
type Facts struct {
	Compression   string // of the file: gzip, zstd; empty: none
	Encoding      string // utf-8, utf-16le, windows-1252 ...
	EncodingFrom  From
	BOM           bool   // the file starts with a byte order mark
	Delimiter     string // one character
	DelimiterFrom From
	LineEnds      string // LF, CRLF, CR or mixed; empty: there is none
	Sheet         string // of a workbook, which has none of the above; empty: it is none
	HeaderLine    int    // physical line, or sheet row, of the header, from 1
	Columns       int
	Rows          int // data rows, faulty ones included
	Blank         int // lines that hold only delimiters and blanks and are no rows
	Hidden        int // of the rows, those that a workbook does not show; they are rows like the others
	// Of the rows, those that are invalid as a whole, by the first reason that holds.
	BadQuote, Ragged, BadEncoding, BadCell int
	Size                                   int64 // bytes, unpacked
	// SHA256 is that of the bytes as they are, unpacked: a table is the same however it was
	// compressed.
	SHA256 [32]byte
}

// lineEnds counts how lines end.
type lineEnds struct{ lf, crlf, cr int }

func (e lineEnds) String() string {
	switch {
	case e == lineEnds{}:
		return ""
	case e.crlf == 0 && e.cr == 0:
		return "LF"
	case e.lf == 0 && e.cr == 0:
		return "CRLF"
	case e.lf == 0 && e.crlf == 0:
		return "CR"
	}
	return "mixed"
}
