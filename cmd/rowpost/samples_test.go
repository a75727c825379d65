package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers/sandbox"
)

// projectRoot is where the README's commands are run, seen from this package.
const projectRoot = "../.."

const samplesDir = projectRoot + "/samples"

// sample is a folder below samples, as its README describes it.
type sample struct {
	name   string
	args   []string // of the documented command, without -o and what follows it
	status int
	plan   int // exit status of plan
}

var (
	sampleCommand = regexp.MustCompile(`(?m)^go run \./cmd/rowpost (run --sandbox -m (samples/[\w-]+)/mapping\.yaml (samples/[\w-]+)/[\w.-]+\.csv) -o (\S+)$`)
	sampleStatus  = regexp.MustCompile("exit status is `(\\d)`; `plan` ends with `(\\d)`")
)

func readSample(t *testing.T, name string) sample {
	t.Helper()
	dir := filepath.Join(samplesDir, name)
	for _, file := range []string{"mapping.yaml", "expected.csv", "README.md"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil && !(*update && file == "expected.csv") {
			t.Fatalf("sample without %s: %v", file, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	command, status := sampleCommand.FindStringSubmatch(string(text)), sampleStatus.FindStringSubmatch(string(text))
	if command == nil || status == nil {
		t.Fatalf("%s/README.md: no line with the command, or none with the exit statuses", dir)
	}
	if want := "samples/" + name; command[2] != want || command[3] != want {
		t.Fatalf("%s/README.md: the command is about another folder: %s", dir, command[0])
	}
	s := sample{name: name, args: strings.Fields(command[1])}
	s.status, _ = strconv.Atoi(status[1])
	s.plan, _ = strconv.Atoi(status[2])
	return s
}

func sampleNames(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(samplesDir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// rowpost runs the real command at the project's root and gives its exit status and
// messages.
func rowpost(t *testing.T, env []string, args ...string) (status int, messages string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "rowpost", args...)
	cmd.Dir = projectRoot
	cmd.Env = slices.Concat(os.Environ(), []string{"XDG_STATE_HOME=" + t.TempDir()}, env)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			t.Fatal(err)
		}
		status = exit.ExitCode()
	}
	return status, stderr.String()
}

// run executes the sample's command with a result file of its own and gives the result
// without what differs between two runs.
func (s sample) run(t *testing.T, more ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "result.csv")
	status, messages := rowpost(t, nil, slices.Concat(s.args, []string{"-o", out}, more)...)
	if status != s.status {
		t.Fatalf("exit status %d, want %d: %s", status, s.status, messages)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return emptyColumns(t, string(data), "rp_attempts", "rp_sent_at", "rp_duration_ms")
}

// emptyColumns empties some columns of a CSV text and keeps every other byte of it.
func emptyColumns(t *testing.T, text string, names ...string) string {
	t.Helper()
	header, _, _ := strings.Cut(text, "\n")
	columns := strings.Split(header, ",")
	for _, name := range names {
		if !slices.Contains(columns, name) {
			t.Fatalf("the result has no column %s", name)
		}
	}
	var b strings.Builder
	column, start, quoted := 0, 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '\n'):
			cell := text[start:i]
			if start > len(header) && slices.Contains(names, columns[column]) {
				cell = ""
			}
			b.WriteString(cell)
			b.WriteByte(c)
			column, start = column+1, i+1
			if c == '\n' {
				column = 0
			}
		}
	}
	return b.String() + text[start:]
}

// allInFlight sets the number in flight of every provider.
func allInFlight(n string) []string {
	var args []string
	for _, provider := range []string{"cleverbridge", "trackfinity", "invisiblecollector", "paysafe"} {
		args = append(args, "--in-flight", provider+"="+n)
	}
	return args
}

// inFlight sets the number of the providers that the sample's files describe. They are
// called as the providers are.
func (s sample) inFlight(t *testing.T, n string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(samplesDir, s.name, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".yaml"); name != "mapping" {
			args = append(args, "--in-flight", name+"="+n)
		}
	}
	return args
}

// TestSamples runs each folder below samples as its README says.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, name := range sampleNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := readSample(t, name)
			golden := filepath.Join(samplesDir, name, "expected.csv")
			got := s.run(t)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil { //nolint:gosec // a file of the project, readable like its others
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.SplitAfter(string(want), "\n"), strings.SplitAfter(got, "\n")); diff != "" {
				t.Errorf("the result differs from %s (-want +got):\n%s", golden, diff)
			}
			for _, n := range []string{"1", "16"} {
				if again := s.run(t, append(allInFlight(n), s.inFlight(t, n)...)...); again != got {
					t.Errorf("with %s in flight the result differs: %s", n, cmp.Diff(got, again))
				}
			}
			plan := append([]string{"plan"}, s.args[2:]...) // without run --sandbox
			if status, messages := rowpost(t, nil, plan...); status != s.plan {
				t.Errorf("plan: exit status %d, want %d: %s", status, s.plan, messages)
			}
		})
	}
}

// TestSamplesArrive asks the APIs' simulations what they have after a sample was sent
// with much in flight: values as the mapping's comments promise them, and of several
// changes of one object the last.
func TestSamplesArrive(t *testing.T) {
	tests := []struct {
		says                 string
		sample, provider, id string
		field, value         string
	}{
		{"the last of three changes", "trackfinity-customers", "trackfinity", "0000100807", "address1", "Neue Straße 1 b"},
		{"capitals are put right", "trackfinity-customers", "trackfinity", "0000100725", "lastname", "D'Aubigné"},
		{"a zero is put back", "trackfinity-customers", "trackfinity", "0000100725", "zip", "01000"},
		{"a country by its own name", "trackfinity-customers", "trackfinity", "0000102072", "country", "ES"},
		{"join leaves out what is empty", "trackfinity-customers", "trackfinity", "0000102072", "custom1", "partner"},
		{"the last of three changes", "cleverbridge-contacts", "cleverbridge", "S20418309", "DeliveryContact.PostalCode", "01097"},
		{"a first name in capitals", "cleverbridge-contacts", "cleverbridge", "S20418309", "DeliveryContact.Firstname", "Veronika"},
		{"Windows-1252 becomes UTF-8", "cleverbridge-contacts", "cleverbridge", "S20418309", "DeliveryContact.Street1", "An der Brücke 20b"},
		{"a language by its name", "cleverbridge-contacts", "cleverbridge", "S20418309", "DeliveryContact.LanguageId", "de"},
		{"Greece's code of the tax office", "invisiblecollector-debtors", "invisiblecollector", "D-2023/01962", "country", "GR"},
		{"the last of three changes", "paysafe-wallets", "paysafe", "1000410299", "EMAIL", "second.change@example.com"},
		{"blanks and 00 of a number", "paysafe-wallets", "paysafe", "1000406972", "MOBILE", "+491713920021"},
		{"eight digits", "fan-out", "trackfinity", "00001705", "firstname", "Änne"},
		{"a lookup file", "fan-out", "cleverbridge", "S20500100", "BillingContact.SalutationId", "MS"},
	}
	servers := map[string]*sandbox.Sandbox{}
	for _, tt := range tests {
		t.Run(tt.sample+": "+tt.says, func(t *testing.T) {
			if servers[tt.sample] == nil {
				servers[tt.sample] = sendSample(t, tt.sample)
			}
			state, ok := servers[tt.sample].State(tt.provider, tt.id)
			if !ok || state[tt.field] != tt.value {
				t.Errorf("%s %s has %s = %q, want %q", tt.provider, tt.id, tt.field, state[tt.field], tt.value)
			}
		})
	}
}

// sendSample sends a sample to a sandbox of its own, whose state outlives it.
func sendSample(t *testing.T, name string) *sandbox.Sandbox {
	t.Helper()
	server, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	env := []string{"ROWPOST_RATE=cleverbridge=10000/s trackfinity=10000/s invisiblecollector=10000/s paysafe=10000/s"}
	for _, v := range server.Environment() {
		env = append(env, v.Name+"="+v.Value)
	}
	s := readSample(t, name)
	args := slices.Concat([]string{"run"}, s.args[2:], []string{"-o", filepath.Join(t.TempDir(), "result.csv")}, allInFlight("16"))
	if status, messages := rowpost(t, env, args...); status != s.status {
		t.Fatalf("exit status %d, want %d: %s", status, s.status, messages)
	}
	return server
}

// expectedLines gives the lines of a sample's expected result by column.
func expectedLines(t *testing.T, name string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samplesDir, name, "expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]map[string]string, 0, len(rows))
	for _, row := range rows[1:] {
		line := make(map[string]string, len(row))
		for i, cell := range row {
			line[rows[0][i]] = cell
		}
		lines = append(lines, line)
	}
	return lines
}

// TestSamplesShowEveryAnswer keeps the samples complete: who reads them meets each
// status of a finished run and each refusal that the APIs document.
func TestSamplesShowEveryAnswer(t *testing.T) {
	want := map[string][]string{ // by folder; what has to be in all of them together
		"": {
			"succeeded 200", "failed 200 refused", "failed 400", "failed 402", "failed 404", "failed 409", "failed 422",
			"invalid required", "invalid bad_value", "invalid bad_format", "invalid no_match", "invalid missing_group",
			"invalid reserved", "skipped", "succeeded 200 NOT_VERIFIED",
		},
		"fan-out": {
			"succeeded 200", "failed 404", "failed 409", "failed 422", "invalid required", "skipped",
			"by cleverbridge", "by trackfinity", "by invisiblecollector", "by paysafe",
		},
	}
	seen := map[string]bool{}
	for _, name := range sampleNames(t) {
		for _, line := range expectedLines(t, name) {
			status, http, code := line["rp_status"], line["rp_http_status"], line["rp_error_code"]
			if http == "401" {
				t.Errorf("%s: row %s met a 401, which is no row's fault", name, line["rp_row"])
			}
			for _, what := range []string{status, status + " " + http, status + " " + code, status + " " + http + " " + code, "by " + line["rp_provider"]} {
				seen["/"+what], seen[name+"/"+what] = true, true
			}
		}
	}
	for folder, all := range want {
		for _, what := range all {
			if !seen[folder+"/"+what] {
				t.Errorf("no line shows %q in samples/%s", what, folder)
			}
		}
	}
}

var (
	countClaim = regexp.MustCompile(`(?m)^\| (\w+) \| (\d+) \|$`)
	rowsClaim  = regexp.MustCompile(`(?m)^\| ([\d, ]+) \| .* \| ([^|]+) \|$`)
)

// TestSampleReadmes holds what a sample's README says of its rows against its expected
// result: how many lines have each status, and what became of the rows that it names.
func TestSampleReadmes(t *testing.T) {
	for _, name := range sampleNames(t) {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(samplesDir, name, "README.md"))
			if err != nil {
				t.Fatal(err)
			}
			lines := expectedLines(t, name)
			said := map[string]string{}
			for _, claim := range countClaim.FindAllStringSubmatch(string(text), -1) {
				said[claim[1]] = claim[2]
			}
			if diff := cmp.Diff(countStatuses(lines), said); diff != "" {
				t.Errorf("lines by status (-expected.csv +README.md):\n%s", diff)
			}
			claims := rowsClaim.FindAllStringSubmatch(string(text), -1)
			if len(claims) == 0 {
				t.Error("the README names no rows")
			}
			for _, claim := range claims {
				for row := range strings.SplitSeq(claim[1], ", ") {
					if !becameOf(lines, row, claim[2]) {
						t.Errorf("row %s is none of: %s", row, claim[2])
					}
				}
			}
		})
	}
}

func countStatuses(lines []map[string]string) map[string]string {
	counts := map[string]int{}
	for _, line := range lines {
		counts[line["rp_status"]]++
	}
	text := make(map[string]string, len(counts))
	for status, n := range counts {
		text[status] = strconv.Itoa(n)
	}
	return text
}

// becameOf says whether a row has a line that is what the README says: a status and
// perhaps an HTTP status or a code, or one of several of these, apart by semicolons.
func becameOf(lines []map[string]string, row, what string) bool {
	for one := range strings.SplitSeq(what, "; ") {
		words := strings.FieldsFunc(one, func(r rune) bool { return r == ' ' || r == ',' || r == '`' })
		for _, line := range lines {
			if line["rp_row"] == row && line["rp_status"] == words[0] && hasDetails(line, words[1:]) {
				return true
			}
		}
	}
	return false
}

// hasDetails checks the words of a claim that are an HTTP status or a code; what is
// neither explains and is not checked.
func hasDetails(line map[string]string, words []string) bool {
	isCode := regexp.MustCompile(`^(\d{3}|[a-z]+_[a-z]+|refused|required|reserved|[A-Z_]{3,})$`)
	for _, word := range words {
		if isCode.MatchString(word) && word != line["rp_http_status"] && word != line["rp_error_code"] {
			return false
		}
	}
	return true
}
