package main

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const naughtyProvider = `version: 1
name: echo
title: Echo
docs: none, it is a test's
limit: {windows: [2000/s], in_flight: 8}
operations:
  - name: put
    help: stores a text
    body: json
    method: PUT
    path: /rows/{id}
    fields:
      - {name: id}
      - {name: text}
    key: [{field: id, of: row}]
    success: {statuses: [200], body: any}
    safe_to_repeat: true
    repeat_note: it sets a state
`

const naughtyMapping = `version: 1
requests:
  - provider: ./echo.yaml
    fields: {id: Id, text: {column: Text, on_empty: send}}
`

// The Big List of Naughty Strings, from the cell to the request's body to the result: every
// text arrives as it stands in the list, and comes back so.
func TestNaughtyStringsEndToEnd(t *testing.T) {
	lists := filepath.Join(projectRoot, "batch", "source", "testdata", "blns")
	input, err := filepath.Abs(filepath.Join(lists, "blns.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	readJSON(t, filepath.Join(lists, "blns.json"), &want)

	var mu sync.Mutex
	got := map[string]string{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Text *string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Text == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		got[path.Base(r.URL.Path)] = *body.Text
	}))
	defer srv.Close()

	dir := t.TempDir()
	for name, text := range map[string]string{"echo.yaml": naughtyProvider, "map.yaml": naughtyMapping} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "result.csv")
	status, messages := rowpost(t, []string{"ECHO_BASE_URL=" + srv.URL}, "run", "-m", filepath.Join(dir, "map.yaml"), input, "-o", out)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, messages)
	}

	sent, back := readTable(t, input), readTable(t, out)
	if len(sent) != len(want)+1 || len(back) != len(sent) {
		t.Fatalf("%d texts, %d rows, %d lines", len(want), len(sent)-1, len(back)-1)
	}
	for i, text := range want {
		row, line := sent[i+1], back[i+1]
		if arrived, ok := got[row[0]]; !ok || arrived != text {
			t.Errorf("row %d: %q arrived as %q", i+1, text, arrived)
		}
		if end := line[len(line)-2:]; end[0] != row[0] || end[1] != row[1] {
			t.Errorf("row %d: %q came back as %q", i+1, row, end)
		}
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readTable reads a table with the standard library's reader, so that not our own judges itself.
func readTable(t *testing.T, file string) [][]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return records
}
