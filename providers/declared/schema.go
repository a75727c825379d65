package declared

import (
	"slices"

	"rowpost/mapping"
)

// schema is the operation's as mappings see it.
func (op *Operation) schema() *mapping.Schema {
	s := &mapping.Schema{}
	inAddress := pathFields(op.Path)
	for i := range op.Fields {
		f := op.Fields[i].field()
		if slices.Contains(inAddress, f.Name) {
			f.Required = true
			if f.Format == "" {
				f.Format = mapping.FormatPathSegment
			}
		}
		s.Fields = append(s.Fields, f)
	}
	for _, g := range op.Groups {
		if len(g.ExactlyOne) > 0 {
			s.Groups = append(s.Groups, mapping.Group{Kind: mapping.ExactlyOne, Fields: g.ExactlyOne})
		} else {
			s.Groups = append(s.Groups, mapping.Group{Kind: mapping.AtLeastOne, Fields: g.AtLeastOne})
		}
	}
	for _, k := range op.Key {
		s.Key = append(s.Key, mapping.KeyField{Field: k.Field, Of: k.Of, Prefix: k.Prefix})
	}
	return s
}

func (f *Field) field() mapping.Field {
	out := mapping.Field{
		Name: f.Name, Required: f.Required, Enum: f.Enum, MaxLen: f.MaxLen, Format: mapping.Format(f.Format),
		Clear: f.Clear, ClearNull: f.ClearNull, Separator: f.Separator, Reserved: f.Reserved, Secret: f.Secret, Help: f.Help,
	}
	if typed := typeFormat(f.Type); typed != "" {
		out.Format = typed
	}
	return out
}

// typeFormat is the format of what is not written as a string.
func typeFormat(name string) mapping.Format {
	switch name {
	case "number":
		return mapping.FormatNumber
	case "integer":
		return mapping.FormatInteger
	case "boolean":
		return mapping.FormatBoolean
	}
	return ""
}
