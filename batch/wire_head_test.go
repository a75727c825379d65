package batch

import (
	"net/http"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The lines of a header never depend on what was sent before.
func TestHeaderLinesForgetTheLastRequest(t *testing.T) {
	text := rapid.SampledFrom([]string{"X-A", "X-B", "x-a", "1", "2", "", "bad\n", "Host"})
	header := rapid.MapOfN(text, rapid.SliceOfN(text, 0, 2), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		var l headerLines
		for _, h := range rapid.SliceOfN(header, 1, 8).Draw(t, "headers") {
			want, wantErr := appendHeader(nil, http.Header(h))
			err := l.become(http.Header(h))
			if err != wantErr || err == nil && !slices.Equal(l.text, want) {
				t.Fatalf("%q: %q, %v; not %q, %v", h, l.text, err, want, wantErr)
			}
		}
	})
}
