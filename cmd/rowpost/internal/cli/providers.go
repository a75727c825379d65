package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rowpost/batch"
	"rowpost/mapping"
	"rowpost/providers"
)

const providersHelp = `Lists the providers. With a NAME: what can be done with its API, the fields of
each operation, limits, environment variables, and what is assumed where the
vendor's documents are silent. A FILE describes a provider of your own: a mapping
names it by provider: ./FILE.`

func newProviders(p *Program) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:               "providers [NAME|FILE]",
		Short:             "list the providers, or tell all about one",
		Long:              providersHelp,
		Args:              atMostOne,
		ValidArgsFunction: p.completeOneProvider,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.listProviders(asJSON)
			}
			provider, err := p.named(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return p.printJSON(describe(provider))
			}
			return describe(provider).print(p.Stdout)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.AddCommand(newProvidersCheck(p), newProvidersImport(p))
	return cmd
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fail(statusUsage, "%s takes one name, and %d are given", cmd.CommandPath(), len(args))
	}
	return nil
}

// providerDoc is what `rowpost providers` tells of one; the names of its fields are
// stable.
type providerDoc struct {
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Docs        string         `json:"docs,omitempty"`
	BaseURL     string         `json:"base_url,omitempty"`
	Limit       limitDoc       `json:"limit"`
	Published   *limitDoc      `json:"published_limit,omitempty"`
	Operations  []operationDoc `json:"operations"`
	Variables   []variableDoc  `json:"variables"`
	Check       string         `json:"check,omitempty"`
	Assumptions []string       `json:"assumptions"`
}

type limitDoc struct {
	Windows  []string `json:"windows"`
	InFlight int      `json:"in_flight,omitempty"`
}

type operationDoc struct {
	Name         string `json:"name"`
	Help         string `json:"help"`
	Method       string `json:"method"`
	Path         string `json:"path"`
	SafeToRepeat bool   `json:"safe_to_repeat"`
	RepeatNote   string `json:"repeat_note,omitempty"`
	// IdempotencyHeader carries a key by which the API knows a repeated request again.
	IdempotencyHeader string     `json:"idempotency_header,omitempty"`
	Lookup            string     `json:"lookup,omitempty"` // how a request in doubt is looked up
	Fields            []fieldDoc `json:"fields"`
	Groups            []groupDoc `json:"groups"`
	Key               []string   `json:"key"`
}

type fieldDoc struct {
	Name      string   `json:"name"`
	Required  bool     `json:"required"`
	Enum      []string `json:"enum,omitempty"`
	MaxLength int      `json:"max_length,omitempty"`
	Format    string   `json:"format,omitempty"`
	Separator string   `json:"separator,omitempty"` // of a list's items
	Clearable bool     `json:"clearable"`
	Secret    bool     `json:"secret"`
	Help      string   `json:"help,omitempty"`
}

type groupDoc struct {
	Rule   string   `json:"rule"` // at_least_one or exactly_one
	Fields []string `json:"fields"`
}

type variableDoc struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Secret   bool   `json:"secret"`
	Help     string `json:"help"`
}

func describe(p providers.Provider) providerDoc {
	d := p.Describe()
	doc := providerDoc{
		Name: d.Name, Title: d.Title, Docs: d.Docs, BaseURL: d.BaseURL,
		Limit: limitOfDoc(d.Limit), Assumptions: append([]string{}, d.Assumptions...),
	}
	if len(d.Published.Windows) > 0 || d.Published.InFlight > 0 {
		published := limitOfDoc(d.Published)
		doc.Published = &published
	}
	if d.Check != nil {
		doc.Check = d.Check.Help
	}
	for _, op := range p.Operations() {
		doc.Operations = append(doc.Operations, describeOperation(op.Describe()))
	}
	help := "where the API is"
	if d.BaseURL != "" {
		help += "; default " + d.BaseURL
	}
	doc.Variables = append(doc.Variables, variableDoc{Name: batch.BaseURLVariable(d.Name), Required: d.BaseURL == "", Help: help})
	for _, v := range d.Variables {
		doc.Variables = append(doc.Variables, variableDoc{v.Name, v.Required, v.Secret, v.Help})
	}
	return doc
}

func limitOfDoc(l providers.Limit) limitDoc {
	doc := limitDoc{Windows: []string{}, InFlight: l.InFlight}
	for _, w := range l.Windows {
		doc.Windows = append(doc.Windows, w.String())
	}
	return doc
}

func (l limitDoc) String() string {
	parts := append([]string{}, l.Windows...)
	if l.InFlight > 0 {
		parts = append(parts, strconv.Itoa(l.InFlight)+" in flight")
	}
	return strings.Join(parts, ", ")
}

func describeOperation(d providers.OperationDescription) operationDoc {
	doc := operationDoc{
		Name: d.Name, Help: d.Help, Method: d.Method, Path: d.Path,
		SafeToRepeat: d.SafeToRepeat || d.IdempotencyHeader != "", RepeatNote: d.RepeatNote, IdempotencyHeader: d.IdempotencyHeader, Lookup: d.LookupNote, Groups: []groupDoc{}, Key: []string{},
	}
	for _, f := range d.Schema.Fields {
		doc.Fields = append(doc.Fields, fieldDoc{f.Name, f.Required, f.Enum, f.MaxLen, string(f.Format), f.Separator, f.Clearable(), f.Secret, f.Help})
	}
	for _, g := range d.Schema.Groups {
		rule := "at_least_one"
		if g.Kind == mapping.ExactlyOne {
			rule = "exactly_one"
		}
		doc.Groups = append(doc.Groups, groupDoc{rule, g.Fields})
	}
	for _, k := range d.Schema.Key {
		doc.Key = append(doc.Key, k.Field)
	}
	return doc
}

func (p *Program) listProviders(asJSON bool) error {
	docs := []providerDoc{}
	for _, provider := range p.Providers {
		docs = append(docs, describe(provider))
	}
	if asJSON {
		return p.printJSON(docs)
	}
	c := newColumns("provider", "title", "operations", "default pace")
	for _, d := range docs {
		names := make([]string, len(d.Operations))
		for i, op := range d.Operations {
			names[i] = op.Name
		}
		c.row(d.Name, d.Title, strings.Join(names, ", "), d.Limit.String())
	}
	if err := c.print(p.Stdout, ""); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.Stdout, "\nrowpost providers NAME tells all about one")
	return err
}

// print writes the description for people.
func (d providerDoc) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n", d.Title, d.Name)
	for _, line := range [][2]string{
		{"documents", d.Docs},
		{"base URL", d.BaseURL},
		{"default pace", d.Limit.String()},
		{"published limit", d.publishedText()},
		{"rowpost check", d.Check},
	} {
		if line[1] != "" {
			fmt.Fprintf(&b, "  %s: %s\n", line[0], line[1])
		}
	}
	fmt.Fprintf(&b, "\nvariables\n")
	c := newColumns("name", "", "")
	for _, v := range d.Variables {
		c.row(v.Name, words(when(v.Required, "required"), when(v.Secret, "secret")), v.Help)
	}
	if err := c.print(&b, "  "); err != nil {
		return err
	}
	for i, op := range d.Operations {
		if err := op.print(&b, i == 0); err != nil {
			return err
		}
	}
	if len(d.Assumptions) > 0 {
		b.WriteString("\nassumptions, where the documents are silent\n")
	}
	for _, a := range d.Assumptions {
		fmt.Fprintf(&b, "  - %s\n", a)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d providerDoc) publishedText() string {
	if d.Published == nil {
		return "none"
	}
	return d.Published.String()
}

func (o operationDoc) print(w io.Writer, first bool) error {
	mark := ""
	if first {
		mark = " (default)"
	}
	if _, err := fmt.Fprintf(w, "\noperation %s%s: %s\n  %s %s\n  %s\n", o.Name, mark, o.Help, o.Method, o.Path, o.repeatText()); err != nil {
		return err
	}
	if o.Lookup != "" {
		if _, err := fmt.Fprintf(w, "  doubt can be looked up: %s\n", o.Lookup); err != nil {
			return err
		}
	}
	if o.IdempotencyHeader != "" {
		if _, err := fmt.Fprintf(w, "  each request has a key of its own in %s\n", o.IdempotencyHeader); err != nil {
			return err
		}
	}
	c := newColumns("field", "", "takes", "")
	for _, f := range o.Fields {
		c.row(f.Name, words(when(f.Required, "required"), when(f.Clearable, "clearable"), when(f.Secret, "secret")), f.takes(), f.Help)
	}
	if err := c.print(w, "  "); err != nil {
		return err
	}
	for _, g := range o.Groups {
		if _, err := fmt.Fprintf(w, "  %s of %s\n", strings.ReplaceAll(g.Rule, "_", " "), strings.Join(g.Fields, ", ")); err != nil {
			return err
		}
	}
	return nil
}

func (o operationDoc) repeatText() string {
	text := "not safe to repeat: a request of which nobody knows whether it was applied becomes in_doubt"
	if o.SafeToRepeat {
		text = "safe to repeat"
	}
	if o.RepeatNote != "" {
		text += " (" + o.RepeatNote + ")"
	}
	return text
}

func (f fieldDoc) takes() string {
	limit := ""
	if f.MaxLength > 0 {
		limit = fmt.Sprintf("at most %d characters", f.MaxLength)
	}
	list := ""
	if f.Separator != "" {
		list = fmt.Sprintf("a list with %q between", f.Separator)
	}
	return words(strings.Join(f.Enum, " | "), f.Format, limit, list)
}

func when(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

// words joins what is there.
func words(list ...string) string {
	var out []string
	for _, w := range list {
		if w != "" {
			out = append(out, w)
		}
	}
	return strings.Join(out, ", ")
}
