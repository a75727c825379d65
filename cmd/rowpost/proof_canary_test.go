//go:build unix

package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"rowpost/cmd/rowpost/internal/proof"
	"rowpost/providers/all"
	"rowpost/providers/sandbox"
)

// TestCanary plants unique cells and credentials, lets providers repeat both in their
// answers, uses every command on them, and searches all that was written anywhere.
func TestCanary(t *testing.T) {
	c := newCanary(t)
	c.useCommands()
	c.searchState()
	c.searchResults()
	c.mustHaveSeen()
}

// canary is an import with planted cells, and where they were found.
type canary struct {
	t       *testing.T
	trial   *trial
	planted *proof.Planted
	edited  string // an earlier result that a person went over

	mu       sync.Mutex
	refusing bool
	secrets  map[string]string // by what they are called
	seen     []byte            // heads of requests, in which the secrets must be
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	dir := t.ArtifactDir()
	planted, err := proof.NewPlanted(filepath.Join(dir, "files"), randomOf(seedOf(t), 0))
	if err != nil {
		t.Fatal(err)
	}
	run, err := newTrial(t.Context(), dir, built(t), planted.Import, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run.witness.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &canary{t: t, trial: run, planted: planted, edited: filepath.Join(dir, "files", "edited.csv"), secrets: map[string]string{}}
	for _, p := range all.List() {
		for _, v := range p.Describe().Variables {
			if v.Secret {
				c.secrets[v.Name] = envValue(run.child.Env, v.Name)
			}
		}
	}
	run.witness.Answer(c.answer)
	for _, provider := range allProviders() {
		run.pace(provider, 4, "10000/s")
	}
	return c
}

func envValue(env []string, name string) string {
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// answer repeats to the client what it sent: cells and credentials.
func (c *canary) answer(call sandbox.Call) sandbox.Answer {
	row := proof.RowOf(string(call.Body) + call.Query)
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, values := range call.Header {
		c.seen = append(c.seen, strings.Join(values, "\n")+"\n"...)
		token, isBearer := strings.CutPrefix(values[0], "Bearer ")
		if name == "Authorization" && isBearer {
			c.secrets["the token "+token[:10]+"..."] = token
		}
	}
	switch {
	case c.refusing:
		answer := c.echo(row, call)
		answer.Status = http.StatusUnauthorized
		return answer
	case row > proof.PlantedSound && row <= proof.PlantedEchoed:
		return c.echo(row, call)
	case row > proof.PlantedEchoed && row <= proof.PlantedLost && (unsafe(call) || row == proof.PlantedLost):
		return sandbox.Answer{End: sandbox.ResetAfter}
	}
	return sandbox.Answer{}
}

// unsafe says whether a call is not repeated when its answer is lost. Many repetitions in
// a row would only take time.
func unsafe(call sandbox.Call) bool {
	return call.Operation == "create_customer" || call.Operation == "update_contact_info"
}

func (c *canary) echo(row int, call sandbox.Call) sandbox.Answer {
	var cells, secrets []string
	if row > 0 {
		cells = slices.Sorted(maps.Values(c.planted.Rows[row-1]))
	}
	for name, secret := range c.secrets {
		sent := strings.HasPrefix(name, "the wrong") == c.refusing
		if sent && strings.Contains(strings.ToLower(name), call.Provider) { // it knows no other's
			secrets = append(secrets, secret)
		}
	}
	words := slices.Concat(cells, secrets, call.Header["Authorization"])
	if row%2 == 0 {
		words = slices.Concat(call.Header["Authorization"], secrets, cells)
	}
	if row%3 == 0 && row > 0 {
		words = slices.Concat(cells[row%len(cells):], cells)
	}
	message := "not good: " + strings.Join(words, " ")
	body, err := json.Marshal(map[string]any{
		"code": 422, "message": message, "ResultMessage": message, "error": map[string]any{"code": "1", "message": message, "details": []string{}},
	})
	if err != nil {
		panic(err) // texts have JSON
	}
	status := http.StatusUnprocessableEntity
	if row%5 == 0 && unsafe(call) {
		status = http.StatusOK // an answer that confirms nothing
	}
	return sandbox.Answer{Status: status, Body: string(body)}
}

// useCommands runs every command that meets cells or credentials.
func (c *canary) useCommands() {
	im := c.planted.Import
	run := func(more ...string) []string { return slices.Concat(c.trial.args, more) }
	again := func(input string, more ...string) []string {
		return slices.Concat([]string{"run", "-m", im.Mapping, input}, c.trial.args[4:], more)
	}
	c.use("plan", "-m", im.Mapping, im.Input)
	c.use("plan", "-m", im.Mapping, im.Input, "--json")
	c.use("run", "-m", im.Mapping, im.Input, "--dry-run")
	c.useShown("plan", "-m", im.Mapping, im.Input, "--show-values")
	c.use("check")
	c.use("check", "--json")
	c.refused(run())
	c.killOnce(run("--log-format", "json"))
	c.use("runs", "last")
	c.use(run("--errors", filepath.Join(im.Dir, "errors.csv"), "--attempts", "2")...)
	c.use(run("--json", "--attempts", "2")...)
	c.use(run("--quiet", "--attempts", "2")...)
	for _, json := range [][]string{nil, {"--json"}} {
		c.use(append([]string{"runs"}, json...)...)
		c.use(append([]string{"runs", "last"}, json...)...)
		c.use(append([]string{"resolve", "last"}, json...)...)
		c.use(append([]string{"verify", "last"}, json...)...)
	}
	c.use("resolve", "last", "--as", "failed", "--all", "--note", "asked the provider")
	c.use(run("--attempts", "2")...)
	c.edit()
	c.use(again(c.edited, "--attempts", "2")...)
	c.use(again(c.edited, "--attempts", "2", "--again", "--log-format", "json")...)
	c.use(again(im.Input, "--attempts", "2", "--again", "--limit", "3")...)
}

// use runs a command and searches all that it prints.
func (c *canary) use(args ...string) {
	c.t.Helper()
	c.searchEnd(c.mayPrint(c.trial.child, args...), c.cells(), args)
}

// useShown runs a command that may print cells.
func (c *canary) useShown(args ...string) {
	c.t.Helper()
	end := c.mayPrint(c.trial.child, args...)
	c.searchEnd(end, nil, args)
	if len(proof.Search([]byte(end.Out), c.cells())) == 0 {
		c.t.Errorf("%v shows no cells: the search is blind", args)
	}
}

func (c *canary) mayPrint(child *proof.Child, args ...string) *proof.End {
	c.t.Helper()
	end, err := child.Run(c.t.Context(), args...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Logf("rowpost %s: exit status %d after %v", strings.Join(args, " "), end.Status, end.Took)
	if strings.Contains(end.Err, "unknown command") || strings.Contains(end.Err, "unknown flag") {
		c.t.Errorf("%v: %s", args, end)
	}
	return end
}

func (c *canary) searchEnd(end *proof.End, cells map[string]string, args []string) {
	c.t.Helper()
	printed := []byte(end.Out + end.Err)
	for _, found := range append(proof.Search(printed, cells), proof.Search(printed, c.allSecrets())...) {
		c.t.Errorf("rowpost %v prints: %s", args, found)
	}
}

// killOnce leaves a run that was killed while it sent.
func (c *canary) killOnce(args []string) {
	c.t.Helper()
	ctx, kill := context.WithCancel(c.t.Context())
	defer kill()
	c.trial.witness.Ring(20, kill)
	end, err := c.trial.child.Run(ctx, args...)
	if err != nil || !end.Killed {
		c.t.Fatalf("not killed: %v %s", err, end)
	}
	c.searchEnd(end, c.cells(), args)
}

// refused runs the command with credentials that a provider refuses, and repeats.
func (c *canary) refused(args []string) {
	c.t.Helper()
	child := *c.trial.child
	c.mu.Lock()
	c.refusing = true
	for name, secret := range maps.Clone(c.secrets) {
		if strings.HasPrefix(name, "the token") {
			continue
		}
		wrong := "wrong-" + secret
		child.Env = append(child.Env, name+"="+wrong)
		c.secrets["the wrong "+name] = wrong
	}
	c.mu.Unlock()
	end := c.mayPrint(&child, args...)
	if end.Status != 4 {
		c.t.Errorf("with wrong credentials: %s", end)
	}
	c.searchEnd(end, c.cells(), args)
	c.searchFiles(c.trial.state(), c.cells(), isJournal)
	c.searchEnd(c.mayPrint(&child, "check"), c.cells(), []string{"check"})
	c.searchEnd(c.mayPrint(&child, "check", "--json"), c.cells(), []string{"check"})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusing = false
}

// edit goes over the result as a person does: the country is another one in each line.
func (c *canary) edit() {
	c.t.Helper()
	data, err := os.ReadFile(c.planted.Result)
	if err != nil {
		c.t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		c.t.Fatal(err)
	}
	country := slices.Index(lines[0], "Country")
	for _, line := range lines[1:] {
		line[country] = "France"
	}
	f, err := os.OpenFile(c.edited, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := csv.NewWriter(f).WriteAll(lines); err != nil {
		c.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *canary) cells() map[string]string { return c.planted.All(1, proof.PlantedRows) }

func (c *canary) allSecrets() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]string{}
	for name, secret := range c.secrets {
		out[name] = secret
	}
	return out
}

func isJournal(path string) bool { return filepath.Ext(path) == ".journal" }

// searchState: no credential anywhere; a cell only in a journal, as part of a message
// in which a provider repeated it.
func (c *canary) searchState() {
	c.t.Helper()
	state := c.trial.state()
	c.searchFiles(state, c.allSecrets(), nil)
	c.searchFiles(state, c.cells(), isJournal)
	c.searchFiles(state, c.planted.All(2, proof.PlantedSound), nil) // the first one met the refusal
	c.searchFiles(state, c.planted.All(proof.PlantedEchoed+1, proof.PlantedRows), nil)
	err := filepath.WalkDir(state, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			c.t.Errorf("%s: others may read it: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		c.t.Error(err)
	}
}

func (c *canary) searchFiles(dir string, names map[string]string, except func(string) bool) {
	c.t.Helper()
	found, files, err := proof.SearchFiles(dir, names, except)
	if err != nil || files == 0 {
		c.t.Errorf("%s: %d files searched: %v", dir, files, err)
	}
	for _, f := range found {
		c.t.Error(f)
	}
}

// searchResults: results hold cells, but no credential.
func (c *canary) searchResults() {
	c.t.Helper()
	c.searchFiles(c.planted.Dir, c.allSecrets(), nil)
}

// mustHaveSeen: what was searched for was there to be found.
func (c *canary) mustHaveSeen() {
	c.t.Helper()
	if found := proof.Search(c.seen, c.allSecrets()); len(found) < len(allProviders()) {
		c.t.Errorf("the providers saw only %v", found)
	}
	echoed, _, err := proof.SearchFiles(c.trial.state(), c.planted.All(proof.PlantedSound+1, proof.PlantedEchoed), nil)
	if err != nil || len(echoed) == 0 {
		c.t.Errorf("no journal holds what providers repeated: the search is blind (%v)", err)
	}
	result, err := os.ReadFile(c.planted.Result)
	if err != nil || len(proof.Search(result, c.cells())) == 0 {
		c.t.Errorf("the result holds no cells: the search is blind (%v)", err)
	}
}
