package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
)

// faulty is a provider that does one thing wrong, if anything.
type faulty struct{ fault string }

func (f faulty) is(fault string) bool { return f.fault == fault }

func (f faulty) Describe() providers.Description {
	d := providers.Description{
		Name: "acme", Title: "Acme", Docs: "its page", BaseURL: "https://api.acme.example",
		Auth:      providers.Auth{Scheme: providers.Bearer, Token: "ACME_TOKEN"},
		Variables: []providers.Variable{{Name: "ACME_TOKEN", Help: "token", Required: true, Secret: true}},
		Limit:     providers.Limit{Windows: []providers.Window{{N: 1, Per: 1}}, InFlight: 1},
	}
	switch f.fault {
	case "no docs":
		d.Docs = ""
	case "an address without TLS":
		d.BaseURL = "http://api.acme.example"
	case "no secret":
		d.Variables[0].Secret = false
	case "a variable that is not declared":
		d.Auth.Token = "ACME_KEY"
	case "a signature that leaves out the body":
		d.Auth.Signature = &providers.Signature{Header: "X-Sig", Secret: "ACME_TOKEN"}
	}
	return d
}

func (f faulty) Operations() []providers.Operation { return []providers.Operation{faultyPut{f}} }

type faultyPut struct{ faulty }

var faultySchema = &mapping.Schema{
	Fields: []mapping.Field{{Name: "id", Required: true}, {Name: "name"}},
	Key:    []mapping.KeyField{{Field: "id", Of: "thing"}},
}

func (f faultyPut) Describe() providers.OperationDescription {
	d := providers.OperationDescription{Name: "put", Help: "put", Method: "PUT", Path: "/{id}", Schema: faultySchema, RepeatNote: "none"}
	if f.is("no note on repeating") {
		d.RepeatNote = ""
	}
	return d
}

func (f faultyPut) Build(r mapping.Record) (providers.Request, error) {
	q := providers.Request{Method: "PUT", Header: http.Header{"Content-Type": {"application/json"}}}
	s := &mapping.Schema{Fields: faultySchema.Fields}
	var err error
	if q.Path, err = providers.NewPath(s, "/{id}").Build(r); err == nil {
		q.Body, err = providers.NewJSONBody(s, "id").Encode(r)
	}
	switch {
	case err != nil && f.is("a refusal without a field"):
		err = fmt.Errorf("refused: %s", r.Values[0].Text)
	case f.is("a body that is not escaped"):
		q.Body = []byte(`{"name":"` + r.Values[1].Text + `"}`)
	case f.is("a field that is lost"):
		q.Body = []byte(`{}`)
	case f.is("credentials of its own"):
		q.Header.Set("Authorization", "x")
	}
	return q, err
}

func (f faultyPut) Interpret(_ providers.Request, r providers.Response) providers.Outcome {
	c := providers.Conventions{Provider: "acme"}
	o, isObject := providers.ParseObject(r.Body)
	confirmed := isObject && o.Is("ok", "yes") && r.Status == 200 && !r.Incomplete
	switch {
	case f.is("the status alone confirms") && r.Status == 200:
		confirmed = true
	case f.is("what was cut confirms") && strings.HasPrefix(string(r.Body), `{"ok":"yes"`) && r.Status == 200:
		confirmed = true
	}
	if confirmed {
		return providers.Outcome{Kind: providers.Succeeded}
	}
	out := c.Failure(r)
	switch {
	case f.is("403 stops the lane") && r.Status == 403:
		out.Kind = providers.Fatal
	case f.is("no wait"):
		out.RetryAfter = 0
	case f.is("words that are not cleaned"):
		out.Message = string(r.Body) + "\n"
	case f.is("a redirect's whole address") && r.Status == 302:
		out.Message += r.Header.Get("Location")
	}
	return out
}

// The examination finds nothing wrong with what is right, and each fault.
func TestFaultsAreFound(t *testing.T) {
	for _, fault := range []string{
		"", "no docs", "an address without TLS", "no secret", "a variable that is not declared", "a signature that leaves out the body",
		"no note on repeating", "a refusal without a field", "a body that is not escaped", "a field that is lost", "credentials of its own",
		"the status alone confirms", "what was cut confirms", "403 stops the lane", "no wait", "words that are not cleaned", "a redirect's whole address",
	} {
		t.Run(fault, func(t *testing.T) {
			found := 0
			report := func(string, ...any) { found++ }
			p := faulty{fault}
			s := &Subject{
				Provider: p.Describe(), Operation: p.Operations()[0],
				Sent: mapping.Record{Schema: faultySchema, Values: []mapping.Value{
					{Text: "7", Is: mapping.Present}, {Text: "x", Is: mapping.Present},
				}},
				Success: Body{Name: "yes", ContentType: "application/json", Text: `{"ok":"yes","n":1}`}.Response(http.StatusOK),
			}
			Description(p, report)
			for _, examine := range []func(Report){s.Description, s.NaughtyTexts, s.Independence, s.ReadStatuses, s.NoFalseSuccess, s.Redirects, s.Waits} {
				if found > 0 {
					break
				}
				examine(report)
			}
			if (found > 0) != (fault != "") {
				t.Errorf("%d problems", found)
			}
		})
	}
}
