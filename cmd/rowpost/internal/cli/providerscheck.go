package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"rowpost/providers/conformance"
	"rowpost/providers/declared"
)

const providersCheckHelp = `Reads a file that describes a provider, and examines it as every provider is
examined that is built in: requests carry what a record says, whatever its texts;
no answer but the declared ones is taken for a success; redirects, waits and the
statuses mean what they mean everywhere. Nothing is sent.

Exit status:
  0  all is well
  2  something is wrong: with the file, at the line and column that is said, or
     with what it makes`

func newProvidersCheck(p *Program) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "examine a provider that a file describes",
		Long:  providersCheckHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fail(statusUsage, "%s takes one file, and %d are given", cmd.CommandPath(), len(args))
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE: func(_ *cobra.Command, args []string) error {
			provider, err := p.readProvider(args[0])
			if err != nil {
				return err
			}
			return p.examine(args[0], provider, asJSON)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// examination is one thing that was looked at; the names of its fields are stable.
type examination struct {
	Operation string   `json:"operation,omitempty"` // empty: the provider as a whole
	Subject   string   `json:"subject"`
	Problems  []string `json:"problems"`
}

// problemsShown is how many of one examination are told: the rest is mostly the same again.
const problemsShown = 5

// report collects problems for an examination.
func (e *examination) report(format string, args ...any) {
	e.Problems = append(e.Problems, fmt.Sprintf(format, args...))
}

func examineAll(provider *declared.Provider) []examination {
	all := []examination{{Subject: "description", Problems: []string{}}}
	conformance.Description(provider, all[0].report)
	for _, s := range provider.Samples() {
		subject := &conformance.Subject{
			Provider: provider.Describe(), Operation: s.Operation, Sent: s.Record, Success: s.Answer,
			Confirming: s.Confirming, Statuses: s.Statuses,
			Travels: conformance.Travels{Constants: s.Constants, Names: s.Names, Headers: s.Headers},
		}
		for _, part := range []struct {
			name    string
			examine func(conformance.Report)
		}{
			{"description", subject.Description},
			{"requests carry any text, or refuse it", subject.NaughtyTexts},
			{"requests never mix rows", subject.Independence},
			{"statuses", subject.ReadStatuses},
			{"no false success", subject.NoFalseSuccess},
			{"redirects", subject.Redirects},
			{"waits", subject.Waits},
		} {
			e := examination{Operation: s.Operation.Describe().Name, Subject: part.name, Problems: []string{}}
			part.examine(e.report)
			all = append(all, e)
		}
	}
	return all
}

// examine tells what was examined, and fails if anything was found.
func (p *Program) examine(path string, provider *declared.Provider, asJSON bool) error {
	all := examineAll(provider)
	f := &failure{status: statusUsage}
	for _, e := range all {
		for i, problem := range e.Problems {
			if i == problemsShown {
				f.messages = append(f.messages, fmt.Sprintf("%s: %s: and %d more", path, e.title(), len(e.Problems)-i))
				break
			}
			f.messages = append(f.messages, fmt.Sprintf("%s: %s: %s", path, e.title(), problem))
		}
	}
	if asJSON {
		if err := p.printJSON(all); err != nil {
			return err
		}
	} else if err := p.printExaminations(all); err != nil {
		return err
	}
	if len(f.messages) > 0 {
		return f
	}
	return nil
}

func (e *examination) title() string { return words(e.Operation, e.Subject) }

func (p *Program) printExaminations(all []examination) error {
	c := newColumns("operation", "examined", "found")
	for _, e := range all {
		found := "well"
		if n := len(e.Problems); n > 0 {
			found = plural(n, "problem", "problems")
		}
		c.row(e.Operation, e.Subject, found)
	}
	if err := c.print(p.Stdout, ""); err != nil {
		return fail(statusBroken, "standard output cannot be written: %s", err)
	}
	return nil
}
