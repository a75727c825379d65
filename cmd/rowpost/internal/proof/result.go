package proof

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Shown is a line of a result, as a spreadsheet would read it.
type Shown struct {
	Row                             int
	Request, Provider, Status, Code string
	HTTPStatus, Message, Attempts   string
	Cells                           []string
}

// Result is a result file.
type Result struct {
	Bytes []byte
	Lines []Shown
}

// resultColumns are what a result's header begins with.
var resultColumns = strings.Fields(`rp_row rp_line rp_request rp_provider rp_status rp_http_status rp_error_code
	rp_error rp_column rp_attempts rp_sent_at rp_duration_ms rp_remote_id rp_check`)

// ReadResult reads a result of a table with the given header. An error means that the
// file is not there, or is no result of that table.
func ReadResult(path string, header []string) (*Result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if want := slices.Concat(resultColumns, header); len(records) == 0 || !slices.Equal(records[0], want) {
		return nil, fmt.Errorf("%s: the header is not that of a result of this table", path)
	}
	r := &Result{Bytes: data}
	for i, f := range records[1:] {
		row, err := strconv.Atoi(f[0])
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: rp_row: %w", path, i+1, err)
		}
		r.Lines = append(r.Lines, Shown{
			Row: row, Request: f[2], Provider: f[3], Status: f[4], HTTPStatus: f[5], Code: f[6], Message: f[7],
			Attempts: f[9], Cells: f[len(resultColumns):],
		})
	}
	return r, nil
}

// Timeless is the file without the columns in which two runs may differ.
func (r *Result) Timeless() string {
	records, err := csv.NewReader(bytes.NewReader(r.Bytes)).ReadAll()
	if err != nil {
		return err.Error() // ReadResult has read it before
	}
	var b strings.Builder
	for _, f := range records {
		for i, name := range records[0] {
			if name != "rp_attempts" && name != "rp_sent_at" && name != "rp_duration_ms" {
				b.WriteString(strconv.Quote(f[i]) + ",")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Count gives the number of lines in each status.
func (r *Result) Count() map[string]int {
	n := map[string]int{}
	for i := range r.Lines {
		n[r.Lines[i].Status]++
	}
	return n
}
