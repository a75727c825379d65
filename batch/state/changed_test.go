package state_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"

	"rowpost/batch/state"
	"rowpost/mapping"
)

// means makes clauses of texts as "requests.a.fields.Name=1".
func means(texts string) (out []mapping.Clause) {
	for text := range strings.FieldsSeq(texts) {
		path, sum, _ := strings.Cut(text, "=")
		out = append(out, mapping.Clause{Path: path, Sum: sha256.Sum256([]byte(sum))})
	}
	return out
}

func TestWhatChangedIsToldAsItWasDone(t *testing.T) {
	const a = "requests=a requests.a.provider=p requests.a.operation=o requests.a.fields.N=1 requests.a.fields.M=2"
	for _, tc := range []struct {
		name, before, now string
		want              []string
	}{
		{"another id", a, strings.NewReplacer(".a.", ".b.", "=a", "=b").Replace(a), []string{"requests.a is called requests.b now"}},
		{"another id with a dot", a, strings.NewReplacer(".a.", ".a.b.", "=a", "=a.b").Replace(a), []string{"requests.a is called requests.a.b now"}},
		{
			"another id and another field", a,
			"requests=b requests.b.provider=p requests.b.operation=o requests.b.fields.N=1 requests.b.fields.M=3",
			[]string{"requests.a is called requests.b now", "requests.b.fields.M"},
		},
		{
			"another request in its place", a, "requests=b requests.b.provider=q requests.b.operation=x requests.b.fields.N=1",
			[]string{
				"requests", "requests.a.fields.M", "requests.a.fields.N", "requests.a.operation", "requests.a.provider",
				"requests.b.fields.N", "requests.b.operation", "requests.b.provider",
			},
		},
		{
			"another id and a request more", a,
			"requests=b,c requests.b.provider=p requests.b.operation=o requests.b.fields.N=1 requests.b.fields.M=2 requests.c.provider=q",
			[]string{"requests.a is called requests.b now", "requests", "requests.c.provider"},
		},
		{"one field", a, strings.ReplaceAll(a, "M=2", "M=9"), []string{"requests.a.fields.M"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			job := aJob("a")
			job.Meaning = means(tc.before)
			imported(t, s, job, state.BeginOptions{}, true)
			job.Meaning = means(tc.now)
			_, err := s.Begin(t.Context(), job, state.BeginOptions{})
			conflict, ok := errors.AsType[*state.ConflictError](err)
			if !ok {
				t.Fatal(err)
			}
			if !slices.Equal(conflict.Changed, tc.want) {
				t.Errorf("%q", conflict.Changed)
			}
		})
	}
}
