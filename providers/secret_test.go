package providers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"rowpost/providers"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	const text = "hush-hush"
	s := providers.NewSecret(text)
	holder := struct{ S providers.Secret }{s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %p"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", &holder)
	}
	encoded, err := json.Marshal(map[string]any{"secret": s, "holder": holder})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	slog.New(slog.NewTextHandler(&out, nil)).Info("message", "secret", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("message", "secret", s, "holder", holder)
	for _, form := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret is visible as %s", form)
		}
	}
	if s.Reveal() != text || s.Empty() || !providers.NewSecret("").Empty() {
		t.Error("the sender does not get the secret")
	}
}
