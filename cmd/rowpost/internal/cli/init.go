package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rowpost/batch/result"
	"rowpost/mapping"
)

const initHelp = `Drafts a mapping file for a table: matches its columns to the fields of a
provider's operation, by their names in several languages and by what the cells
look like, and proposes the transforms that the cells need. It sends nothing.

The draft says in comments what it is not sure of, what is required and was not
found, and which columns nothing reads. Words of columns of codes (as of a
salutation) stand in it; no other cells do. INPUT is what run reads; - is standard
input, and needs -o.

PROVIDER is a provider's name, or the file of one, for its default operation, or
PROVIDER/OPERATION. Given several times, each row makes several requests.

Exit status:
  0  the draft was written
  1  the input cannot be read, or the draft cannot be written
  2  usage or table is wrong, no column looks like a field of the provider, or
     the mapping file exists already`

const initExample = `  rowpost init -p cleverbridge customers.csv
  rowpost init -p trackfinity -p paysafe/update_contact_info customers.csv -o map.yaml
  rowpost init -p ./acme.yaml/update_contact customers.csv`

// initFlags are the flags of `rowpost init`.
type initFlags struct {
	providers []string
	out       string
}

func newInit(p *Program) *cobra.Command {
	flags := &initFlags{}
	cmd := &cobra.Command{
		Use:     "init -p PROVIDER INPUT [-o MAPPING]",
		Short:   "draft a mapping file for a table",
		Long:    initHelp,
		Example: initExample,
		Args:    oneTable,
		RunE:    func(_ *cobra.Command, args []string) error { return p.init(flags, args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.add(p, f)
	if err := cmd.RegisterFlagCompletionFunc("provider", p.completeOperations); err != nil {
		panic(err) // the flag is declared a few lines before
	}
	cmd.ValidArgsFunction = cobra.FixedCompletions([]string{"csv", "tsv", "txt", "xlsx", "gz", "zst"}, cobra.ShellCompDirectiveFilterFileExt)
	return cmd
}

func (i *initFlags) add(p *Program, f *pflag.FlagSet) {
	check := func(word string) error { _, err := p.target(word); return err }
	f.VarP(&listed{&i.providers, check, "PROVIDER[/OPERATION]"}, "provider", "p", "whose fields the columns become; repeatable")
	f.StringVarP(&i.out, "out", "o", "", "the mapping `FILE` to write, which must not exist; - for standard output (default: INPUT without its endings + .yaml, beside it)")
}

// oneTable is oneInput in the words of a command that has no mapping yet.
func oneTable(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fail(statusUsage, "no INPUT is given: name the table to draft a mapping for").
			hint("%s -p PROVIDER INPUT", cmd.CommandPath())
	}
	return oneInput(cmd, args)
}

// init does what `rowpost init` promises.
func (p *Program) init(flags *initFlags, input string) error {
	targets, err := p.initTargets(flags.providers)
	if err != nil {
		return err
	}
	out, err := initOutput(flags.out, input)
	if err != nil {
		return err
	}
	if err = relate(targets, out); err != nil {
		return err
	}
	l := newLoad(&options{}, input)
	defer l.close(p)
	if err = l.takeStandardInput(p); err != nil {
		return err
	}
	d, facts, header, err := l.draftOf(targets)
	if err != nil {
		return err
	}
	if len(d.Requests) == 0 {
		return fail(statusUsage, "%s: no column looks like a field of %s", l.input, strings.Join(d.Strange, " or ")).
			hint("rowpost providers NAME lists the fields; is it the right table, and is there a header in its first lines?")
	}
	report := p.Stdout
	if out == stdStream {
		report = p.Stderr
	}
	text := d.YAML(heading(l.input, out, flags.providers, facts, header))
	if err = p.writeDraft(out, text); err != nil {
		return err
	}
	if err = printDraft(report, d, l, out, facts); err != nil {
		return fail(statusBroken, "standard output cannot be written: %s", err)
	}
	return nil
}

const stdStream = "-"

// target finds the operation that PROVIDER or PROVIDER/OPERATION names.
func (p *Program) target(word string) (mapping.Target, error) {
	name, wanted, said := targetWords(word)
	provider, err := p.named(name)
	if err != nil {
		return mapping.Target{}, err
	}
	file := ""
	if isProviderFile(name) {
		file = name
	}
	targets := targetsOf(provider, file)
	var names []string
	for _, t := range targets {
		if !said || t.Operation == wanted {
			return t, nil
		}
		names = append(names, t.Operation)
	}
	return mapping.Target{}, fail(statusUsage, "%s has no operation %q%s; there are %s", name, wanted, didYouMean(wanted, names), strings.Join(names, ", "))
}

// targetWords takes PROVIDER/OPERATION apart; said says that there is an operation. The name
// of a file may hold slashes itself, and ends with .yaml or .yml.
func targetWords(word string) (provider, operation string, said bool) {
	for _, end := range []string{".yaml", ".yml"} {
		if strings.HasSuffix(word, end) {
			return word, "", false
		}
		if at := strings.LastIndex(word, end+"/"); at >= 0 {
			return word[:at+len(end)], word[at+len(end)+1:], true
		}
	}
	return strings.Cut(word, "/")
}

// relate gives providers' files the names that a mapping calls them by: relative to its folder.
func relate(targets []mapping.Target, out string) error {
	folder := "."
	if out != stdStream {
		folder = filepath.Dir(out)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return fail(statusBroken, "the current folder cannot be found: %s", err)
	}
	for i := range targets {
		t := &targets[i]
		if t.File == "" || filepath.IsAbs(t.File) {
			continue
		}
		path, err := filepath.Abs(t.File)
		if err == nil {
			path, err = filepath.Rel(folder, path)
		}
		if err != nil {
			return fail(statusUsage, "%s: cannot be named from the folder of the mapping: %s", t.File, err)
		}
		if t.File = filepath.ToSlash(path); !strings.HasPrefix(t.File, "../") {
			t.File = "./" + t.File
		}
	}
	return nil
}

func (p *Program) initTargets(words []string) ([]mapping.Target, error) {
	if len(words) == 0 {
		return nil, fail(statusUsage, "no provider is given: say whose fields the columns become").
			hint("-p PROVIDER; there are %s, and files that describe one", strings.Join(p.providerNames(), ", "))
	}
	var out []mapping.Target
	for _, word := range words {
		t, err := p.target(word)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o mapping.Target) bool { return o.Provider == t.Provider && o.Operation == t.Operation }) {
			return nil, fail(statusUsage, "%s/%s is given twice", t.Provider, t.Operation)
		}
		out = append(out, t)
	}
	return out, nil
}

// initOutput is where the draft goes. What stands there already may be somebody's work.
func initOutput(out, input string) (string, error) {
	if out == stdStream {
		return out, nil
	}
	if out == "" && input == stdStream {
		return "", fail(statusUsage, "the table comes through standard input, so its mapping needs a name").
			hint("give one with -o MAPPING; or - for standard output")
	}
	if out == "" {
		out = strings.TrimSuffix(strings.TrimSuffix(result.DefaultPath(input), ".csv"), ".result") + ".yaml"
	}
	if _, err := os.Lstat(out); err == nil {
		return "", draftExists(out)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fileFailure(statusBroken, out, err)
	}
	return out, nil
}

func draftExists(out string) error {
	return fail(statusUsage, "%s: exists already and is not overwritten", out).
		hint("name another file with -o MAPPING, or move this one away")
}

// writeDraft creates the file, and beside it the schema for editors if there is none.
func (p *Program) writeDraft(out, text string) error {
	if out == stdStream {
		if _, err := io.WriteString(p.Stdout, text); err != nil {
			return fail(statusBroken, "standard output cannot be written: %s", err)
		}
		return nil
	}
	err := createFile(out, []byte(text))
	if errors.Is(err, fs.ErrExist) {
		return draftExists(out)
	}
	if err != nil {
		return fileFailure(statusBroken, out, err)
	}
	err = createFile(filepath.Join(filepath.Dir(out), schemaFile), mapping.SchemaJSON())
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fileFailure(statusBroken, filepath.Join(filepath.Dir(out), schemaFile), err)
	}
	return nil
}

// schemaFile is what the first line of a draft names, for editors.
const schemaFile = "rowpost.schema.json"

// createFile writes a file that must not exist. One that cannot be written whole is
// removed again.
func createFile(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

func (p *Program) completeOperations(_ *cobra.Command, _ []string, start string) ([]string, cobra.ShellCompDirective) {
	if strings.HasPrefix(start, ".") || strings.HasPrefix(start, "/") {
		return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	}
	var out []string
	for _, provider := range p.Providers {
		d := provider.Describe()
		out = append(out, d.Name+"\t"+d.Title)
		for _, op := range provider.Operations() {
			o := op.Describe()
			out = append(out, d.Name+"/"+o.Name+"\t"+o.Help)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
