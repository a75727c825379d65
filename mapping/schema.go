package mapping

import "strings"

// Schema describes what an operation of a provider takes: its fields, and the
// rules between them.
type Schema struct {
	Fields []Field
	Groups []Group
	// Key lists the fields that name the object which a request changes. The first
	// of them that a record has is its key: records of one key are sent in the
	// table's order and never at once.
	Key []KeyField
}

// Field is one value that an operation takes.
type Field struct {
	// Name is the API's own, nested ones with a dot: Contact.EMail.
	Name     string
	Required bool
	// Enum lists the values that are taken, in their exact case; empty: any.
	Enum []string
	// MaxLen is the greatest length in characters (Unicode code points); 0: none is known.
	MaxLen int
	Format Format
	// Clear is the text by which the API empties the field; empty: it cannot be cleared.
	// It is sent when the mapping asks for it, and refused when it comes from data.
	Clear string
	// ClearNull says that the API empties the field by null, which no text can be taken for.
	ClearNull bool
	// Separator says that the field is a list: it stands between the items in the field's
	// text. Enum, MaxLen, Format and Reserved hold for each item. Empty: a single value.
	Separator string
	// Reserved lists further texts that are refused when they come from data.
	Reserved []string
	// Secret values stand in no log, preview, report, journal or result.
	Secret bool
	// Help is one line for people: what it is, and where the API's word for it is not plain.
	Help string
}

// Clearable says whether the API has a way to empty the field.
func (f *Field) Clearable() bool { return f.Clear != "" || f.ClearNull }

// Items gives the items of a list's text, without blanks around them and without empty
// ones; of a single value that itself.
func (f *Field) Items(text string) []string {
	if f.Separator == "" {
		return []string{text}
	}
	var items []string
	for item := range strings.SplitSeq(text, f.Separator) {
		if item, _ = trim(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// GroupKind says how many fields of a [Group] a record must have.
type GroupKind int

// The kinds of a group.
const (
	AtLeastOne GroupKind = iota + 1
	ExactlyOne
)

// Group is a rule over several fields of a [Schema].
type Group struct {
	Kind   GroupKind
	Fields []string // names of fields
}

// KeyField is a field that names the object which a request changes.
type KeyField struct {
	Field string
	// Of tells apart ids of different kinds: a customer 5 is not the subscription 5.
	Of string
	// Prefix may stand before an id or not, and names the same object: S5 is 5.
	Prefix string
}

// Index gives the position of a field by its name, -1 if there is none.
func (s *Schema) Index(name string) int {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Format is the shape that a field's text must have. It is checked by shape only:
// nobody asks whether the address exists.
type Format string

// The formats. An empty format takes any text.
const (
	FormatEmail       Format = "email"        // one @, something on both sides of it, no blanks or control characters
	FormatE164        Format = "e164"         // + and 6 to 15 digits (ITU-T E.164)
	FormatCountry2    Format = "country2"     // two capital letters (ISO 3166-1 alpha-2)
	FormatCountry     Format = "country"      // two or three capital letters (ISO 3166-1 alpha-2 or alpha-3)
	FormatLanguage    Format = "language"     // two small letters (ISO 639-1)
	FormatDigits      Format = "digits"       // decimal digits only
	FormatNumber      Format = "number"       // as JSON writes numbers (RFC 8259): digits, a point before decimals, no leading zeros
	FormatInteger     Format = "integer"      // a number without point and exponent
	FormatBoolean     Format = "boolean"      // true or false
	FormatPathSegment Format = "path_segment" // may stand in a URL's path: not empty, not "." or "..", no control characters
)

// Presence says what a record holds of a field.
type Presence uint8

// A field is not sent, sent with its text (which may be empty), or cleared.
const (
	Absent Presence = iota
	Present
	Cleared
)

// Value is what a record holds of one field.
type Value struct {
	Text string // only for Present
	Is   Presence
}

// Record is what one request of a row says: values by their position in the schema.
type Record struct {
	Schema *Schema
	// Values has one element for each of Schema.Fields. It belongs to the evaluator
	// that made it and is overwritten with the next row.
	Values []Value
	// Key names the object that the request changes; empty: nothing is known of it.
	Key string
}

// Get gives the text of the field at position i, and whether it is to be sent.
func (r *Record) Get(i int) (string, bool) {
	return r.Values[i].Text, r.Values[i].Is == Present
}
