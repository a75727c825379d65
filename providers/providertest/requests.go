package providertest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
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
				cell := s.checkRefusal(t, record, err)
				if cell.Code != c.Code || cell.Field != c.Field {
					t.Errorf("refused with code %s for field %s, want %s for %s", cell.Code, cell.Field, c.Code, c.Field)
				}
				return
			}
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			s.checkRequest(t, record, q)
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

// checkRequest holds a request against its record: all that was to be sent is there
// under its name, nothing else is, and it can go nowhere but where the description says.
func (s *subject) checkRequest(t failer, r mapping.Record, q providers.Request) {
	t.Helper()
	d := s.Describe()
	if q.Method != d.Method {
		t.Fatalf("method %s, described as %s", q.Method, d.Method)
	}
	s.checkHeader(t, q.Header)
	got, err := decode(d.Path, q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	want := maps.Clone(s.cases.Constants)
	if want == nil {
		want = map[string]string{}
	}
	for i, f := range s.schema.Fields {
		switch r.Values[i].Is {
		case mapping.Present:
			want[f.Name] = r.Values[i].Text
		case mapping.Cleared:
			want[f.Name] = f.Clear
		case mapping.Absent:
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("the request does not carry the record (-record +request):\n%s", diff)
	}
}

func (s *subject) checkHeader(t failer, h http.Header) {
	t.Helper()
	own := []string{"Authorization", "Host", "Content-Length", "Cookie"}
	for _, a := range s.provider.Auth.Headers {
		own = append(own, a.Header)
	}
	for name, values := range h {
		if name != http.CanonicalHeaderKey(name) {
			t.Fatalf("header %s is not in its canonical form", name)
		}
		if slices.Contains(own, name) {
			t.Fatalf("header %s is the sender's to set", name)
		}
		if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
			t.Fatalf("header %s would break the request", name)
		}
	}
}

// checkRefusal sees that a refusal says which field is at fault and why, without its text.
func (s *subject) checkRefusal(t failer, r mapping.Record, err error) *mapping.CellError {
	t.Helper()
	var cell *mapping.CellError
	if !errors.As(err, &cell) {
		t.Fatalf("Build gives %v, want a *mapping.CellError", err)
	}
	i := s.schema.Index(cell.Field)
	if i < 0 || cell.Code == "" || cell.Msg == "" {
		t.Fatalf("refusal %+v: field, code and message are needed", cell)
	}
	if text := r.Values[i].Text; len(text) > 3 && strings.Contains(cell.Error()+cell.Hint, text) {
		t.Fatalf("the refusal holds the cell's content")
	}
	return cell
}

// checkIndependence builds again from the memory of another row: requests outlive rows.
func (s *subject) checkIndependence(t *testing.T) {
	record := s.record(t, s.sent)
	first, again := s.request(t), s.request(t)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("equal records give other requests:\n%s", diff)
	}
	kept := bytes.Clone(first.Body)
	for i := range record.Values {
		if record.Values[i].Is == mapping.Present {
			record.Values[i].Text = strings.Repeat("7", len(record.Values[i].Text))
		}
	}
	if _, err := s.Build(record); err != nil {
		_ = s.checkRefusal(t, record, err)
	}
	if !bytes.Equal(kept, first.Body) {
		t.Error("building the next request changed this one's body")
	}
}
