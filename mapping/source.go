package mapping

import "strings"

// sourceKind is the form in which a value's source is written.
type sourceKind uint8

const (
	fromColumn sourceKind = iota + 1
	fromConstant
	fromExpr
	fromJoin
)

// onEmpty says what becomes of a field whose result is empty.
type onEmpty uint8

const (
	emptyOmit onEmpty = iota
	emptyReject
	emptySend
	emptyClear
)

func onEmptyWords() []string { return []string{"omit", "reject", "send", "clear"} }

// otherwise says what becomes of a value that the lookup's table has not.
type otherwise uint8

const (
	missReject otherwise = iota
	missKeep
	missOmit
	missText
)

// source is where a value comes from and what is done to it, by the file alone.
type source struct {
	at        pos
	doc       *fieldDoc
	kind      sourceKind
	column    text   // fromColumn
	columns   []text // fromJoin
	with      string // fromJoin
	constant  text   // fromConstant
	expr      *expression
	transform []transform
	lookup    *lookup
	otherwise otherwise
	missText  text
	fallback  *text // default
	onEmpty   onEmpty
	onEmptyAt pos
}

// source checks the parts of a field's source and puts them together.
func (d *decoder) source(doc *fieldDoc) *source {
	s := &source{at: doc.at, doc: doc, fallback: doc.Default}
	d.sourceForm(doc, s)
	for _, t := range doc.Transform {
		if t.apply != nil {
			s.transform = append(s.transform, t.apply)
		}
	}
	if doc.Lookup != nil {
		s.lookup = d.lookupOf(doc.Lookup)
	}
	d.sourceMiss(doc, s)
	if doc.OnEmpty != nil {
		d.sourceEmpty(*doc.OnEmpty, s)
	}
	return s
}

// sourceForm finds out which of the forms it is; it must be exactly one.
func (d *decoder) sourceForm(doc *fieldDoc, s *source) {
	var forms []string
	has := func(form string, there bool, kind sourceKind) {
		if there {
			forms = append(forms, form)
			s.kind = kind
		}
	}
	has("column", doc.Column != nil, fromColumn)
	has("value", doc.Value != nil, fromConstant)
	has("expr", doc.Expr != nil, fromExpr)
	has("join", doc.Join != nil, fromJoin)
	switch {
	case len(forms) == 0 && !doc.broken:
		d.add(doc.at, "", "a value comes from exactly one of column, value, expr or join, and none is here")
	case len(forms) > 1:
		d.add(doc.at, "", "a value comes from exactly one of column, value, expr or join; here are %s", strings.Join(forms, " and "))
	}
	switch s.kind {
	case fromColumn:
		s.column = *doc.Column
	case fromConstant:
		s.constant = *doc.Value
	case fromExpr:
		s.expr = d.expression(*doc.Expr)
	case fromJoin:
		s.columns, s.with = doc.Join, " "
		if len(doc.Join) == 0 {
			d.add(doc.at, "write it as join: [First, Last]", "join names no column")
		}
	}
	if doc.With != nil {
		s.with = doc.With.s
		if doc.Join == nil {
			d.add(doc.With.at, "", "with says what stands between joined columns, and there is no join here")
		}
	}
}

func (d *decoder) sourceMiss(doc *fieldDoc, s *source) {
	if doc.Otherwise == nil {
		return
	}
	if doc.Lookup == nil {
		d.add(doc.Otherwise.at, "for an empty value there is: default", "otherwise belongs to a lookup, and there is none here")
	}
	switch doc.Otherwise.s {
	case "reject":
		s.otherwise = missReject
	case "keep":
		s.otherwise = missKeep
	case "omit":
		s.otherwise = missOmit
	default:
		s.otherwise, s.missText = missText, *doc.Otherwise
	}
}

func (d *decoder) sourceEmpty(t text, s *source) {
	s.onEmptyAt = t.at
	for i, word := range onEmptyWords() {
		if word == t.s {
			s.onEmpty = onEmpty(i)
			return
		}
	}
	d.add(t.at, "", "on_empty is %s, not %q%s", listed(onEmptyWords()), t.s, didYouMean(t.s, onEmptyWords()))
}
