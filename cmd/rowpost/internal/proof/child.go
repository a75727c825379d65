package proof

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Child is how the binary is started.
type Child struct {
	// Command is the binary and, for a tracer, what stands before it.
	Command []string
	Env     []string
	Dir     string
	// Signal, if not nil, is sent when the context ends, instead of killing: the child may
	// then end by itself.
	Signal os.Signal
}

// End is how a start of the binary ended.
type End struct {
	Killed bool // by force; else Status is its exit status
	Status int
	Out    string // standard output
	Err    string // standard error
	Took   time.Duration
}

// String tells it for a failed test.
func (e *End) String() string {
	if e.Killed {
		return fmt.Sprintf("killed after %v", e.Took)
	}
	return fmt.Sprintf("exit status %d after %v\n%s%s", e.Status, e.Took, e.Out, e.Err)
}

// Run starts the binary and waits for its end. When ctx ends, the binary and all that it
// started are killed at once, or get the signal. An error means that it could not be started.
func (c *Child) Run(ctx context.Context, args ...string) (*End, error) {
	cmd, out := c.command(ctx, args)
	began := time.Now()
	err := cmd.Run()
	end := &End{Out: out[0].String(), Err: out[1].String(), Took: time.Since(began)}
	switch {
	case cmd.ProcessState != nil:
		end.Status = cmd.ProcessState.ExitCode()
		end.Killed = end.Status < 0
	case ctx.Err() != nil:
		end.Killed = true // before it was there
	default:
		return nil, fmt.Errorf("%s: %w", strings.Join(c.Command, " "), err)
	}
	return end, nil
}

func (c *Child) command(ctx context.Context, args []string) (*exec.Cmd, *[2]bytes.Buffer) {
	all := append(append([]string(nil), c.Command...), args...)
	cmd := exec.CommandContext(ctx, all[0], all[1:]...)
	cmd.Env, cmd.Dir = c.Env, c.Dir
	out := &[2]bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = &out[0], &out[1]
	ownGroup(cmd)
	if c.Signal != nil {
		cmd.Cancel = func() error { return cmd.Process.Signal(c.Signal) }
	}
	// Grandchildren that outlive a kill would hold the pipes open, and a signal may be ignored.
	cmd.WaitDelay = 10 * time.Second
	return cmd, out
}
