package providers

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a text that is never printed: in every format and encoding it is
// "[redacted]". Only the sender of requests may call Reveal.
type Secret struct{ text string }

// NewSecret wraps a text that must not be seen.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal gives the text. It is the sender's alone; a test of the house sees to that.
func (s Secret) Reveal() string { return s.text }

// Empty says whether there is no text.
func (s Secret) Empty() bool { return s.text == "" }

// String hides the text.
func (s Secret) String() string { return redacted }

// GoString hides the text.
func (s Secret) GoString() string { return redacted }

// Format hides the text under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText hides the text, in JSON and YAML too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue hides the text in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
