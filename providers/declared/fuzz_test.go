package declared

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"rowpost/providers"
	"rowpost/providers/conformance"
)

// Whatever a server sends, there is an outcome that can be shown, and no panic.
func FuzzInterpret(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	var samples []Sample
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		p, err := Parse(file, data)
		if err != nil {
			f.Fatal(err)
		}
		samples = append(samples, p.Samples()...)
	}
	for _, s := range samples {
		f.Add(s.Answer.Status, s.Answer.Body, "")
	}
	f.Add(http.StatusConflict, []byte(`{"gid":[{"a":"`), "https://x.example/%zz")
	f.Fuzz(func(t *testing.T, status int, body []byte, location string) {
		for _, s := range samples {
			q, err := s.Operation.Build(s.Record)
			if err != nil {
				t.Fatal(err)
			}
			r := providers.Response{Status: status, Body: body, Header: http.Header{"Location": {location}}, At: conformance.AnsweredAt}
			if err := conformance.Outcome(status, s.Operation.Interpret(q, r)); err != nil {
				t.Error(err)
			}
		}
	})
}
