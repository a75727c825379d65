package providertest

import (
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/mapping"
	"rowpost/providers"
)

var update = flag.Bool("update", false, "write the golden files of requests anew")

func (s *subject) checkRequests(t *testing.T) {
	for _, c := range s.cases.Requests {
		t.Run(c.Name, func(t *testing.T) {
			record := s.record(t, c)
			q, err := s.Build(record)
			if c.Code != "" {
				cell, wrong := s.examined(t).Refusal(record, err)
				if wrong != nil {
					t.Fatal(wrong)
				}
				if cell.Code != c.Code || cell.Field != c.Field {
					t.Errorf("refused with code %s for field %s, want %s for %s", cell.Code, cell.Field, c.Code, c.Field)
				}
				return
			}
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			if err := s.examined(t).Request(record, q); err != nil {
				t.Fatal(err)
			}
			compareGolden(t, s.name+"_"+fileName(c.Name), s.render(record, q))
		})
	}
}

var notInNames = regexp.MustCompile(`[^a-zA-Z0-9]+`)

func fileName(name string) string { return notInNames.ReplaceAllString(name, "_") }

// render writes a request as it would go over the wire, secrets redacted.
func (s *subject) render(r mapping.Record, q providers.Request) string {
	var b strings.Builder
	target := q.Path
	if q.Query != "" {
		target += "?" + q.Query
	}
	fmt.Fprintf(&b, "%s %s\n", q.Method, target)
	for _, name := range slices.Sorted(maps.Keys(q.Header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(q.Header[name], ", "))
	}
	body := string(q.Body)
	for i, f := range s.schema.Fields {
		if text := r.Values[i].Text; f.Secret && text != "" {
			body = strings.ReplaceAll(body, url.QueryEscape(text), "[redacted]")
			body = strings.ReplaceAll(body, text, "[redacted]")
		}
	}
	fmt.Fprintf(&b, "\n%s\n", body)
	return b.String()
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path) //nolint:gosec // the name is the test's own
	if err != nil {
		t.Fatalf("%v: write it with go test -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// checkIndependence builds again from the memory of another row: requests outlive rows.
func (s *subject) checkIndependence(t *testing.T) { s.examined(t).Independence(t.Errorf) }
