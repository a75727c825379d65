package proof

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"rowpost/providers/all"
	"rowpost/providers/sandbox"
)

// marker is in the credentials that tests make up.
const marker = "opens-nothing"

// Credentials are those that tests use, by name: the sandbox's, and a marker that is in
// the ones which tests make up.
func Credentials(ctx context.Context) (names map[string]string, err error) {
	s, err := sandbox.Start(ctx, sandbox.Options{Keep: -1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	names = map[string]string{"the marker of test credentials": marker}
	for _, v := range s.Environment() {
		for _, p := range all.List() {
			for _, variable := range p.Describe().Variables {
				if variable.Name == v.Name && variable.Secret {
					names[v.Name] = v.Value
				}
			}
		}
	}
	return names, nil
}

// scripted are lines by which testscript repeats its own input: a script's commands, and
// the environment that it was started with.
var scripted = regexp.MustCompile(`^\s*(> .*|[A-Z][A-Z0-9_]*=.*)$`)

// SearchOutput looks for texts in what a run of the test suite printed: the output of go
// test -v, or of go test -json. It gives a finding for each that it found, and the number
// of lines that it searched.
func SearchOutput(in io.Reader, names map[string]string) (found []string, lines int, err error) {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		lines++
		where, text := fmt.Sprintf("line %d", lines), scanner.Text()
		var event struct{ Package, Test, Output string }
		if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &event) == nil && event.Package != "" {
			where, text = event.Package+" "+event.Test, strings.TrimSuffix(event.Output, "\n")
		}
		if scripted.MatchString(text) {
			continue
		}
		for _, f := range Search([]byte(text), names) {
			found = append(found, where+": "+f)
		}
	}
	return found, lines, scanner.Err()
}
