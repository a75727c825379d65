package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// complete tells the shell which words fit behind the flags.
func (o *options) complete(p *Program, cmd *cobra.Command) {
	withEquals := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		names := p.providerNames()
		for i := range names {
			names[i] += "="
		}
		return names, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
	for flag, complete := range map[string]cobra.CompletionFunc{
		"rate":       withEquals,
		"in-flight":  withEquals,
		"mapping":    cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt),
		"http":       cobra.FixedCompletions([]string{"lean", "net"}, cobra.ShellCompDirectiveNoFileComp),
		"log-format": cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp),
		"state":      cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		"ok-if":      completeStatuses,
	} {
		if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag is declared a few lines before
		}
	}
	cmd.ValidArgsFunction = cobra.FixedCompletions([]string{"csv", "tsv", "txt"}, cobra.ShellCompDirectiveFilterFileExt)
}

func completeStatuses(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, s := range statuses() {
		out = append(out, string(s))
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

func (p *Program) providerNames() []string {
	names := make([]string, 0, len(p.Providers))
	for _, provider := range p.Providers {
		names = append(names, provider.Describe().Name)
	}
	return names
}

func (p *Program) completeProviders(_ *cobra.Command, _ []string, start string) ([]string, cobra.ShellCompDirective) {
	if isProviderFile(start) {
		return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	}
	var out []string
	for _, provider := range p.Providers {
		if d := provider.Describe(); strings.HasPrefix(d.Name, start) {
			out = append(out, d.Name+"\t"+d.Title)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (p *Program) completeOneProvider(cmd *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return p.completeProviders(cmd, args, start)
}
