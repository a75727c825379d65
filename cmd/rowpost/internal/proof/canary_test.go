package proof

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"
)

func TestSearchFindsEachForm(t *testing.T) {
	const secret = `p+ss/w=rd "x" 42`
	for name, text := range map[string]string{
		"as it is":                          "a " + secret + " b",
		"base64 alone":                      base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 behind one byte":            base64.StdEncoding.EncodeToString([]byte("u" + secret)),
		"base64 behind two bytes":           base64.StdEncoding.EncodeToString([]byte("u:" + secret)),
		"base64 between others":             base64.StdEncoding.EncodeToString([]byte("user:" + secret + "\n")),
		"URL base64 between others":         base64.URLEncoding.EncodeToString([]byte("user:" + secret + "??>")),
		"in a form":                         "password=" + url.QueryEscape(secret) + "&x=y",
		"in a path":                         "/a/" + url.PathEscape(secret),
		"in hexadecimal":                    "x" + hex.EncodeToString([]byte(secret)),
		"in a JSON text":                    `{"p":"p+ss/w=rd \"x\" 42"}`,
		"a form's value, as base64 in turn": base64.StdEncoding.EncodeToString([]byte("id:" + url.QueryEscape(secret))),
	} {
		t.Run(name, func(t *testing.T) {
			planted := map[string]string{"the secret": secret, "its form": url.QueryEscape(secret)}
			if found := Search([]byte(text), planted); len(found) == 0 {
				t.Error("not found")
			}
		})
	}
	if found := Search([]byte("nothing of the kind, only pass/w=rd x 42"), map[string]string{"the secret": secret}); len(found) > 0 {
		t.Errorf("found what is not there: %v", found)
	}
}
