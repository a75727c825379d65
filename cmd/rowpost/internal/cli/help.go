package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is where the help breaks lines.
const helpWidth = 80

// usage prints what follows a command's description in its help: how it is called,
// examples, commands and flags.
func usage(cmd *cobra.Command) error {
	var b strings.Builder
	// A command with commands below it does something itself only if it takes an argument.
	alone := !cmd.HasAvailableSubCommands() || strings.Contains(cmd.Use, " ")
	b.WriteString("Usage:\n")
	if alone {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND [flags]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				fmt.Fprintf(&b, "  %-11s %s\n", c.Name(), c.Short)
			}
		}
	}
	if flags := flagHelp(cmd.LocalFlags()); flags != "" && alone {
		fmt.Fprintf(&b, "\nFlags:\n%s", flags)
	}
	if cmd.HasAvailableSubCommands() {
		program, path, _ := strings.Cut(cmd.CommandPath(), " ")
		fmt.Fprintf(&b, "\n%s COMMAND tells more about one\n", strings.TrimSpace(program+" help "+path))
	}
	_, err := fmt.Fprint(cmd.OutOrStderr(), b.String())
	return err
}

// flagHelp lists flags, each with its meaning beside it, and its default unless that
// is nothing.
func flagHelp(flags *pflag.FlagSet) string {
	type entry struct{ left, right string }
	var entries []entry
	width := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, meaning := pflag.UnquoteUsage(f)
		left := "    --" + f.Name
		if f.Shorthand != "" {
			left = "-" + f.Shorthand + ", --" + f.Name
		}
		if f.Value.Type() != "bool" {
			left += " " + kind
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
			meaning += " (default: " + f.DefValue + ")"
		}
		entries = append(entries, entry{left, meaning})
		width = max(width, len(left))
	})
	var b strings.Builder
	for _, e := range entries {
		for i, part := range wrap(e.right, helpWidth-width-4) {
			if i > 0 {
				e.left = ""
			}
			fmt.Fprintf(&b, "  %-*s  %s\n", width, e.left, part)
		}
	}
	return b.String()
}

// wrap breaks a text between words; a word that is too long keeps its line.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
