package proof

import (
	"encoding/base64"
	"flag"
	"os"
	"strings"
	"testing"
)

var suiteOutput = flag.String("suite-output", "", "TestSuiteOutput: the `FILE` with what the whole test suite printed, by -v or -json")

// TestSuiteOutput searches what a run of all tests printed for the credentials that tests use.
func TestSuiteOutput(t *testing.T) {
	if *suiteOutput == "" {
		t.Log("only with -suite-output")
		return
	}
	credentials, err := Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(*suiteOutput)
	if err != nil {
		t.Fatal(err)
	}
	found, lines, err := SearchOutput(f, credentials)
	if err != nil || lines == 0 || f.Close() != nil {
		t.Errorf("%d lines searched: %v", lines, err)
	}
	for _, what := range found {
		t.Error(what)
	}
	t.Logf("%d credentials were searched for in %d lines", len(credentials), lines)
}

func TestSearchOutput(t *testing.T) {
	names, err := Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 5 {
		t.Fatalf("only %d credentials are known", len(names))
	}
	header := base64.StdEncoding.EncodeToString([]byte("user:pass-" + marker + "!"))
	for name, row := range map[string]struct {
		line string
		want bool
	}{
		"a token in a failed test":      {"    x_test.go:7: got " + names["INVISIBLECOLLECTOR_TOKEN"], true},
		"a header in base64":            {"Authorization: Basic " + header, true},
		"an event of go test -json":     {`{"Action":"output","Package":"p","Test":"T","Output":"key ` + names["TRACKFINITY_API_KEY"] + `\n"}`, true},
		"a script's own command":        {"        > ! stdout " + marker, false},
		"a script's environment":        {"        TRACKFINITY_API_KEY=" + names["TRACKFINITY_API_KEY"], false},
		"a user's name is no secret":    {"CLEVERBRIDGE_USERNAME is sandbox-user", false},
		"the name of a secret variable": {"invisiblecollector: not set: INVISIBLECOLLECTOR_TOKEN", false},
	} {
		t.Run(name, func(t *testing.T) {
			found, lines, err := SearchOutput(strings.NewReader(row.line+"\n"), names)
			if err != nil || lines != 1 || (len(found) > 0) != row.want {
				t.Errorf("found %v in %d lines, %v", found, lines, err)
			}
		})
	}
}
