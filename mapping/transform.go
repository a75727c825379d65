package mapping

import (
	"reflect"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// transform turns one text into another, or says why it cannot. It is given no empty
// text, keeps nothing between calls, and is used by several goroutines at once.
type transform func(string) (string, *refusal)

// refusal says what is wrong with a text, without repeating it.
type refusal struct{ code, msg, hint string }

// it gives the reason for a text that stands in the mapping.
func (r *refusal) it() string {
	if rest, ok := strings.CutPrefix(r.msg, "value "); ok {
		return "it " + rest
	}
	return r.msg
}

func refuse(msg, hint string) *refusal { return &refusal{CodeBadValue, msg, hint} }

// transformDef is an entry of the register of transforms.
type transformDef struct {
	name string
	help string
	// arg is the type of what stands after the name; nil: nothing can.
	arg reflect.Type
	// bare says that it may stand by its name alone all the same.
	bare bool
	// build makes the transform from what stands after its name, nil where arg is nil.
	build func(d *decoder, arg *yaml.Node) transform
}

// transforms lists what `transform` can name. A new one is one entry here; the loader,
// its messages and schema.json read it from the list.
func transforms() []transformDef {
	return []transformDef{
		plainTransform("trim", "Removes blanks, line breaks and invisible characters at both ends.", trim),
		plainTransform("collapse_spaces", "Makes one blank of each run of blanks, tabs and line breaks.", collapseSpaces),
		plainTransform("upper", "All letters in upper case.", upper),
		plainTransform("lower", "All letters in lower case.", lower),
		plainTransform("title", "Each word with a capital letter first: Müller-Lüdenscheidt, O'Neill.", title),
		plainTransform("digits", "Keeps the digits 0 to 9 only.", digits),
		argTransform("pad_left", "Fills up on the left to a width in characters.", padLeft),
		argTransform("truncate", "Keeps so many characters from the left.", truncate),
		argTransform("replace", "Replaces what a regular expression (RE2) finds.", replace),
		argTransform("date", "Reads a date by layouts that are named, and writes it by another: 31.12.2026 to 2026-12-31.", date),
		orBare(argTransform("number", "Reads a number exactly and writes it with a point: 1.234,50- to -1234.50; (5) is -5.", numeral)),
		orBare(argTransform("bool", "Makes true or false of words for it, in any case.", boolean)),
		orBare(argTransform("phone", "Makes an E.164 phone number: 030 1234567 to +49301234567.", phone)),
		plainTransform("email", "Checks the shape of an email address.", email),
		argTransform("country", "ISO 3166-1 code or English name of a country, of a code or a name in one of many languages.", country),
		plainTransform("language", "ISO 639-1 code of a language, of a code, a tag such as de-AT, or a name in one of many languages.", languageCode),
	}
}

func plainTransform(name, help string, apply transform) transformDef {
	return transformDef{name: name, help: help, build: func(*decoder, *yaml.Node) transform { return apply }}
}

// argTransform is an entry for a transform that needs to be told something. The builder
// is given it decoded by its type, notes what is wrong with it, and gives nil then.
func argTransform[A any](name, help string, build func(*decoder, pos, A) transform) transformDef {
	return transformDef{name: name, help: help, arg: reflect.TypeFor[A](), build: func(d *decoder, n *yaml.Node) transform {
		var arg A
		before := len(d.list)
		d.value(n, reflect.ValueOf(&arg).Elem())
		if len(d.list) > before {
			return nil
		}
		return build(d, position(n), arg)
	}}
}

// orBare makes what stands after a transform's name optional.
func orBare(def transformDef) transformDef {
	def.bare = true
	return def
}

// none is what a transform is told by its name alone.
func none(at pos) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Line: at.line, Column: at.col}
}

// transform finds a transform by its name and builds it; nil if something is wrong.
func (d *decoder) transform(name text, arg *yaml.Node) transform {
	all := transforms()
	names := make([]string, len(all))
	for i, def := range all {
		if names[i] = def.name; def.name != name.s {
			continue
		}
		switch {
		case def.arg == nil && arg != nil:
			d.add(name.at, "", "transform %s stands by its name alone, nothing after it", name.s)
		case def.bare && arg == nil:
			return def.build(d, none(name.at))
		case def.arg != nil && arg == nil:
			d.add(name.at, "write it as "+exampleOf(name.s), "transform %s needs to be told more", name.s)
		default:
			return def.build(d, arg)
		}
		return nil
	}
	d.add(name.at, "the transforms are "+strings.Join(names, ", "), "unknown transform %q%s", name.s, didYouMean(name.s, names))
	return nil
}

func exampleOf(name string) string {
	switch name {
	case "pad_left":
		return `{pad_left: {width: 5, with: "0"}}`
	case "truncate":
		return "{truncate: 30}"
	case "replace":
		return `{replace: {pattern: "[.]", with: ""}}`
	case "country":
		return "{country: alpha2}"
	case "date":
		return "{date: {from: DD.MM.YYYY}}"
	}
	return "{" + name + ": ...}"
}
