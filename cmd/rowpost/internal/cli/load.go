package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"rowpost/batch"
	"rowpost/batch/result"
	"rowpost/batch/source"
	"rowpost/mapping"
	"rowpost/providers"
)

// load is a mapping and a table that fit each other: what plan and run share.
type load struct {
	opts    *options
	typed   string       // INPUT as the user wrote it
	input   string       // what messages call it
	path    string       // where it is read
	drop    func() error // removes a copy of standard input; nil: there is none
	mapping *mapping.Mapping
	roster  *roster
	table   *source.Table
	opened  []*source.Table // those that close has to close
	// rows are those of the table; those of an earlier result know what became of them.
	rows    batch.Source
	earlier *result.Table // nil: it is no result
	binding *mapping.Binding
	targets []batch.Target // by position of the mapping's requests
	names   []string       // of the providers, in the order in which the mapping names them
	byName  map[string]providers.Provider
}

// newLoad has read nothing yet.
func newLoad(opts *options, input string) *load {
	l := &load{opts: opts, typed: input, input: input, path: input, byName: map[string]providers.Provider{}}
	if input == stdStream {
		l.input = standardInput
	}
	return l
}

// load reads the mapping, opens the table and binds one to the other. What is wrong
// is said in this order, all problems of a step at once. The caller closes it.
func (p *Program) load(opts *options, input string) (*load, error) {
	l := newLoad(opts, input)
	if err := l.read(p); err != nil {
		l.close(p)
		return nil, err
	}
	return l, nil
}

func (l *load) read(p *Program) error {
	if err := l.checkInput(); err != nil {
		return err
	}
	if err := l.readMapping(p); err != nil {
		return err
	}
	if err := l.checkPaces(); err != nil {
		return err
	}
	if err := l.takeStandardInput(p); err != nil {
		return err
	}
	if err := l.openTable(); err != nil {
		return err
	}
	l.hideCopy()
	if err := l.refuseTrial(); err != nil {
		return err
	}
	var err error
	if l.binding, err = l.mapping.Bind(l.rows.Header(), l.roster.targets()); err != nil {
		return l.bindFailure(err)
	}
	if l.earlier != nil {
		if err := l.earlier.FindAdded(l.binding.Uses()); err != nil {
			return tableFailure(err)
		}
	}
	return l.resolve()
}

// close closes the table, whose rows cannot be read any more, and removes a copy of
// standard input that no run needs.
func (l *load) close(p *Program) {
	l.closeBut(nil)
	if l.drop != nil {
		if err := l.drop(); err != nil {
			p.say("what was copied of standard input could not be removed: %s", err)
		}
	}
}

func (l *load) closeBut(kept *source.Table) {
	for _, t := range l.opened {
		if t != kept {
			_ = t.Close() // it was only read: nothing can be lost
		}
	}
	l.opened = slices.DeleteFunc(l.opened, func(t *source.Table) bool { return t != kept })
}

func (l *load) checkInput() error {
	if l.opts.mapping == "" {
		return fail(statusUsage, "no mapping is given").
			hint("name the file that says which column becomes which field: -m MAPPING")
	}
	return nil
}

// openTable reads the table once, and keeps it open for close. One that is an earlier
// result says what became of its rows.
func (l *load) openTable() error {
	head, err := source.Head(l.path, result.HeadSize)
	if err != nil {
		head = nil // whoever opens it says why
	}
	table, earlier, err := result.Open(l.input, l.path, head, l.mapping.Source, l.openAs)
	if err != nil {
		l.closeBut(nil)
	} else {
		l.closeBut(table)
	}
	if e, ok := errors.AsType[*result.Error](err); ok {
		return fail(statusUsage, "%s", e).hint("%s", e.Hint)
	}
	if err != nil {
		return tableFailure(err)
	}
	l.table, l.rows, l.earlier = table, table, earlier
	if earlier != nil {
		l.rows = earlier
	}
	return nil
}

// openAs opens the table as one that people bring, or as a result. Some results are read
// in more than one way before it is known which is right.
func (l *load) openAs(opts mapping.SourceOptions, earlier bool) (*source.Table, error) {
	opener := source.Opener{Name: l.input}
	open := opener.Open
	if earlier {
		open = opener.OpenResult
	}
	t, err := open(l.path, opts)
	if err == nil {
		l.opened = append(l.opened, t)
	}
	return t, err
}

// refuseTrial refuses to take for true what a trial says: no provider ever heard of it.
func (l *load) refuseTrial() error {
	if l.earlier == nil || l.opts.sandbox || !slices.Contains(l.earlier.Stats().Origins, result.SandboxOrigin) {
		return nil
	}
	return fail(statusUsage, "%s: is the result of a trial with --sandbox: no provider got what it shows as succeeded", l.input).
		hint("give the table itself as INPUT; or go on with the trial, with --sandbox")
}

// origin is that of the result's lines that have none yet.
func (l *load) origin() string {
	if l.opts.sandbox {
		return result.SandboxOrigin
	}
	return result.Origin(l.table.Facts().SHA256, l.meaning())
}

// origins are those of the input's lines.
func (l *load) origins() []string {
	if l.earlier == nil {
		return []string{l.origin()}
	}
	stats := l.earlier.Stats()
	if stats.Unknown || len(stats.Origins) == 0 {
		return append(stats.Origins, l.origin())
	}
	return stats.Origins
}

// readMapping reads the mapping, and the providers that it names by their files.
func (l *load) readMapping(p *Program) error {
	data, err := os.ReadFile(l.opts.mapping)
	if err != nil {
		return fileFailure(statusBroken, l.opts.mapping, err)
	}
	l.mapping, err = mapping.Parse(l.opts.mapping, data, os.DirFS(filepath.Dir(l.opts.mapping)))
	if err != nil {
		return mappingFailure(err)
	}
	l.roster, err = p.readRoster(l.mapping)
	return err
}

// meaning is what can change what is sent.
func (l *load) meaning() []mapping.Clause { return l.roster.meaning(l.binding) }

// mappingTargets are all operations of all built-in providers.
func (p *Program) mappingTargets() []mapping.Target {
	return (&roster{builtIn: p.Providers}).targets()
}

// resolve finds provider and operation of each of the mapping's requests.
func (l *load) resolve() error {
	for _, r := range l.binding.Requests() {
		provider, err := l.roster.find(r.Provider)
		if err != nil {
			return fail(statusUsage, "%s: %s", l.mapping.File, err)
		}
		op, err := operation(provider, r.Operation)
		if err != nil {
			return fail(statusUsage, "%s: %s", l.mapping.File, err)
		}
		l.targets = append(l.targets, batch.Target{Provider: provider, Operation: op})
		if l.byName[r.Provider] == nil {
			l.byName[r.Provider] = provider
			l.names = append(l.names, r.Provider)
		}
	}
	return nil
}

func operation(p providers.Provider, name string) (providers.Operation, error) {
	for _, op := range p.Operations() {
		if op.Describe().Name == name {
			return op, nil
		}
	}
	return nil, fmt.Errorf("%s has no operation %q", p.Describe().Name, name)
}

// accounts gathers what the settings say of the mapping's providers.
func (l *load) accounts(s *settings) map[string]account {
	out := map[string]account{}
	for _, name := range l.names {
		d := l.byName[name].Describe()
		out[name] = s.account(d, l.opts.limitOf(d))
	}
	return out
}

// warnings are things worth knowing that stop nothing: assumptions about the table,
// paces above what a provider documents.
func (l *load) warnings() []string {
	out := factWarnings(l.input, l.table)
	if l.opts.sandbox {
		return out
	}
	for _, name := range l.names {
		d := l.byName[name].Describe()
		if excess := aboveLimit(l.opts.limitOf(d), d.Published); excess != "" {
			out = append(out, fmt.Sprintf("%s: the pace set is above its published limit: %s", name, excess))
		}
	}
	return out
}

// earlierNotes is what there is to know about an earlier result as input.
func (l *load) earlierNotes() []string {
	if l.earlier == nil {
		return nil
	}
	stats := l.earlier.Stats()
	var notes []string
	for _, name := range stats.Added {
		notes = append(notes, fmt.Sprintf("%s: the column %q was not there, or empty, when the result was written; what stands in it now is no edit of the row", l.input, name))
	}
	if n := stats.EditedDone; n > 0 && !l.opts.again {
		notes = append(notes, fmt.Sprintf("%s: %s shown as succeeded and edited since; not sent without --again",
			l.input, plural(n, "line is", "lines are")))
	}
	if n := stats.Edited - stats.EditedDone; n > 0 {
		notes = append(notes, fmt.Sprintf("%s: %s edited since the result was written", l.input, plural(n, "line was", "lines were")))
	}
	return notes
}
