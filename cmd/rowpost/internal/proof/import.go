package proof

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// Expect is what must become of a line, whatever happens to the program on the way.
type Expect string

// The expectations. A line to be sent may also end in doubt, or wait behind one that does.
const (
	Send    Expect = "succeeds"
	Refuse  Expect = "is refused"
	Invalid Expect = "is invalid"
	Skip    Expect = "is skipped"
)

// Line is a line that the result must have.
type Line struct {
	Row      int
	Request  string // its id in the mapping; empty: the row as a whole
	Provider string
	Object   string // rows with the same one change the same thing at the provider
	Expect   Expect
}

// Unsafe says whether the line's request must never be sent twice.
func (l *Line) Unsafe() bool { return unsafeRequests[l.Request] }

// unsafeRequests are those of the mapping below that the providers' descriptions call
// not safe to repeat.
var unsafeRequests = map[string]bool{"register": true, "mail": true}

// providerOf has the provider of each request of the mapping below.
var providerOf = map[string]string{
	"billing": "cleverbridge", "portal": "trackfinity", "debtor": "invisiblecollector",
	"register": "invisiblecollector", "mail": "paysafe",
}

// The mapping makes safe and unsafe requests at four providers. Each puts the row's Ref
// into a field that the providers take as it is, so that the ledger tells the row.
const mappingText = `version: 1
name: proof
requests:
  - id: billing
    provider: cleverbridge
    operation: update_contact
    when: Sub != ""
    fields:
      SubscriptionId: Sub
      ContactType: {value: BillingContact}
      Contact.City: Ref
      Contact.CountryId: {column: Country, transform: [{country: alpha2}]}
      Contact.LanguageId: {value: en}
  - id: portal
    provider: trackfinity
    operation: set_customer_details
    when: Track != ""
    fields:
      customer_id: Track
      city: Ref
  - id: debtor
    provider: invisiblecollector
    operation: update_customer
    when: Debtor != ""
    fields:
      id: Debtor
      city: Ref
      country: {value: PT}
  - id: register
    provider: invisiblecollector
    operation: create_customer
    when: New == "yes"
    fields:
      externalId: Ref
      name: Note
      vatNumber: {expr: '"PT" + Ref'}
      country: {value: PT}
  - id: mail
    provider: paysafe
    operation: update_contact_info
    when: Wallet != ""
    fields:
      customerId: Wallet
      type: {value: EMAIL}
      value: {expr: 'lower(Ref) + "@example.com"', transform: [email]}
`

// ProviderOf is the provider of one of the mapping's requests.
func ProviderOf(request string) string { return providerOf[request] }

var refPattern = regexp.MustCompile(`(?i)R(\d{5})X`)

func ref(row int) string { return fmt.Sprintf("R%05dX", row) }

// RowOf finds the row that a request was made from; 0: none is named.
func RowOf(text string) int {
	m := refPattern.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // five digits
	return n
}

// Import is a table, its mapping, and what must come of it.
type Import struct {
	Dir            string // holds nothing else but the result
	Input, Mapping string
	Result         string // where it is written by default
	Header         []string
	Cells          [][]string // as the result must show them: a ragged row's surplus is in its last cell
	Lines          []Line
	Sends          int // lines for which something is sent
}

var columns = []string{"Ref", "Sub", "Country", "Track", "Debtor", "New", "Wallet", "Note"}

// Shape is how an import is made up.
type Shape struct {
	Rows int
	Safe bool // nothing in it is unsafe to repeat
}

// NewImport makes an import up and writes its files into a new folder.
func NewImport(dir string, shape Shape, random *rand.Rand) (*Import, error) {
	im := &Import{
		Dir: dir, Input: filepath.Join(dir, "table.csv"), Mapping: filepath.Join(dir, "map.yaml"),
		Result: filepath.Join(dir, "table.result.csv"), Header: columns,
	}
	var table bytes.Buffer
	out := csv.NewWriter(&table)
	_ = out.Write(columns) // a buffer takes all
	for row := 1; row <= shape.Rows; row++ {
		_ = out.Write(im.addRow(row, shape, random))
	}
	out.Flush()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(im.Input, table.Bytes(), 0o600); err != nil {
		return nil, err
	}
	return im, os.WriteFile(im.Mapping, []byte(mappingText), 0o600)
}

// addRow makes a row up and gives its cells as they stand in the table.
func (im *Import) addRow(row int, shape Shape, random *rand.Rand) []string {
	rows := shape.Rows
	cells := []string{ref(row), "", "Germany", "", "", "", "", notes[random.IntN(len(notes))]}
	if random.IntN(20) == 0 {
		return im.addRagged(row, cells, random)
	}
	lines := len(im.Lines)
	if random.IntN(3) == 0 {
		id, expect := object("S", rows, random)
		cells[1] = id
		if random.IntN(15) == 0 {
			cells[2], expect = "Atlantis", Invalid
		}
		im.addLine(row, "billing", id, expect)
	}
	if random.IntN(3) == 0 {
		id, expect := object("", rows, random)
		cells[3] = id
		im.addLine(row, "portal", id, expect)
	}
	if random.IntN(4) == 0 {
		id, expect := object("D", rows, random)
		cells[4] = id
		im.addLine(row, "debtor", id, expect)
	}
	if random.IntN(4) == 0 && !shape.Safe {
		cells[5] = "yes"
		im.addLine(row, "register", ref(row), Send)
	}
	if random.IntN(3) == 0 && !shape.Safe {
		id, expect := object("7", rows, random)
		cells[6] = id
		im.addLine(row, "mail", id, expect)
	}
	if len(im.Lines) == lines {
		im.Lines = append(im.Lines, Line{Row: row, Expect: Skip})
	}
	im.Cells = append(im.Cells, cells)
	return cells
}

// notes are cells that a careless reader or writer of CSV would change.
var notes = []string{
	"plain", "with, comma", `with "quotes"`, "two\nlines", " blanks ", "=1+1", "+49 30 1", "-5", "@x", "Ünïcödé 🙂",
	"00123", "1e5", "null", "'", "\ttab",
}

// addRagged makes the row too long: as a whole it is invalid, and nothing of it is sent.
func (im *Import) addRagged(row int, cells []string, random *rand.Rand) []string {
	cells[6], cells[7] = "7"+strconv.Itoa(random.IntN(1000))+"1", "plain"
	shown := append([]string(nil), cells...)
	shown[7] += ",surplus"
	im.Cells = append(im.Cells, shown)
	im.Lines = append(im.Lines, Line{Row: row, Expect: Invalid})
	return append(cells, "surplus")
}

func (im *Import) addLine(row int, request, object string, expect Expect) {
	im.Lines = append(im.Lines, Line{Row: row, Request: request, Provider: providerOf[request], Object: object, Expect: expect})
	if expect == Send || expect == Refuse {
		im.Sends++
	}
}

// object gives an id that other rows have too, or, rarely, one that the sandbox refuses.
func object(start string, rows int, random *rand.Rand) (string, Expect) {
	id := start + strconv.Itoa(100+random.IntN(2*rows))
	if random.IntN(25) == 0 {
		return id + "404", Refuse
	}
	return id + "1", Send
}
