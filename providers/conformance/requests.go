package conformance

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"rowpost/mapping"
	"rowpost/providers"
)

// Request holds a request against its record: all that was to be sent is there under its
// name, nothing else is, and it can go nowhere but where the description says.
func (s *Subject) Request(r mapping.Record, q providers.Request) error {
	d := s.Operation.Describe()
	if q.Method != d.Method {
		return fmt.Errorf("method %s, described as %s", q.Method, d.Method)
	}
	if err := s.Header(q.Header); err != nil {
		return err
	}
	got, err := decode(d.Path, q)
	if err != nil {
		return err
	}
	for field, header := range s.Travels.Headers {
		if values := q.Header.Values(header); len(values) > 0 {
			got[field] = strings.Join(values, ", ")
		}
	}
	return compare(s.carried(r), got)
}

// carried is what a request has to carry, by the names in it.
func (s *Subject) carried(r mapping.Record) map[string]string {
	want := maps.Clone(s.Travels.Constants)
	if want == nil {
		want = map[string]string{}
	}
	for i := range r.Schema.Fields {
		f := &r.Schema.Fields[i]
		name := f.Name
		if own := s.Travels.Names[name]; own != "" {
			name = own
		}
		switch v := r.Values[i]; {
		case v.Is == mapping.Present && f.Separator != "":
			want[name] = listText(f.Items(v.Text))
		case v.Is == mapping.Present:
			want[name] = v.Text
		case v.Is == mapping.Cleared && f.ClearNull:
			want[name] = nullText
		case v.Is == mapping.Cleared:
			want[name] = f.Clear
		}
	}
	return want
}

// compare says what differs. It holds texts of the record, which is the examiner's own.
func compare(want, got map[string]string) error {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if text, ok := got[name]; !ok {
			if want[name] == listText(nil) {
				continue // a form has no way to write an empty list
			}
			problems = append(problems, "it lacks "+name)
		} else if text != want[name] {
			problems = append(problems, fmt.Sprintf("%s is %q instead of %q", name, text, want[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			problems = append(problems, "it has "+name+", which the record has not")
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("the request does not carry the record: %s", strings.Join(problems, "; "))
}

// Header sees that a request has no header that is the sender's, nor one that would break it.
func (s *Subject) Header(h http.Header) error {
	own := []string{"Authorization", "Host", "Content-Length", "Cookie"}
	for _, a := range s.Provider.Auth.Headers {
		own = append(own, a.Header)
	}
	for name, values := range h {
		if name != http.CanonicalHeaderKey(name) {
			return fmt.Errorf("header %s is not in its canonical form", name)
		}
		if slices.Contains(own, name) {
			return fmt.Errorf("header %s is the sender's to set", name)
		}
		if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
			return fmt.Errorf("header %s would break the request", name)
		}
	}
	return nil
}

// Build wants a request that carries the record, or a refusal that says why not. Bytes
// that are no text must be refused: no format can carry them unchanged.
func (s *Subject) Build(r mapping.Record) error {
	q, err := s.Operation.Build(r)
	if err != nil {
		_, err = s.Refusal(r, err)
		return err
	}
	for i, v := range r.Values {
		if !utf8.ValidString(v.Text) {
			return fmt.Errorf("field %s was sent with bytes that are not UTF-8", r.Schema.Fields[i].Name)
		}
	}
	return s.Request(r, q)
}

// NaughtyTexts puts each of [Texts] into each field of the record that stands for the
// operation.
func (s *Subject) NaughtyTexts(report Report) {
	for i, f := range s.Sent.Schema.Fields {
		for _, text := range Texts() {
			record := s.Sent
			record.Values = slices.Clone(s.Sent.Values)
			record.Values[i] = mapping.Value{Text: text, Is: mapping.Present}
			if err := s.Build(record); err != nil {
				report("field %s: %v", f.Name, err)
			}
		}
	}
}

// Independence builds again from the memory of another row: requests outlive rows.
func (s *Subject) Independence(report Report) {
	record := s.Sent
	record.Values = slices.Clone(s.Sent.Values)
	first, ok := s.request(report)
	if !ok {
		return
	}
	if again, _ := s.request(report); !reflect.DeepEqual(first, again) {
		report("equal records give other requests")
	}
	kept := bytes.Clone(first.Body)
	for i := range record.Values {
		if record.Values[i].Is == mapping.Present {
			record.Values[i].Text = strings.Repeat("7", len(record.Values[i].Text))
		}
	}
	if _, err := s.Operation.Build(record); err != nil {
		if _, wrong := s.Refusal(record, err); wrong != nil {
			report("%v", wrong)
		}
	}
	if !bytes.Equal(kept, first.Body) {
		report("building the next request changed this one's body")
	}
}
