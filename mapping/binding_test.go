package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestIDs(t *testing.T) {
	entry := func(id string) string {
		return "- provider: trackfinity\n  operation: lock_customer\n  fields: {customer_id: No}\n" + id
	}
	b := mustBind(t, "version: 1\nrequests:\n"+entry("")+entry("  id: lock_customer_2\n")+entry("")+entry("  id: x\n"))
	var got []string
	for _, r := range b.Requests() {
		got = append(got, r.ID+" "+r.Operation)
	}
	want := []string{"lock_customer lock_customer", "lock_customer_2 lock_customer", "lock_customer_3 lock_customer", "x lock_customer"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultOperationIsTheFirst(t *testing.T) {
	r := mustBind(t, oneField("Name")).Requests()[0]
	if r.ID != "set_customer_details" || r.Operation != "set_customer_details" || r.Schema != testTargets()[1].Schema && len(r.Schema.Fields) != 5 {
		t.Errorf("got %+v", r)
	}
}

func TestColumnOfAnAPIsField(t *testing.T) {
	b := mustBind(t, crmMapping)
	for _, c := range []struct{ field, want string }{
		{"Contact.EMail", "E-Mail"},
		{"contact.email", "E-Mail"},
		{"/Contact/EMail", "E-Mail"},
		{"/contact/eMail", "E-Mail"},
		{"EMail", "E-Mail"},
		{"email", "E-Mail"},
		{"body.contact.EMAIL", "E-Mail"},
		{"$.Contact.EMail", "E-Mail"},
		{"ContactType", "Salutation"},
		{"Contact.Firstname", "Name"},
		{"Contact.Title", ""},
		{"Contact.PostalCode", ""},
		{"#/contact/eMail", "E-Mail"},
		{"contact.e_mail", "E-Mail"},
		{"request.body.contact.firstname", "Name"},
		{"requestId, contact.email", "E-Mail"},
		{"Contact.Title, contact.email", "E-Mail"},
		{"contact.firstname, contact.email", "Name"},
		{"nothing, none", ""},
		{",", ""},
		{"nothing", ""},
		{"", ""},
		{"/", ""},
	} {
		if got := b.Column(0, c.field); got != c.want {
			t.Errorf("%s: got %q, want %q", c.field, got, c.want)
		}
	}
}

func TestLastPartsThatTwoFieldsShareAreNone(t *testing.T) {
	s := &Schema{Fields: []Field{{Name: "a.name"}, {Name: "b.name"}}}
	m, err := Parse("m", []byte("version: 1\nrequests:\n- provider: p\n  fields: {a.name: A, b.name: B}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Bind([]string{"A", "B"}, []Target{{Provider: "p", Operation: "o", Schema: s}})
	if err != nil {
		t.Fatal(err)
	}
	if b.Column(0, "name") != "" || b.Column(0, "B.Name") != "B" || b.Column(0, "body.b.name") != "B" {
		t.Errorf("got %q and %q", b.Column(0, "name"), b.Column(0, "B.Name"))
	}
}

func TestUsesAndOrigins(t *testing.T) {
	b := mustBind(t, groupMapping)
	if diff := cmp.Diff([]string{"No", "E-Mail", "Name", "Country", "ZIP", "Status"}, b.Uses()); diff != "" {
		t.Error(diff)
	}
	b = mustBind(t, "version: 1\nrequests:\n- provider: trackfinity\n  fields: {password: {join: [ZIP, No]}, customer_id: {value: x}}\n")
	o := b.Origins(0)
	if len(o) != 2 || o[0].Field.Name != "customer_id" || !o[0].Constant || o[0].Columns != nil ||
		!o[1].Field.Secret || o[1].Constant || !cmp.Equal(o[1].Columns, []string{"ZIP", "No"}) {
		t.Errorf("got %+v", o)
	}
}

func TestNames(t *testing.T) {
	for file, want := range map[string]string{"a/crm.contacts.yaml": "crm.contacts", `c:\x\crm.yml`: "crm", "crm": "crm"} {
		m, err := Parse(file, []byte(oneField("Name")), nil)
		if err != nil || m.Name != want {
			t.Errorf("%s: %v", file, err)
		}
	}
	m, err := Parse("x.yaml", []byte("name: crm\nsource: {delimiter: tab, encoding: UTF-8, header: 3, sheet: 1, null: [0, NO]}\n"+oneField("Name")), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := SourceOptions{Delimiter: "\t", Encoding: "utf-8", Header: 3, Sheet: "1", Null: []string{"0", "NO"}}
	if diff := cmp.Diff(want, m.Source); diff != "" || m.Name != "crm" {
		t.Error(m.Name, diff)
	}
}

// What a row becomes depends on the row alone: not on the rows before it, nor on
// another evaluator of the same binding.
func TestEvaluatorsDoNotDisturbEachOther(t *testing.T) {
	b := mustBind(t, crmMapping)
	shared := b.Evaluator()
	cell := rapid.SampledFrom([]string{"", "7", "de", "Germany", "a@b.de", "off", "DeliveryContact", "n/a", "-", "ü"})
	rapid.Check(t, func(t *rapid.T) {
		r := Row{Line: 3, Cells: rapid.SliceOfN(cell, 14, 14).Draw(t, "cells")}
		if diff := cmp.Diff(b.Evaluator().Records(r), shared.Records(r)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBindErrorIsOneLineAProblem(t *testing.T) {
	_, err := Parse("map.yaml", []byte("version: 1\nrequests: 5\nfoo: 1\n"), nil)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 2 || lines[1] != `map.yaml:3:1: unknown key "foo"` {
		t.Errorf("got %q", lines)
	}
}

func TestCellErrorSaysWhere(t *testing.T) {
	for want, e := range map[string]CellError{
		`line 17, column "E-mail", field email: required value is empty`: {Line: 17, Column: "E-mail", Field: "email", Msg: "required value is empty"},
		"field email: bad": {Field: "email", Msg: "bad"},
		"bad":              {Msg: "bad"},
	} {
		if e.Error() != want {
			t.Errorf("got %q, want %q", e.Error(), want)
		}
	}
}
