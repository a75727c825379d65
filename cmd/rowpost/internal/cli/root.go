package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rowpost/providers"
)

const rootHelp = `Imports a CSV table or an Excel workbook through the APIs of SaaS providers: turns
each row into requests by a column-mapping file, sends them under each provider's
rate limit, and writes what became of every row to a result file.

Every flag can be given as ROWPOST_<FLAG> in the environment, as
ROWPOST_MAX_WAIT=5m; the values of repeatable ones are separated by blanks.`

const rootExample = `  rowpost plan -m map.yaml customers.csv           check every row, send nothing
  rowpost run  -m map.yaml customers.csv --sandbox try it against simulated providers
  rowpost run  -m map.yaml customers.csv           send it`

func newRoot(p *Program) *cobra.Command {
	root := &cobra.Command{
		Use:               "rowpost",
		Short:             "import a CSV table or an Excel workbook through the APIs of SaaS providers",
		Long:              rootHelp,
		Example:           rootExample,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              p.noSuchCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return p.flagsFromEnvironment(cmd.Flags()) },
	}
	root.SetArgs(p.Args)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(p.flagFailure)
	root.SetUsageFunc(usage)
	root.AddCommand(newRun(p), newPlan(p), newCheck(p), newProviders(p), newInit(p), newSandbox(p), newVersion(p))
	root.AddCommand(newRuns(p), newResolve(p), newVerify(p))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(p.Args...)
	p.adaptBuiltIn(root)
	return root
}

// adaptBuiltIn gives the library's own commands the words and the exit statuses of the
// others.
func (p *Program) adaptBuiltIn(root *cobra.Command) {
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Short = "tell about the program or a command"
			help := c.Run
			c.Run = nil
			c.RunE = func(cmd *cobra.Command, args []string) error {
				if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
					return p.noSuchCommand(root, args)
				}
				help(cmd, args)
				return nil
			}
		case "completion":
			c.Short = "print a completion script for a shell"
			c.Long = "Prints a completion script for a shell; the help of each shell says where it goes."
			for _, shell := range c.Commands() {
				shell.Short = "print the script for " + shell.Name()
			}
			c.Args = cobra.ArbitraryArgs
			c.RunE = func(cmd *cobra.Command, args []string) error {
				f := fail(statusUsage, "which shell?")
				if len(args) > 0 {
					f = fail(statusUsage, "unknown shell %q%s", args[0], didYouMean(args[0], commandNames(cmd)))
				}
				return f.hint("there are %s", strings.Join(commandNames(cmd), ", "))
			}
		}
	}
}

// noSuchCommand refuses a word that is no command.
func (p *Program) noSuchCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	f := fail(statusUsage, "unknown command %q%s", args[0], didYouMean(args[0], commandNames(root)))
	return f.hint("rowpost help lists the commands")
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// flagFailure puts what is wrong with a flag in this program's words.
func (p *Program) flagFailure(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if cmd == cmd.Root() && len(p.Args) > 0 && !strings.HasPrefix(p.Args[0], "-") {
		return p.noSuchCommand(cmd, p.Args[:1])
	}
	var f *failure
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		f = unknownFlag(cmd, unknown)
	} else if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f = fail(statusUsage, "--%s %q: %s", invalid.GetFlag().Name, invalid.GetValue(), flagReason(invalid))
	} else {
		f = fail(statusUsage, "%s", err)
	}
	return f.hint("%s --help lists the flags", cmd.CommandPath())
}

func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) *failure {
	if e.GetSpecifiedShortnames() != "" {
		return fail(statusUsage, "unknown flag -%s", e.GetSpecifiedName())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	name := "--" + e.GetSpecifiedName()
	return fail(statusUsage, "unknown flag %s%s", name, didYouMean(name, names))
}

// flagReason is why a value is refused; of the flag library's own parsers only the
// one of switches is in use.
func flagReason(e *pflag.InvalidValueError) string {
	if e.GetFlag().Value.Type() == "bool" {
		return "use true or false"
	}
	return e.Unwrap().Error()
}

// flagsFromEnvironment sets each flag that the command line leaves out from its
// variable, ROWPOST_<FLAG>.
func (p *Program) flagsFromEnvironment(flags *pflag.FlagSet) error {
	f := &failure{status: statusUsage}
	flags.VisitAll(func(flag *pflag.Flag) {
		name := flagVariable(flag.Name)
		text, set := p.Env[name]
		if !set || text == "" || flag.Changed || flag.Name == "help" {
			return
		}
		words := []string{text}
		if _, repeatable := flag.Value.(*listed); repeatable {
			words = strings.Fields(text)
		}
		for _, word := range words {
			if err := flags.Set(flag.Name, word); err != nil {
				reason := err.Error()
				if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
					reason = flagReason(invalid)
				}
				f.messages = append(f.messages, fmt.Sprintf("the variable %s=%q: %s", name, word, reason))
			}
		}
	})
	if len(f.messages) > 0 {
		return f
	}
	return nil
}

func flagVariable(flag string) string {
	return "ROWPOST_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// provider finds a provider by its name.
func (p *Program) provider(name string) (providers.Provider, error) {
	var names []string
	for _, candidate := range p.Providers {
		n := candidate.Describe().Name
		if n == name {
			return candidate, nil
		}
		names = append(names, n)
	}
	return nil, fmt.Errorf("unknown provider %q%s; there are %s", name, didYouMean(name, names), strings.Join(names, ", "))
}

// oneInput is the argument check of commands that read one table.
func oneInput(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return fail(statusUsage, "no INPUT is given: name the table to read").
			hint("%s -m MAPPING INPUT", cmd.CommandPath())
	case len(args) > 1:
		return fail(statusUsage, "%d tables are given, and one is read at a time", len(args)).
			hint("quote a name that contains blanks")
	}
	return nil
}
