package mapping

// step makes one field's value, or a key, of the rows of one table.
type step struct {
	source  *source
	target  *Field   // nil for a key
	field   int      // the target's position in the schema
	columns []int    // that it reads
	column  string   // the name of the column, if it reads just one
	program *program // fromExpr
	names   bool     // the target names the object that is changed
	value   *Value   // the same for all rows; nil: worked out for each
}

// derive applies transforms, lookup and default to a text. Omit says that the field is
// left out whatever else is said of empty ones. An empty text passes the transforms as
// it is: padding nothing must not make a number of it.
func (s *step) derive(text string) (out string, omit bool, bad *refusal) {
	for _, t := range s.source.transform {
		if text == "" {
			break
		}
		if text, bad = t(text); bad != nil {
			return "", false, bad
		}
	}
	if s.source.lookup != nil {
		if text, omit, bad = s.source.exchange(text); bad != nil || omit {
			return "", omit, bad
		}
	}
	if text == "" && s.source.fallback != nil {
		text = s.source.fallback.s
	}
	return text, false, nil
}

// exchange looks a text up. An empty one is looked up too, but need not be found.
func (s *source) exchange(text string) (out string, omit bool, bad *refusal) {
	if to, ok := s.lookup.to[text]; ok || text == "" {
		return to, false, nil
	}
	switch s.otherwise {
	case missReject:
	case missKeep:
		return text, false, nil
	case missOmit:
		return "", true, nil
	case missText:
		return s.missText.s, false, nil
	}
	return "", false, &refusal{
		code: CodeNoMatch, msg: "the value is not in the lookup table",
		hint: "add it to the table, or say otherwise: keep, omit or a text",
	}
}

// careful takes back the hint to cut or strip an id: that would name somebody else.
func (s *step) careful(bad *refusal) *refusal {
	if bad == nil || !s.names || bad.hint == "" || bad.code != CodeTooLong && bad.code != CodeBadFormat {
		return bad
	}
	bad.hint = "correct it in the table: an id that is cut or stripped names another object"
	return bad
}

// finish turns a raw text into what is sent as the field, and checks it.
func (s *step) finish(raw string) (Value, *refusal) {
	text, omit, bad := s.derive(raw)
	if bad != nil {
		return Value{}, bad
	}
	if text != "" {
		return Value{Text: text, Is: Present}, s.careful(s.target.refuse(text))
	}
	if s.target.Required {
		return Value{}, &refusal{CodeRequired, "required value is empty", s.target.Help}
	}
	if omit {
		return Value{}, nil
	}
	switch s.source.onEmpty {
	case emptyOmit:
	case emptyReject:
		return Value{}, &refusal{CodeRequired, "value is empty, and the mapping rejects that", ""}
	case emptySend:
		return Value{Is: Present}, nil
	case emptyClear:
		return Value{Is: Cleared}, nil
	}
	return Value{}, nil
}
