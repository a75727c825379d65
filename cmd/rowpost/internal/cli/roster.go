package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/declared"
)

// roster are the providers that a mapping can name: those that are built in, and those
// that it names by their files.
type roster struct {
	builtIn []providers.Provider
	files   []providerFile
}

// providerFile is a provider that a file describes.
type providerFile struct {
	named    string // as the mapping names it: ./acme.yaml
	path     string // in messages
	provider *declared.Provider
	text     string // the file's
}

// isProviderFile tells a file from a provider's name, which has small letters and digits only.
func isProviderFile(text string) bool {
	return strings.ContainsAny(text, `/\`) || strings.HasSuffix(text, ".yaml") || strings.HasSuffix(text, ".yml")
}

// readProvider reads a provider's file. It may not take the name of one that is built in.
func (p *Program) readProvider(path string) (*declared.Provider, error) {
	f := providerFile{path: path}
	err := f.read(p)
	return f.provider, err
}

func (f *providerFile) read(p *Program) error {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return fileFailure(statusUsage, f.path, err)
	}
	f.text = string(data)
	if f.provider, err = declared.Parse(f.path, data); err != nil {
		return mappingFailure(err)
	}
	if name := f.provider.Describe().Name; slices.Contains(p.providerNames(), name) {
		return fail(statusUsage, "%s: the name %s is that of a built-in provider", f.path, name).
			hint("give it another name: its variables and results have it too")
	}
	return nil
}

// readRoster reads the providers that a mapping names by their files, which stand relative
// to its folder.
func (p *Program) readRoster(m *mapping.Mapping) (*roster, error) {
	r := &roster{builtIn: p.Providers}
	for _, request := range m.Requests {
		if !isProviderFile(request.Provider) {
			continue
		}
		path := filepath.FromSlash(request.Provider)
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(m.File), path)
		}
		if err := r.add(p, request.Provider, path); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// add reads a file once, however often and in whatever spelling it is named.
func (r *roster) add(p *Program, named, path string) error {
	file := providerFile{named: named, path: path}
	for _, known := range r.files {
		if known.named == named {
			return nil
		}
		if known.path == path {
			file.provider, file.text = known.provider, known.text
		}
	}
	if file.provider == nil {
		if err := file.read(p); err != nil {
			return err
		}
	}
	name := file.provider.Describe().Name
	for _, known := range r.files {
		if known.provider != file.provider && known.provider.Describe().Name == name {
			return fail(statusUsage, "%s: has the name %s, and so has %s", path, name, known.path).
				hint("a mapping's providers have different names")
		}
	}
	r.files = append(r.files, file)
	return nil
}

// targets are all operations of all providers.
func (r *roster) targets() []mapping.Target {
	var out []mapping.Target
	for _, provider := range r.builtIn {
		out = append(out, targetsOf(provider, "")...)
	}
	for _, f := range r.files {
		out = append(out, targetsOf(f.provider, f.named)...)
	}
	return out
}

func targetsOf(provider providers.Provider, file string) []mapping.Target {
	var out []mapping.Target
	for _, op := range provider.Operations() {
		d := op.Describe()
		out = append(out, mapping.Target{Provider: provider.Describe().Name, Operation: d.Name, Schema: d.Schema, File: file})
	}
	return out
}

// find gives a provider by its name.
func (r *roster) find(name string) (providers.Provider, error) {
	known := make([]providers.Provider, 0, len(r.files)+len(r.builtIn))
	for _, p := range r.declared() {
		known = append(known, p)
	}
	return (&Program{Providers: append(known, r.builtIn...)}).provider(name)
}

// text gives the text of the file that describes a provider; empty: it is built in.
func (r *roster) text(name string) string {
	for _, f := range r.files {
		if f.provider.Describe().Name == name {
			return f.text
		}
	}
	return ""
}

// declared lists the providers of files, each once.
func (r *roster) declared() []*declared.Provider {
	var out []*declared.Provider
	for _, f := range r.files {
		if !slices.Contains(out, f.provider) {
			out = append(out, f.provider)
		}
	}
	return out
}

// meaning is that of a mapping, with what its providers' files make of it.
func (r *roster) meaning(b *mapping.Binding) []mapping.Clause {
	out := b.Meaning()
	done := map[string]bool{}
	for _, f := range r.files {
		name := f.provider.Describe().Name
		if done[name] {
			continue
		}
		done[name] = true
		var operations []string
		for _, request := range b.Requests() {
			if request.Provider == name {
				operations = append(operations, request.Operation)
			}
		}
		out = append(out, f.provider.Meaning(operations...)...)
	}
	return out
}

// named finds what people wrote: a provider's name, or the file of one.
func (p *Program) named(text string) (providers.Provider, error) {
	if isProviderFile(text) {
		return p.readProvider(text)
	}
	provider, err := p.provider(text)
	if err != nil {
		return nil, fail(statusUsage, "%s", err)
	}
	return provider, nil
}

// checkPaces refuses flags about providers that there are not. Those of files are known
// only now.
func (l *load) checkPaces() error {
	for _, given := range []struct {
		flag  string
		items []string
	}{{"--rate", l.opts.rates}, {"--in-flight", l.opts.inFlight}} {
		for _, item := range given.items {
			name, _, _ := strings.Cut(item, "=")
			if _, err := l.roster.find(name); err != nil {
				return fail(statusUsage, "%s %q: %s", given.flag, item, err).
					hint("the mapping %s names no file that describes it", l.opts.mapping)
			}
		}
	}
	return nil
}
