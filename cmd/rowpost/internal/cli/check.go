package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"rowpost/batch"
	"rowpost/providers"
)

const checkHelp = `Tries address and credentials of providers by a request that touches no customer:
of the named ones, of those in a mapping (-m), or of all that have any variable set.

Exit status:
  0  all were accepted
  1  the mapping cannot be read
  2  usage is wrong, or a variable is missing
  4  a provider refused the credentials or the address
  5  a provider cannot be reached
When several apply: 2, 4, 5.`

// checkFlags are the flags of `rowpost check`.
type checkFlags struct {
	mapping, envFile string
	timeout          time.Duration
	json             bool
}

func newCheck(p *Program) *cobra.Command {
	flags := &checkFlags{timeout: batch.DefaultOptions().Timeout}
	cmd := &cobra.Command{
		Use:               "check [PROVIDER...]",
		Short:             "try addresses and credentials without touching a customer",
		Long:              checkHelp,
		ValidArgsFunction: p.completeProviders,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.check(cmd.Context(), flags, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&flags.mapping, "mapping", "m", "", "check the providers of this mapping `FILE`")
	f.StringVar(&flags.envFile, "env-file", "", "read credentials from a dotenv `FILE`; the environment wins")
	f.Var(&value[time.Duration]{&flags.timeout, parseDuration, "30s", "DURATION"}, "timeout", "for one provider")
	f.BoolVar(&flags.json, "json", false, "as JSON")
	return cmd
}

// checkResult is what was found of one provider; the names of its fields are stable.
type checkResult struct {
	Provider string `json:"provider"`
	BaseURL  string `json:"base_url,omitempty"`
	// Result is accepted, missing, unusable, refused, unreachable or not_tried.
	Result     string `json:"result"`
	HTTPStatus int    `json:"http_status,omitempty"`
	Tried      string `json:"tried,omitempty"`
	Message    string `json:"message,omitempty"`
	status     int
}

func (p *Program) check(ctx context.Context, flags *checkFlags, names []string) error {
	vars, err := p.settings(flags.envFile)
	if err != nil {
		return err
	}
	chosen, err := p.toCheck(flags.mapping, names, vars)
	if err != nil {
		return err
	}
	var results []checkResult
	for _, provider := range chosen {
		results = append(results, checkOne(ctx, provider, vars, flags.timeout))
	}
	if flags.json {
		err = p.printJSON(results)
	} else {
		err = p.printChecks(results)
	}
	if err != nil {
		return err
	}
	return quietly(worstCheck(results))
}

// toCheck chooses the providers: the named ones, the mapping's, or those that
// somebody has set a variable for.
func (p *Program) toCheck(mappingFile string, names []string, vars *settings) ([]providers.Provider, error) {
	if mappingFile != "" {
		l := &load{opts: &options{mapping: mappingFile}}
		if err := l.readMapping(p); err != nil {
			return nil, err
		}
		for _, r := range l.mapping.Requests {
			name := r.Provider
			if at := slices.IndexFunc(l.roster.files, func(f providerFile) bool { return f.named == name }); at >= 0 {
				name = l.roster.files[at].path
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return p.configured(vars)
	}
	var out []providers.Provider
	for _, name := range names {
		provider, err := p.named(name)
		if err != nil {
			return nil, err
		}
		out = append(out, provider)
	}
	return out, nil
}

func (p *Program) configured(vars *settings) ([]providers.Provider, error) {
	var out []providers.Provider
	for _, provider := range p.Providers {
		d := provider.Describe()
		if vars.anySet(d) {
			out = append(out, provider)
		}
	}
	if len(out) == 0 {
		return nil, fail(statusUsage, "no provider has a variable set, so there is nothing to try").
			hint("rowpost providers NAME lists the variables; rowpost check NAME says which are missing")
	}
	return out, nil
}

func checkOne(ctx context.Context, provider providers.Provider, vars *settings, timeout time.Duration) checkResult {
	d := provider.Describe()
	a := vars.account(d, d.Limit)
	r := checkResult{Provider: d.Name, BaseURL: a.BaseURL}
	if failure := accountsFailure([]string{d.Name}, map[string]account{d.Name: a}); failure != nil {
		r.Result, r.status, r.Message = "missing", statusUsage, failure.Error()
		if len(a.wrong) > 0 {
			r.Result = "unusable"
		}
		return r
	}
	opts := batch.DefaultOptions()
	opts.Timeout, opts.UserAgent = timeout, "rowpost/"+version()
	c, err := batch.Check(ctx, provider, a.Account, opts)
	r.HTTPStatus, r.Tried = c.Status, c.Tried
	switch {
	case err != nil:
		r.Result, r.status, r.Message = "unusable", statusUsage, err.Error()
	case c.Stop == nil && d.Check == nil:
		r.Result = "not_tried"
	case c.Stop == nil:
		r.Result = "accepted"
	case c.Stop.Kind == batch.Unavailable:
		r.Result, r.status, r.Message = "unreachable", statusLater, c.Stop.Message
	default:
		r.Result, r.status, r.Message = "refused", statusAct, c.Stop.Message
	}
	return r
}

func (p *Program) printChecks(results []checkResult) error {
	c := newColumns("provider", "result", "address", "")
	for _, r := range results {
		c.row(r.Provider, r.Result, r.BaseURL, words(r.Message, when(r.Message == "", r.Tried)))
	}
	if err := c.print(p.Stdout, ""); err != nil {
		return fmt.Errorf("standard output cannot be written: %w", err)
	}
	return nil
}

// worstCheck gives the strongest status: what is missing first, since nothing was
// tried then.
func worstCheck(results []checkResult) int {
	for _, status := range []int{statusUsage, statusAct, statusLater} {
		if slices.ContainsFunc(results, func(r checkResult) bool { return r.status == status }) {
			return status
		}
	}
	return statusOK
}
