package mapping

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// meant is a mapping that uses every key of the format at least once.
const meant = `version: 1
name: weekly contacts
source:
  delimiter: ";"
  encoding: windows-1252
  header: 3
  sheet: Contacts
  null: ["NULL", "-"]
  columns: [No]
requests:
- id: billing
  provider: cleverbridge
  operation: update_contact
  when: Status == "Active" && Country != "XX"
  key: {column: No, transform: [upper]}
  fields:
    SubscriptionId: No
    ContactType: {column: Status, lookup: {a: LicenseeContact, b: BillingContact}, otherwise: DeliveryContact}
    Contact.CountryId: {column: Country, transform: [{country: alpha2}], on_empty: reject}
    Contact.LanguageId: {column: Lang, default: de}
    Contact.Firstname: {join: [Name, Salutation], with: "-", transform: [trim, {truncate: 9}]}
    Contact.PostalCode: {column: ZIP, transform: [{pad_left: {width: 5, with: "0"}}]}
    Contact.Title: {expr: 'Salutation == "Frau" ? "Ms" : "Mr"'}
    Contact.Street2: {column: "Address 2", transform: [{replace: {pattern: "[.]", with: ""}}]}
- provider: trackfinity
  key: {join: [No, Name], with: "/"}
  fields:
    customer_id: {value: c1}
    email: {column: Lang, transform: [{date: {from: [DD.MM.YY, excel], to: D/M/YYYY, years_from: 1930}}, {phone: {region: DE, check: possible}}]}
    city: {column: ZIP, transform: [{number: {decimal: ",", group: ".", scale: 2, round: half_up}}, {bool: {true: [ja], false: [nein, aus]}}]}
    password: {column: Name, lookup: {file: codes.csv, key: Code, value: Name}}
- provider: trackfinity
  operation: lock_customer
  key: {expr: No + Name}
  fields: {customer_id: No}
`

func meaningOf(t interface{ Fatal(...any) }, file, src string) map[string]Clause {
	m, err := Parse(file, []byte(src), testFolder())
	if err != nil {
		t.Fatal(err, src)
	}
	b, err := m.Bind(testHeader(), testTargets())
	if err != nil {
		t.Fatal(err, src)
	}
	out := map[string]Clause{}
	for _, c := range b.Meaning() {
		out[c.Path] = c
	}
	return out
}

// different lists the paths of the clauses that only one of two meanings has, or that differ.
func different(a, b map[string]Clause) []string {
	var out []string
	for path := range maps.Keys(a) {
		if a[path] != b[path] {
			out = append(out, path)
		}
	}
	for path := range maps.Keys(b) {
		if _, both := a[path]; !both {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// edit changes one place of meant.
type edit struct {
	old, changed string
	want         []string // paths
	covers       string   // keys of the format, as type.key
}

func edits() map[string]edit {
	const first, second, third = "requests.billing.", "requests.set_customer_details.", "requests.lock_customer."
	one := func(path string) []string { return []string{path} }
	return map[string]edit{
		"delimiter":         {`delimiter: ";"`, `delimiter: tab`, one("source.delimiter"), "sourceDoc.delimiter fileDoc.source"},
		"encoding left out": {"  encoding: windows-1252\n", "", one("source.encoding"), "sourceDoc.encoding"},
		"header line":       {"header: 3", "header: 4", one("source.header"), "sourceDoc.header"},
		"sheet":             {"sheet: Contacts", "sheet: \"2\"", one("source.sheet"), "sourceDoc.sheet"},
		"one more null":     {`"-"]`, `"-", "n/a"]`, one("source.null"), "sourceDoc.null"},
		"provider": {
			"provider: trackfinity\n  operation: lock_customer\n  key: {expr: No + Name}\n  fields: {customer_id: No}",
			"id: lock_customer\n  provider: cleverbridge\n  key: {expr: No + Name}\n  fields: {SubscriptionId: No, ContactType: {value: BillingContact}, Contact.CountryId: {value: DE}}",
			[]string{third + "fields.Contact.CountryId", third + "fields.ContactType", third + "fields.SubscriptionId", third + "fields.customer_id", third + "operation", third + "provider"},
			"requestDoc.provider",
		},
		"operation": {
			"  operation: lock_customer\n  key: {expr: No + Name}\n  fields: {customer_id: No}",
			"  id: lock_customer\n  operation: set_customer_details\n  key: {expr: No + Name}\n  fields: {customer_id: No, city: Name}",
			[]string{third + "fields.city", third + "operation"},
			"requestDoc.operation",
		},
		"when":          {`== "Active"`, `== "active"`, one(first + "when"), "requestDoc.when"},
		"when left out": {"  when: Status == \"Active\" && Country != \"XX\"\n", "", one(first + "when"), ""},
		"id": {
			"  operation: lock_customer\n", "  operation: lock_customer\n  id: lock\n",
			[]string{
				"requests", "requests.lock.fields.customer_id", "requests.lock.key", "requests.lock.operation", "requests.lock.provider",
				third + "fields.customer_id", third + "key", third + "operation", third + "provider",
			},
			"requestDoc.id",
		},
		"key's column":        {"key: {column: No,", "key: {column: Name,", one(first + "key"), "keyDoc.column requestDoc.key"},
		"key's transform":     {"[upper]", "[lower]", one(first + "key"), "keyDoc.transform"},
		"key's join":          {"key: {join: [No, Name]", "key: {join: [Name, No]", one(second + "key"), "keyDoc.join"},
		"key's with":          {`with: "/"`, `with: "+"`, one(second + "key"), "keyDoc.with"},
		"key's expr":          {"key: {expr: No + Name}", "key: {expr: Name + No}", one(third + "key"), "keyDoc.expr"},
		"key left out":        {"  key: {expr: No + Name}\n", "", one(third + "key"), ""},
		"column":              {"fields: {customer_id: No}", "fields: {customer_id: ZIP}", one(third + "fields.customer_id"), "fieldDoc.column requestDoc.fields"},
		"constant":            {"value: c1", "value: c2", one(second + "fields.customer_id"), "fieldDoc.value"},
		"expression":          {`"Ms"`, `"Mrs"`, one(first + "fields.Contact.Title"), "fieldDoc.expr"},
		"blank in its text":   {`"Ms"`, `"M s"`, one(first + "fields.Contact.Title"), ""},
		"order of a join":     {"join: [Name, Salutation]", "join: [Salutation, Name]", one(first + "fields.Contact.Firstname"), "fieldDoc.join"},
		"what joins":          {`with: "-"`, `with: "_"`, one(first + "fields.Contact.Firstname"), "fieldDoc.with"},
		"order of transforms": {"[trim, {truncate: 9}]", "[{truncate: 9}, trim]", one(first + "fields.Contact.Firstname"), "fieldDoc.transform"},
		"number of one":       {"truncate: 9", "truncate: 8", one(first + "fields.Contact.Firstname"), "number"},
		"word of one":         {"transform: [{country: alpha2}]", "transform: [{country: alpha3}]", one(first + "fields.Contact.CountryId"), "countryForm"},
		"width of one":        {"width: 5", "width: 6", one(first + "fields.Contact.PostalCode"), "padLeftArg.width"},
		"filler of one":       {`with: "0"`, `with: "1"`, one(first + "fields.Contact.PostalCode"), "padLeftArg.with"},
		"pattern of one":      {"[.]", "[,]", one(first + "fields.Contact.Street2"), "replaceArg.pattern"},
		"replacement of one":  {`with: ""`, `with: "."`, one(first + "fields.Contact.Street2"), "replaceArg.with"},
		"dates' layouts":      {"[DD.MM.YY, excel]", "DD.MM.YY", one(second + "fields.email"), "dateArg.from"},
		"dates' target":       {"to: D/M/YYYY", "to: M/D/YYYY", one(second + "fields.email"), "dateArg.to"},
		"dates' century":      {"years_from: 1930", "years_from: 1940", one(second + "fields.email"), "dateArg.years_from"},
		"phones' region":      {"region: DE", "region: AT", one(second + "fields.email"), "phoneArg.region"},
		"phones' check":       {"check: possible", "check: valid", one(second + "fields.email"), "phoneArg.check"},
		"numbers' point":      {`decimal: ",", group: "."`, `decimal: ".", group: "'"`, one(second + "fields.city"), "numberArg.decimal"},
		"numbers' groups":     {`group: "."`, `group: " "`, one(second + "fields.city"), "numberArg.group"},
		"numbers' scale":      {"scale: 2", "scale: 3", one(second + "fields.city"), "numberArg.scale"},
		"numbers' rounding":   {"round: half_up", "round: down", one(second + "fields.city"), "numberArg.round"},
		"words for true":      {"true: [ja]", "true: [ja, an]", one(second + "fields.city"), "boolArg.true"},
		"words for false":     {"false: [nein, aus]", "false: [nein]", one(second + "fields.city"), "boolArg.false"},
		"lookup's value":      {"b: BillingContact", "b: DeliveryContact", one(first + "fields.ContactType"), "fieldDoc.lookup"},
		"lookup's key":        {"b: BillingContact", "c: BillingContact", one(first + "fields.ContactType"), ""},
		"column of its file":  {"value: Name}", "value: Note}", one(second + "fields.password"), "lookupFileDoc.value"},
		"key of its file":     {"key: Code,", "key: Note,", one(second + "fields.password"), "lookupFileDoc.key"},
		"its file":            {"file: codes.csv", "file: folder/same.csv", one(second + "fields.password"), "lookupFileDoc.file"},
		"otherwise":           {"otherwise: DeliveryContact", "otherwise: keep", one(first + "fields.ContactType"), "fieldDoc.otherwise"},
		"otherwise left out":  {", otherwise: DeliveryContact", "", one(first + "fields.ContactType"), ""},
		"default":             {"default: de", "default: en", one(first + "fields.Contact.LanguageId"), "fieldDoc.default"},
		"on_empty":            {"on_empty: reject", "on_empty: send", one(first + "fields.Contact.CountryId"), "fieldDoc.on_empty"},
		"one field less":      {"    Contact.LanguageId: {column: Lang, default: de}\n", "", one(first + "fields.Contact.LanguageId"), ""},
		"one request less": {
			"- provider: trackfinity\n  operation: lock_customer\n  key: {expr: No + Name}\n  fields: {customer_id: No}\n", "",
			[]string{"requests", third + "fields.customer_id", third + "key", third + "operation", third + "provider"},
			"fileDoc.requests",
		},
	}
}

func TestEachChangeAltersItsClause(t *testing.T) {
	before := meaningOf(t, "map.yaml", meant)
	for name, e := range edits() {
		t.Run(name, func(t *testing.T) {
			if strings.Count(meant, e.old) != 1 {
				t.Fatalf("%q stands %d times in the mapping", e.old, strings.Count(meant, e.old))
			}
			after := meaningOf(t, "map.yaml", strings.Replace(meant, e.old, e.changed, 1))
			if got := different(before, after); !slices.Equal(got, e.want) {
				t.Errorf("changed: %v, want %v", got, e.want)
			}
		})
	}
}

func TestWhatMeansTheSame(t *testing.T) {
	cases := map[string]struct{ old, changed string }{
		"another name":                     {"name: weekly contacts", "name: monthly"},
		"no name":                          {"name: weekly contacts\n", ""},
		"columns that must be there":       {"columns: [No]", "columns: [No, Name]"},
		"a comment":                        {"requests:", "# not a word of this\nrequests: # nor this"},
		"quotes":                           {"provider: cleverbridge", `"provider": 'cleverbridge'`},
		"the order of keys":                {"  delimiter: \";\"\n  encoding: windows-1252\n", "  encoding: windows-1252\n  delimiter: \";\"\n"},
		"the order of nulls":               {`["NULL", "-"]`, `["-", "NULL", "-", ""]`},
		"the order of fields":              {"    SubscriptionId: No\n    ContactType: {column: Status, lookup: {a: LicenseeContact, b: BillingContact}, otherwise: DeliveryContact}\n", "    ContactType: {lookup: {b: BillingContact, a: LicenseeContact}, otherwise: DeliveryContact, column: Status}\n    SubscriptionId: No\n"},
		"another case of the encoding":     {"windows-1252", "Windows-1252"},
		"the long form of a column":        {"SubscriptionId: No", "SubscriptionId: {column: No}"},
		"a default id":                     {"  operation: lock_customer\n", "  operation: lock_customer\n  id: lock_customer\n"},
		"a default operation":              {"  operation: update_contact\n", ""},
		"a default transform":              {"SubscriptionId: No", "SubscriptionId: {column: No, transform: []}"},
		"a default on_empty":               {"SubscriptionId: No", "SubscriptionId: {column: No, on_empty: omit}"},
		"a default default":                {"SubscriptionId: No", `SubscriptionId: {column: No, default: ""}`},
		"a default otherwise":              {"value: Name}}", "value: Name}, otherwise: reject}"},
		"the filler that is the default":   {`width: 5, with: "0"`, "width: 5"},
		"the replacement by nothing":       {`pattern: "[.]", with: ""`, `pattern: "[.]"`},
		"the order of words for false":     {"[nein, aus]", "[Aus, nein, NEIN]"},
		"one word without a list":          {"true: [ja]", "true: ja"},
		"the long form of a lookup":        {"{a: LicenseeContact, b: BillingContact}", "{table: {a: LicenseeContact, b: BillingContact}}"},
		"a lookup's file, written out":     {"{file: codes.csv, key: Code, value: Name}", `{A: LicenseeContact, "B ": BillingContact}`},
		"blanks and quotes of expressions": {`{expr: 'Salutation == "Frau" ? "Ms" : "Mr"'}`, "\n        expr: |\n          Salutation=='Frau' // as it is written here\n            ? 'Ms': \"Mr\"\n"},
	}
	before := meaningOf(t, "map.yaml", meant)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if strings.Count(meant, c.old) != 1 {
				t.Fatalf("%q stands %d times in the mapping", c.old, strings.Count(meant, c.old))
			}
			after := meaningOf(t, "elsewhere/other.yaml", strings.Replace(meant, c.old, c.changed, 1))
			if got := different(before, after); got != nil {
				t.Errorf("changed: %v", got)
			}
		})
	}
}

func TestDefaultsOfTheHeaderAndOfJoins(t *testing.T) {
	plain := meaningOf(t, "map.yaml", oneField("{join: [Name, ZIP]}"))
	if got := different(plain, meaningOf(t, "map.yaml", oneField(`{join: [Name, ZIP], with: " "}`)+"source: {header: 1, null: []}\n")); got != nil {
		t.Errorf("changed: %v", got)
	}
	for short, long := range map[string]string{
		"number":                           `{number: {decimal: ".", group: ""}}`,
		"phone":                            "{phone: {check: valid}}",
		"bool":                             "{bool: {false: [" + strings.Join(boolDefaults(false), ", ") + "]}}",
		"{date: {from: [DD.MM.YYYY]}}":     "{date: {to: YYYY-MM-DD, from: DD.MM.YYYY}}",
		"{number: {scale: 2, group: '’'}}": "{number: {scale: 2, group: '’', decimal: .}}",
	} {
		form := func(transform string) map[string]Clause {
			return meaningOf(t, "map.yaml", oneField("{column: Name, transform: ["+transform+"]}"))
		}
		if got := different(form(short), form(long)); got != nil {
			t.Errorf("%s is another than %s: %v", short, long, got)
		}
	}
	if different(meaningOf(t, "m", oneField("Name")), meaningOf(t, "m", oneField("{value: Name}"))) == nil {
		t.Error("a column and a constant of the same text mean the same")
	}
}

func TestTheContentOfALookupFileCounts(t *testing.T) {
	src := oneField("{column: Name, lookup: {file: codes.csv, key: Code, value: Name}}")
	read := func(content string) []Clause {
		folder := testFolder()
		folder["codes.csv"].Data = []byte(content)
		m, err := Parse("map.yaml", []byte(src), folder)
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.Bind(testHeader(), testTargets())
		if err != nil {
			t.Fatal(err)
		}
		return b.Meaning()
	}
	one := read("Code,Name\nA,B\nC,D\n")
	if !slices.Equal(one, read("Code;Name;Note\nC;D;x\nA;B;y\n")) {
		t.Error("the order of lines and other columns count")
	}
	if slices.Equal(one, read("Code,Name\nA,B\nC,E\n")) {
		t.Error("another value does not count")
	}
}

// TestNoKeyIsForgotten fails when the format gets a key that no edit above is about.
func TestNoKeyIsForgotten(t *testing.T) {
	covered := map[string]bool{"fileDoc.version": true, "fileDoc.name": true, "sourceDoc.columns": true}
	for _, e := range edits() {
		for _, key := range strings.Fields(e.covers) {
			covered[key] = true
		}
	}
	types := []reflect.Type{
		reflect.TypeFor[fileDoc](), reflect.TypeFor[sourceDoc](), reflect.TypeFor[requestDoc](), reflect.TypeFor[fieldDoc](),
		reflect.TypeFor[keyDoc](), reflect.TypeFor[lookupFileDoc](),
	}
	for _, def := range transforms() {
		if def.arg == nil {
			continue
		}
		types = append(types, def.arg)
		if len(keysOf(def.arg)) == 0 && !covered[def.arg.Name()] {
			t.Errorf("no edit is about %s of transform %s", def.arg.Name(), def.name)
		}
		for i := range def.arg.NumField() {
			f := def.arg.Field(i)
			key := f.Tag.Get("yaml")
			_, settled := transformDefaults()[def.name][key]
			if optional := key != "" && !strings.Contains(f.Tag.Get("jsonschema"), "required"); optional && !settled {
				t.Errorf("transform %s can leave out %s, and its default is not known to the meaning", def.name, key)
			}
		}
	}
	for _, typ := range types {
		for _, key := range keysOf(typ) {
			if !covered[typ.Name()+"."+key] {
				t.Errorf("no edit is about key %s of %s", key, typ.Name())
			}
		}
	}
	if got := reflect.TypeFor[SourceOptions]().NumField(); got != len(keysOf(reflect.TypeFor[sourceDoc]())) {
		t.Errorf("%d source options, and the format has other keys", got)
	}
}

// TestOrderOfRequestsCounts is about requests that are otherwise the same.
func TestOrderOfRequestsCounts(t *testing.T) {
	const head, a, b = "version: 1\nrequests:\n", "- {id: a, provider: trackfinity, operation: lock_customer, fields: {customer_id: No}}\n", "- {id: b, provider: trackfinity, operation: lock_customer, fields: {customer_id: Name}}\n"
	if got := different(meaningOf(t, "m", head+a+b), meaningOf(t, "m", head+b+a)); !slices.Equal(got, []string{"requests"}) {
		t.Errorf("changed: %v", got)
	}
}

func TestLayoutMeansNothing(t *testing.T) {
	before := meaningOf(t, "map.yaml", meant)
	rapid.Check(t, func(r *rapid.T) {
		var root yaml.Node
		if err := yaml.Unmarshal([]byte(meant), &root); err != nil {
			r.Fatal(err)
		}
		relayout(&root, rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0)), rapid.Bool().Draw(r, "comments"))
		src, err := yaml.Marshal(&root)
		if err != nil {
			r.Fatal(err)
		}
		if got := different(before, meaningOf(r, "map.yaml", string(src))); got != nil {
			r.Errorf("changed: %v by\n%s", got, src)
		}
	})
}

// relayout writes a document's keys in another order and its texts in other quotes, and
// either some parts in one line, or comments: the library cannot write both.
func relayout(n *yaml.Node, r *rand.Rand, comments bool) {
	switch n.Kind {
	case yaml.MappingNode:
		r.Shuffle(len(n.Content)/2, func(i, j int) {
			n.Content[2*i], n.Content[2*j] = n.Content[2*j], n.Content[2*i]
			n.Content[2*i+1], n.Content[2*j+1] = n.Content[2*j+1], n.Content[2*i+1]
		})
		fallthrough
	case yaml.SequenceNode:
		if n.Style = 0; !comments && r.IntN(2) == 0 {
			n.Style = yaml.FlowStyle
		}
	case yaml.ScalarNode:
		n.Tag = "!!str"
		n.Style = []yaml.Style{yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle}[r.IntN(2)]
	default: // the document itself
	}
	if comments && n.Kind == yaml.ScalarNode && r.IntN(3) == 0 {
		n.HeadComment = "# a remark"
	}
	for _, c := range n.Content {
		relayout(c, r, comments)
	}
}
