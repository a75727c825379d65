package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rowpost/cmd/rowpost/internal/openapi"
	"rowpost/mapping"
)

const providersImportHelp = `Drafts the file of a provider from an OpenAPI 3 document (3.0 or 3.1, JSON or
YAML): the operations that write, their fields, credentials, address, and which
answers confirm. A draft is no finished file: what the document leaves open, and
what such a file cannot say, stands in it as comments. Look through it, compare it
with the API's documentation, and examine it with rowpost providers check.

References to other files are followed within the document's folder only. Nothing
is fetched from the network.

Exit status:
  0  the draft is written
  2  the document cannot be read, nothing of it can be drafted, or FILE is there
     already`

// importFlags are the flags of `rowpost providers import`.
type importFlags struct {
	out        string
	operations []string
}

func newProvidersImport(p *Program) *cobra.Command {
	flags := &importFlags{}
	cmd := &cobra.Command{
		Use:   "import OPENAPI",
		Short: "draft a provider's file from an OpenAPI 3 document",
		Long:  providersImportHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fail(statusUsage, "%s takes one OpenAPI document, and %d are given", cmd.CommandPath(), len(args))
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE:              func(_ *cobra.Command, args []string) error { return p.importOpenAPI(args[0], flags) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&flags.out, "out", "o", "", "write the draft to `FILE`, which must not be there yet (default: standard output)")
	f.StringArrayVar(&flags.operations, "operation", nil, "draft the operation with this `ID`, or METHOD and path (\"POST /contacts\"); repeatable (ROWPOST_OPERATION holds one; default: all that write)")
	return cmd
}

// importOpenAPI drafts, and says what was left out.
func (p *Program) importOpenAPI(document string, flags *importFlags) error {
	if flags.out != "" {
		if _, err := os.Lstat(flags.out); err == nil {
			return alreadyThere(flags.out)
		}
	}
	draft, err := p.draft(document, flags.operations)
	if err != nil {
		return err
	}
	for _, left := range draft.Left {
		p.say("%s: left out: %s", document, left)
	}
	if flags.out == "" {
		if _, err := p.Stdout.Write(draft.YAML); err != nil {
			return fail(statusBroken, "standard output cannot be written: %s", err)
		}
		return nil
	}
	if err := writeNew(flags.out, draft.YAML); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return alreadyThere(flags.out)
		}
		return fileFailure(statusBroken, flags.out, err)
	}
	p.say("%s: drafted with %s; look through it, then: rowpost providers check %s", flags.out,
		plural(len(draft.Drafted), "operation", "operations"), flags.out)
	return nil
}

func alreadyThere(path string) error {
	return fail(statusUsage, "%s: is there already, and is not overwritten", path).hint("name another file with -o")
}

// draft reads the document by a handle of its folder, out of which no reference leads, be
// it by a symbolic link.
func (p *Program) draft(document string, operations []string) (draft *openapi.Draft, err error) {
	folder, err := os.OpenRoot(filepath.Dir(document))
	if err != nil {
		return nil, fileFailure(statusUsage, document, err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	draft, err = openapi.Make(folder.FS(), filepath.Base(document), openapi.Options{Operations: operations, Taken: p.providerNames()})
	if _, isPath := errors.AsType[*fs.PathError](err); isPath {
		return nil, fileFailure(statusUsage, document, err)
	}
	if _, isBind := errors.AsType[*mapping.BindError](err); isBind {
		return nil, mappingFailure(err)
	}
	if err != nil {
		return nil, fail(statusUsage, "%s: %s", document, err)
	}
	return draft, nil
}

// writeNew writes a file that was not there before; one that cannot be written whole is
// taken away again.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it holds no secret and is for the team
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
