// Package declared makes a provider of an API from a file that its user wrote.
//
// A [File] says what a provider in Go would: address, credentials by the names of their
// variables, limits, and for each operation its request, the fields of its records and
// what its answers mean. [Parse] reads one, strictly and with all that is wrong at once,
// and gives a provider like any other: data and pure functions.
package declared

import (
	_ "embed"
	"net/http"
	"slices"

	"rowpost/mapping"
	"rowpost/providers"
)

//go:generate go test -run TestSchemaIsCurrent . -update

//go:embed schema.json
var schemaJSON []byte

// SchemaJSON is the JSON Schema (draft 2020-12) of a provider's file, for editors to
// complete and check it. [Parse] checks what a schema cannot say as well.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }

// Provider is an API that a file describes. It is a [providers.Provider].
type Provider struct {
	file        File
	description providers.Description
	operations  []providers.Operation
}

// Parse reads a provider's file. Name is the file's in messages. The error is a
// *[mapping.BindError] with all problems at once.
func Parse(name string, data []byte) (*Provider, error) {
	var f File
	c := &checker{Strict: mapping.ReadStrict(name, fileKind(), data, &f), file: &f}
	if !c.Has("") {
		return nil, c.Err()
	}
	if f.Version > Version {
		c.Forget()
		c.Add("version", "use a newer release of rowpost, or a file of version 1",
			"this program is too old for the file: it reads version %d, and this is %d", Version, f.Version)
		return nil, c.Err()
	}
	c.misread = c.Problems() > 0
	c.checkFile()
	if err := c.Err(); err != nil {
		return nil, err
	}
	return newProvider(f), nil
}

func fileKind() mapping.FileKind {
	return mapping.FileKind{
		Name:    "a provider's file",
		TooLong: "describe the operations that are needed, and leave out the others",
		Second:  "write one file for each provider",
	}
}

// Describe says what is the same for all operations.
func (p *Provider) Describe() providers.Description { return p.description }

// Operations are those of the file, in its order.
func (p *Provider) Operations() []providers.Operation { return p.operations }

// File is what the file says. It is the caller's to read and not to change.
func (p *Provider) File() File { return p.file }

// newProvider takes a file that was checked.
func newProvider(f File) *Provider {
	p := &Provider{file: f, description: describe(&f)}
	for i := range f.Operations {
		p.operations = append(p.operations, newOperation(&f, &f.Operations[i]))
	}
	return p
}

func describe(f *File) providers.Description {
	d := providers.Description{
		Name: f.Name, Title: f.Title, Docs: f.Docs, BaseURL: f.BaseURL,
		Auth: auth(f.Auth), Limit: limit(f.Limit), Published: limit(f.PublishedLimit),
		Assumptions: f.Assumptions,
	}
	d.Limit.InFlight = max(1, d.Limit.InFlight)
	for _, v := range f.Variables {
		d.Variables = append(d.Variables, providers.Variable{
			Name: v.Name, Help: v.Help, Required: v.isRequired(), Secret: v.isSecret(),
		})
	}
	if c := f.Check; c != nil {
		d.Check = &providers.Check{
			Accepted: c.Accepted, Help: c.Help,
			Request: providers.Request{Method: c.Method, Path: c.Path},
		}
		if c.Method != "" {
			d.Check.Request.Header = headers(map[string]string{"Accept": "application/json"}, f.Headers, c.Headers)
		}
		if c.Body != "" {
			d.Check.Request.Body = []byte(c.Body)
		}
	}
	return d
}

func (v *Variable) isRequired() bool { return v.Required == nil || *v.Required }

// isSecret errs on the side of silence.
func (v *Variable) isSecret() bool { return v.Secret == nil || *v.Secret }

// limit takes windows that were checked.
func limit(l *Limit) providers.Limit {
	if l == nil {
		return providers.Limit{}
	}
	out := providers.Limit{InFlight: l.InFlight}
	for _, text := range l.Windows {
		windows, err := providers.ParseWindows(text)
		if err != nil {
			panic("declared: a window that was checked: " + err.Error())
		}
		out.Windows = append(out.Windows, windows...)
	}
	return out
}

// headers makes one of several layers, of which the later ones count.
func headers(layers ...map[string]string) http.Header {
	out := http.Header{}
	for _, layer := range layers {
		for name, value := range layer {
			out.Set(name, value)
		}
	}
	return out
}
