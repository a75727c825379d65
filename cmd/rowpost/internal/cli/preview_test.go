package cli

import (
	"testing"

	"rowpost/mapping"
)

// The mask of a value is one that its field takes: else there would be no preview.
func TestMaskAs(t *testing.T) {
	for _, c := range []struct {
		field      mapping.Field
		text, want string
	}{
		{mapping.Field{}, "Äb 1", "Xx 9"},
		{mapping.Field{Format: mapping.FormatNumber}, "-10.50", "-99.99"},
		{mapping.Field{Format: mapping.FormatNumber}, "1e5", "9"},
		{mapping.Field{Format: mapping.FormatInteger}, "1234", "9999"},
		{mapping.Field{Format: mapping.FormatBoolean}, "false", "false"},
	} {
		if got := maskAs(c.field, c.text); got != c.want {
			t.Errorf("%s of %q is %q, want %q", c.field.Format, c.text, got, c.want)
		}
		if refused := c.field.Refuse(maskAs(c.field, c.text)); refused != nil {
			t.Errorf("the mask of %q is refused: %v", c.text, refused)
		}
	}
}
