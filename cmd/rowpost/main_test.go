package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rowpost/cmd/rowpost/internal/proof"
	"rowpost/providers/sandbox"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in the scripts")

func TestMain(m *testing.M) {
	if os.Getenv(proof.SinkVariable) != "" {
		proof.SinkMain()
		return
	}
	if job := os.Getenv(proof.BareVariable); job != "" {
		proof.BareMain(context.Background(), job) //nolint:forbidigo // this process is no test
		return
	}
	testscript.Main(withBinary{m}, map[string]func(){"rowpost": main})
}

// TestScripts runs the real command. Each script has a sandbox of its own, which its
// environment points at, and which counts what it receives.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return setup(t.Context(), env) },
		Condition:           func(name string) (bool, error) { return condition(t.Context(), name) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"acme":     cmdAcme,
			"status":   cmdStatus,
			"received": cmdReceived,
			"arrived":  cmdArrived,
			"hold":     cmdHold,
			"await":    cmdAwait,
			"column":   cmdColumn,
		},
	})
}

type sandboxKey struct{}

func setup(ctx context.Context, env *testscript.Env) error {
	s, err := sandbox.Start(context.WithoutCancel(ctx), sandbox.Options{})
	if err != nil {
		return err
	}
	env.Defer(func() {
		if err := s.Close(); err != nil {
			env.T().Fatal(err)
		}
	})
	env.Values[sandboxKey{}] = s
	for _, v := range s.Environment() {
		env.Setenv(v.Name, v.Value)
	}
	env.Setenv("HOME", env.WorkDir+"/home")
	return nil
}

// condition knows tmpfs: whether a disk of a few bytes can be mounted for a command.
func condition(ctx context.Context, name string) (bool, error) {
	if name != "tmpfs" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	return exec.CommandContext(ctx, "unshare", "-rm", "mount", "-t", "tmpfs", "none", os.TempDir()).Run() == nil, nil
}

// cmdStatus runs a command and checks its exit status: status 3 rowpost run ...
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// cmdReceived checks how many requests for rows a provider's simulation received:
// received paysafe 3. Tokens do not count.
func cmdReceived(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: received PROVIDER|all N")
	}
	if got := received(ts, args[0]); strconv.Itoa(got) != args[1] {
		ts.Fatalf("%s received %d requests, want %s", args[0], got, args[1])
	}
}

func received(ts *testscript.TestScript, provider string) int {
	s := ts.Value(sandboxKey{}).(*sandbox.Sandbox)
	names := []string{provider}
	if provider == "all" {
		names = []string{"cleverbridge", "trackfinity", "invisiblecollector", "paysafe"}
	}
	n := 0
	for _, name := range names {
		n += s.Stats(name).Calls
	}
	return n
}

// cmdArrived waits until a provider's simulation has received so many requests:
// arrived paysafe 1.
func cmdArrived(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: arrived PROVIDER N")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if !poll(func() bool { return received(ts, args[0]) >= want }) {
		ts.Fatalf("%s received %d requests, want %d", args[0], received(ts, args[0]), want)
	}
}

// cmdHold makes the next request to a provider wait for its answer until the script
// ends: hold paysafe.
func cmdHold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold PROVIDER")
	}
	release := make(chan struct{})
	ts.Defer(func() { close(release) })
	ts.Value(sandboxKey{}).(*sandbox.Sandbox).Script(args[0], "", sandbox.Answer{Hold: release})
}

// poll asks again and again, and gives up after a time that no test should need.
func poll(done func() bool) bool {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(10 * time.Second)
	for !done() {
		select {
		case <-ticker.C:
		case <-limit:
			return false
		}
	}
	return true
}

// cmdAwait waits until a file holds a text: await FILE TEXT.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE TEXT")
	}
	holds := func() bool {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && strings.Contains(string(data), args[1])
	}
	if !poll(holds) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
}

// cmdColumn writes columns of a CSV file to another file, a row a line:
// column FILE TO NAME...
func cmdColumn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: column FILE TO NAME...")
	}
	text, err := columnsOf(ts.ReadFile(args[0]), args[2:])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}
