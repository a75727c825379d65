package batch

import (
	"net/url"
	"strings"

	"rowpost/providers"
)

// Identity says which account of a provider this is, without any secret: its address in
// one spelling, and by their names the variables that are no secrets (a user name, a brand).
func (a Account) Identity(d providers.Description) (baseURL string, as map[string]string) {
	as = map[string]string{}
	for _, v := range d.Variables {
		if value := a.Values[v.Name]; !v.Secret && !value.Empty() {
			as[v.Name] = value.Reveal()
		}
	}
	baseURL = strings.TrimRight(a.BaseURL, "/")
	if u, err := url.Parse(baseURL); err == nil {
		u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
		baseURL = u.String()
	}
	return baseURL, as
}
