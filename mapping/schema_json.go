package mapping

import (
	_ "embed"
	"slices"
)

//go:generate go test -run TestSchemaIsCurrent . -update

//go:embed schema.json
var schemaJSON []byte

// SchemaJSON is the JSON Schema (draft 2020-12) of a mapping file, for editors to
// complete and check it. The loader checks what a schema cannot say as well: whether
// expressions, patterns and lookup files are sound.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }
