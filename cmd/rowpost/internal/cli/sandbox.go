package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rowpost/providers"
	"rowpost/providers/declared"
	"rowpost/providers/sandbox"
)

const sandboxHelp = `Serves the simulated providers on a loopback address until it is interrupted,
and prints the environment variables that point at them:

  rowpost sandbox --env-file sandbox.env &
  rowpost run -m map.yaml customers.csv --env-file sandbox.env

With --provider FILE it serves an API too that is described in a file, by what the
file says. Nothing leaves the machine. What the simulations know and refuse is said on
standard error when they start.`

// sandboxPace is the pace of a lane to the sandbox, unless --rate says otherwise: fast,
// and slow enough to be watched.
func sandboxPace() providers.Window { return providers.Window{N: 200, Per: time.Second} }

// sandboxFlags are the flags of `rowpost sandbox`.
type sandboxFlags struct {
	options sandbox.Options
	envFile string
	files   []string // that describe providers
}

func newSandbox(p *Program) *cobra.Command {
	flags := &sandboxFlags{}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "serve simulated providers on a loopback address",
		Long:  sandboxHelp,
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.sandbox(cmd.Context(), flags) },
	}
	f, o := cmd.Flags(), &flags.options
	f.SortFlags = false
	f.StringVar(&o.Addr, "addr", "127.0.0.1:0", "loopback `ADDRESS` and port; port 0: a free one")
	f.StringVar(&flags.envFile, "env-file", "", "write the variables to `FILE` (dotenv, mode 0600) instead of printing them")
	f.VarP(&listed{&flags.files, nil, "FILE"}, "provider", "p", "also serve the provider that this file describes; repeatable")
	f.Uint64Var(&o.Seed, "seed", 0, "`NUMBER` that decides latency and faults: equal seeds, equal answers")
	f.Var(&value[time.Duration]{&o.Latency, parseDuration, "", "DURATION"}, "latency", "mean time to an answer (default: none)")
	f.Var(&value[sandbox.Faults]{&o.Faults, parseFaults, "", "LIST"}, "faults", "shares of requests that fail by chance: "+strings.Join(faultNames(), ", ")+", as 429=1%,reset=0.5%")
	f.BoolVar(&o.Limits, "limits", false, "enforce the published limits, with 429 above them")
	return cmd
}

// faultNames are the words of --faults.
func faultNames() []string {
	return []string{"429", "503", "500", "refuse", "reset", "truncate", "slow"}
}

// parseFaults reads a list of NAME=SHARE, each share in per cent.
func parseFaults(text string) (sandbox.Faults, error) {
	var f sandbox.Faults
	places := map[string]*float64{
		"429": &f.TooMany, "503": &f.Unavailable, "500": &f.ServerError, "refuse": &f.ResetBefore,
		"reset": &f.ResetAfter, "truncate": &f.Truncated, "slow": &f.Slow,
	}
	for part := range strings.SplitSeq(text, ",") {
		name, share, _ := strings.Cut(strings.TrimSpace(part), "=")
		place := places[name]
		if place == nil {
			return f, fmt.Errorf("unknown fault %q%s; there are %s", name, didYouMean(name, faultNames()), strings.Join(faultNames(), ", "))
		}
		number, percent := strings.CutSuffix(share, "%")
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || !percent || !(n >= 0 && n <= 100) {
			return f, fmt.Errorf("%s: write the share as 1%% or 0.5%%", name)
		}
		*place = n / 100
	}
	return f, nil
}

// sandbox serves until it is interrupted, which is its regular end.
func (p *Program) sandbox(ctx context.Context, flags *sandboxFlags) error {
	ctx, stop := signal.NotifyContext(ctx, endSignals()...)
	defer stop()
	for _, path := range flags.files {
		provider, err := p.readProvider(path)
		if err != nil {
			return err
		}
		flags.options.Declared = append(flags.options.Declared, provider)
	}
	s, err := sandbox.Start(ctx, flags.options)
	if _, wrong := errors.AsType[*sandbox.OptionError](err); wrong {
		return fail(statusUsage, "%s", err)
	}
	if err != nil {
		return fail(statusBroken, "%s", err)
	}
	err = p.announce(s, flags.envFile)
	if err == nil {
		<-ctx.Done()
	}
	if closeErr := s.Close(); err == nil && closeErr != nil {
		err = fail(statusBroken, "%s", closeErr)
	}
	return err
}

// announce says where the sandbox is, and by what rules it plays.
func (p *Program) announce(s *sandbox.Sandbox, envFile string) error {
	p.say("the sandbox serves on %s until it is interrupted; its rules:", s.URL(""))
	for _, rule := range sandbox.Rules() {
		p.say("  %s", rule)
	}
	var lines strings.Builder
	for _, v := range s.Environment() {
		if envFile == "" {
			lines.WriteString("export ")
		}
		fmt.Fprintf(&lines, "%s=%s\n", v.Name, shellQuote(v.Value))
	}
	if envFile == "" {
		_, err := fmt.Fprint(p.Stdout, lines.String())
		return err
	}
	if !isSandboxFile(envFile) {
		return fail(statusUsage, "%s: is there already, and is no file that rowpost sandbox wrote, so it is not overwritten", envFile).hint("name another file with --env-file")
	}
	if err := writePrivate(envFile, sandboxMark+lines.String()); err != nil {
		return fileFailure(statusBroken, envFile, err)
	}
	p.say("the variables are in %s: rowpost run -m MAPPING INPUT --env-file %s", envFile, envFile)
	return nil
}

// sandboxMark begins each file that the sandbox writes.
const sandboxMark = "# rowpost sandbox: credentials of the simulated providers\n"

// isSandboxFile says whether a file may be written: it is not there, or an earlier
// sandbox wrote it. Real credentials have the same form, and must not be lost.
func isSandboxFile(path string) bool {
	content, err := os.ReadFile(path)
	return err != nil || strings.HasPrefix(string(content), sandboxMark)
}

// writePrivate writes a file that only its owner can read, also where it existed
// before with other rights.
func writePrivate(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = f.Chmod(0o600)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// shellQuote makes a word that a POSIX shell and a dotenv file read as the text.
func shellQuote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/:-@", r)
	}
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// startSandbox serves the simulated providers in this process, and those that files
// describe. It gives the variables that point at them, and what ends it.
func startSandbox(ctx context.Context, files []*declared.Provider) (map[string]string, func() error, error) {
	// Nobody asks a run's own sandbox what was applied: it need not remember it.
	s, err := sandbox.Start(ctx, sandbox.Options{Keep: -1, Declared: files})
	if err != nil {
		return nil, nil, fail(statusBroken, "%s", err)
	}
	vars := map[string]string{}
	for _, v := range s.Environment() {
		vars[v.Name] = v.Value
	}
	return vars, s.Close, nil
}
