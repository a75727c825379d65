package cli

import (
	"fmt"
	"strings"

	"rowpost/providers"
)

// ofProvider gives what stands behind a text's equals sign. What stands before it is held
// against the built-in providers, the mapping's are not known yet: see [load.checkPaces].
func (p *Program) ofProvider(text, example string) (string, error) {
	name, behind, found := strings.Cut(text, "=")
	if !found {
		return "", fmt.Errorf("no provider is named: write it as %s", example)
	}
	if _, err := p.provider(name); err != nil && !mayBeDeclared(name) {
		return "", err
	}
	return behind, nil
}

// mayBeDeclared says whether a name can be that of a provider that a file describes.
func mayBeDeclared(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func (p *Program) checkRate(text string) error {
	windows, err := p.ofProvider(text, "cleverbridge=10/s")
	if err == nil {
		_, err = providers.ParseWindows(windows)
	}
	return err
}

func (p *Program) checkInFlight(text string) error {
	number, err := p.ofProvider(text, "cleverbridge=4")
	if err == nil {
		_, err = parsePositive(number)
	}
	return err
}

// limitOf is the pace that a provider gets: what the flags say, else its default.
// The sandbox takes more, unless the flags say otherwise.
func (o *options) limitOf(d providers.Description) providers.Limit {
	limit := d.Limit
	if o.sandbox {
		limit.Windows = []providers.Window{sandboxPace()}
	}
	for _, item := range o.rates {
		if name, val, _ := strings.Cut(item, "="); name == d.Name {
			// The flag's own check has refused what cannot be read.
			limit.Windows, _ = providers.ParseWindows(val)
		}
	}
	for _, item := range o.inFlight {
		if name, val, _ := strings.Cut(item, "="); name == d.Name {
			limit.InFlight, _ = parsePositive(val)
		}
	}
	limit.InFlight = max(1, limit.InFlight)
	return limit
}

// aboveLimit says in which way a limit goes beyond the one that a vendor publishes;
// empty: it does not.
func aboveLimit(limit, published providers.Limit) string {
	for _, w := range published.Windows {
		if most := mostWithin(limit.Windows, w); most > w.N {
			return fmt.Sprintf("up to %d requests in %s, and the provider documents %s", most, w.Per, published)
		}
	}
	if published.InFlight > 0 && limit.InFlight > published.InFlight {
		return fmt.Sprintf("%d requests in flight, and the provider documents %s", limit.InFlight, published)
	}
	return ""
}

// mostWithin is how many requests the windows let through in the span of one that is
// published.
func mostWithin(windows []providers.Window, published providers.Window) int {
	const unlimited = int(^uint(0) >> 1)
	most := unlimited
	for _, w := range windows {
		n := w.N
		if w.Per < published.Per {
			n = int(float64(w.N) * float64(published.Per) / float64(w.Per))
		} else if w.Per <= pacedSpan {
			// A short window is paced evenly: a shorter span gets its share only.
			n = int(float64(w.N) * float64(published.Per) / float64(w.Per))
		}
		most = min(most, n)
	}
	return most
}
