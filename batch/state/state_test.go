package state_test

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/state"
	"rowpost/mapping"
)

func open(t *testing.T, dir string) *state.Store {
	t.Helper()
	s, err := state.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// aJob is one of a series, told apart from others of it by the table's content.
func aJob(content string) state.Job {
	return state.Job{
		Input:  state.Input{Path: "/data/" + content + ".csv", SHA256: sha256.Sum256([]byte(content)), Size: 9, Rows: 3},
		Series: "contacts", Mapping: "/data/map.yaml",
		Meaning: []mapping.Clause{
			{Path: "requests.a.fields.Name", Sum: sha256.Sum256([]byte("name"))},
			{Path: "source.encoding", Sum: sha256.Sum256([]byte("utf-8"))},
		},
		Targets:  []string{"paysafe/update"},
		Accounts: map[string]state.Account{"paysafe": {BaseURL: "https://api.example", As: map[string]string{"BRAND": "secret-ish brand"}}},
	}
}

// remapped is the same table by a mapping of another meaning.
func remapped(j state.Job) state.Job {
	j.Meaning = []mapping.Clause{
		{Path: "requests.a.fields.Name", Sum: sha256.Sum256([]byte("other"))},
		{Path: "requests.a.when", Sum: sha256.Sum256([]byte("when"))},
	}
	return j
}

func begin(t *testing.T, s *state.Store, job state.Job, opts state.BeginOptions) *state.Run {
	t.Helper()
	r, err := s.Begin(t.Context(), job, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeRun(t, r) })
	return r
}

func closeRun(t *testing.T, r *state.Run) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// send leaves what a journal leaves once a request was about to be sent.
func send(t *testing.T, r *state.Run) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.Journal, "paysafe.0001.journal"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// imported makes a run that sent something and ended.
func imported(t *testing.T, s *state.Store, job state.Job, opts state.BeginOptions, finished bool) state.Info {
	t.Helper()
	r := begin(t, s, job, opts)
	send(t, r)
	end(t, r, finished)
	closeRun(t, r)
	return r.Info
}

func end(t *testing.T, r *state.Run, finished bool) {
	t.Helper()
	err := r.End(state.Ending{Exit: 3, Finished: finished, Counts: map[batch.Status]int{batch.Succeeded: 2, batch.Failed: 1}})
	if err != nil {
		t.Fatal(err)
	}
}

// files lists everything below a folder, with modes.
func files(t *testing.T, dir string) map[string]fs.FileMode {
	t.Helper()
	list := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		rel, _ := filepath.Rel(dir, path)
		list[filepath.ToSlash(rel)] = info.Mode()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEverythingIsPrivateAndHoldsNothingOfTheAccount(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	done := imported(t, s, aJob("a"), state.BeginOptions{}, true)
	if err := s.Forget(t.Context(), done.ID, false); err != nil {
		t.Fatal(err)
	}
	begin(t, s, aJob("b"), state.BeginOptions{}) // and is going on
	for name, mode := range files(t, dir) {
		if runtime.GOOS != "windows" && mode.Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, mode)
		}
		if !mode.IsRegular() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Contains(string(content), "brand") || strings.Contains(string(content), "api.example") {
			t.Errorf("%s: %v, %s", name, err, content)
		}
	}
}

func TestFoldersThatOthersCanReadAreClosed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("has no modes")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "runs"), 0o755); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if mode := files(t, dir)["runs"]; mode.Perm() != 0o700 {
		t.Errorf("runs has mode %v", mode)
	}
}

func TestOpenFindsOutAtOnce(t *testing.T) {
	cases := map[string]func(dir string) error{
		"a file in place of the folder": func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"a file in place of the runs": func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "runs"), nil, 0o600))
		},
		"a folder in place of its own lock": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "store.lock", "x"), 0o700) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := state.Open(dir); err == nil {
				t.Error("opened")
			}
		})
	}
}

func TestOpenRemovesWhatAKillLeft(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	run := imported(t, s, aJob("a"), state.BeginOptions{}, false)
	before := files(t, dir)
	const bare, damaged = "runs/20260102-030405-abcd", "runs/20260102-030405-abce"
	for _, folder := range []string{".begun/journal", ".erased/journal", bare + "/journal", damaged + "/journal", "runs/notes of mine"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{".new", ".begun/run.json", ".erased/journal/x.journal", damaged + "/journal/x.journal"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
	after := files(t, dir)
	for name := range after {
		if _, was := before[name]; !was && !strings.HasPrefix(name, damaged) && name != "runs/notes of mine" {
			t.Errorf("%s is left", name)
		}
	}
	infos, err := s.Runs()
	if err != nil || len(infos) != 2 || infos[0].ID != run.ID || infos[1].Fault == "" {
		t.Errorf("%v: a journal without its run must be seen: %+v", err, infos)
	}
	if _, err := s.Begin(t.Context(), aJob("b"), state.BeginOptions{}); err == nil || !strings.Contains(err.Error(), "forget 20260102-030405-abce --force") {
		t.Errorf("it may have sent this very table: %v", err)
	}
}

func TestARecordOfALaterVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	run := imported(t, s, aJob("a"), state.BeginOptions{}, true)
	path := filepath.Join(dir, "runs", run.ID, "run.json")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	later := strings.Replace(string(content), `"version": 1`, `"version": 2`, 1)
	if err := os.WriteFile(path, []byte(later), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Begin(t.Context(), aJob("a"), state.BeginOptions{Again: true}); err == nil || !strings.Contains(err.Error(), "later version of this program") {
		t.Errorf("begun: %v", err)
	}
	info, err := s.Get(run.ID)
	if err == nil || info.ID != run.ID || !strings.Contains(info.Fault, "later version") {
		t.Errorf("%+v, %v", info, err)
	}
	var unfinished *state.UnfinishedError
	if err := s.Forget(t.Context(), run.ID, false); !errors.As(err, &unfinished) {
		t.Errorf("forgotten without force: %v", err)
	}
	if err := s.Forget(t.Context(), run.ID, true); err != nil {
		t.Error(err)
	}
}

func TestGetFindsByBeginningAndLast(t *testing.T) {
	s := open(t, t.TempDir())
	at := time.Date(2026, 11, 22, 19, 3, 12, 0, time.UTC)
	clock := func() time.Time { at = at.Add(time.Minute); return at }
	first := imported(t, s, aJob("a"), state.BeginOptions{Now: clock}, true)
	last := imported(t, s, aJob("b"), state.BeginOptions{Now: clock}, true)
	cases := map[string]struct{ ask, want string }{
		"whole":               {first.ID, first.ID},
		"its beginning":       {first.ID[:13], first.ID},
		"the newest":          {"last", last.ID},
		"the beginning of 2":  {"20261122-19", ""},
		"of none":             {"1999", ""},
		"nothing":             {"", ""},
		"a path to elsewhere": {"../runs/" + first.ID, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			info, err := s.Get(c.ask)
			var unknown *state.UnknownRunError
			if info.ID != c.want || (c.want == "") != errors.As(err, &unknown) {
				t.Fatalf("%s, %v", info.ID, err)
			}
			if c.want == "" && !slices.Contains(unknown.Near, last.ID) {
				t.Errorf("near: %v", unknown.Near)
			}
		})
	}
}

// TestChild is no test: other tests start it as a process of its own, which begins a run
// and holds it until it is killed.
func TestChild(t *testing.T) {
	dir := os.Getenv("STATE_TEST_CHILD")
	if dir == "" {
		return // it is started by other tests
	}
	r, err := open(t, dir).Begin(t.Context(), aJob("a"), state.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	send(t, r)
	fmt.Println("\nbegun " + r.Info.ID)
	<-t.Context().Done()
	select {}
}

// child starts a process that holds job a, and returns how to kill it.
func child(t *testing.T, dir string) (id string, pid int, kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "STATE_TEST_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill() // it may have ended by itself, which the test sees elsewhere
			_ = cmd.Wait()         // always an error: it was killed
		}
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "begun "); ok {
			return id, cmd.Process.Pid, kill
		}
		if strings.Contains(lines.Text(), "FAIL") || strings.Contains(lines.Text(), "_test.go") {
			t.Log(lines.Text())
		}
	}
	t.Fatal("the child did not begin")
	return "", 0, nil
}
