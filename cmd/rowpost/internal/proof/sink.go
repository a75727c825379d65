package proof

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// SinkVariable tells a TestMain, where it is set, to call [SinkMain] instead of its tests.
const SinkVariable = "ROWPOST_PROOF_SINK"

// Sink is the providers as one server that confirms every request at once, with next to no
// work: it is there to be faster than what is measured, and to count. It is a process of
// its own, so that its work is not the client's, and keeps one bit of memory for each row.
type Sink struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	url string
}

// StartSink starts a sink, by running this test binary again: its TestMain has to call
// [SinkMain] where [SinkVariable] is set. The caller closes it.
func StartSink(ctx context.Context) (*Sink, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &Sink{cmd: exec.CommandContext(ctx, path)}
	s.cmd.Env, s.cmd.Stderr = append(os.Environ(), SinkVariable+"=1"), os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if _, err := fmt.Fscanln(s.out, &s.url); err != nil {
		return nil, errors.Join(fmt.Errorf("the sink did not start: %w", err), s.Close())
	}
	return s, nil
}

// URL is the base URL of a provider at the sink.
func (s *Sink) URL(provider string) string { return s.url + "/" + provider }

// Seen is what a sink was asked so far.
type Seen struct {
	Requests int           // tokens do not count
	Rows     int           // of these, different ones, by the first number behind "row-"
	CPU      time.Duration // of the sink's process; 0 where the system does not tell
}

// Latency makes the sink wait before each answer.
func (s *Sink) Latency(d time.Duration) error { return s.do("latency", int(d)) }

// Hold makes all requests but the first n from now on wait until [Sink.Release].
func (s *Sink) Hold(n int) error { return s.do("hold", n) }

// Release answers what waits, and holds nothing any more.
func (s *Sink) Release() error { return s.do("release", 0) }

// Forget begins to count anew.
func (s *Sink) Forget() error { return s.do("forget", 0) }

// Await returns when at least n requests have come.
func (s *Sink) Await(n int) error { return s.do("await", n) }

// Left returns when no client is connected any more, and what the last ones had sent was counted.
func (s *Sink) Left() error { return s.do("left", 0) }

// Seen tells what has come.
func (s *Sink) Seen() (Seen, error) { return s.ask("seen", 0) }

func (s *Sink) do(command string, n int) error {
	_, err := s.ask(command, n)
	return err
}

func (s *Sink) ask(command string, n int) (seen Seen, err error) {
	if _, err = fmt.Fprintln(s.in, command, n); err == nil {
		_, err = fmt.Fscanln(s.out, &seen.Requests, &seen.Rows, &seen.CPU)
	}
	if err != nil {
		return seen, fmt.Errorf("the sink does not answer: %w", err)
	}
	return seen, nil
}

// Close ends the sink.
func (s *Sink) Close() error { return errors.Join(s.in.Close(), s.cmd.Wait()) }
