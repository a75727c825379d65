package invisiblecollector

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/language"

	"rowpost/providers"
)

const findPath = "/customers/find"

// Lookup asks for the customer that the update is about.
func (u *update) Lookup(r providers.Request) (providers.Request, bool) {
	if _, ok := idOf(r.Path); !ok {
		return providers.Request{}, false
	}
	return providers.Request{Method: http.MethodGet, Path: r.Path, Header: getHeader}, true
}

// Settle takes an update for applied if the customer has every value that it sent. One
// that had them before counts too: all is as the row wants it.
func (u *update) Settle(asked, _ providers.Request, r providers.Response) providers.Outcome {
	customer, ok := providers.ParseObject(r.Body)
	if r.Status != http.StatusOK || r.Incomplete || !ok || isError(customer) {
		return conventions.Unsettled(r, "the lookup's answer is no customer")
	}
	id, named := idOf(asked.Path)
	gid, _ := customer.Text("gid")
	external, _ := customer.Text("externalId")
	// An update by externalId that sets another one stays in doubt: no answer shows both.
	if !named || !strings.EqualFold(gid, id) && external != id {
		return conventions.Unsettled(r, "the lookup's answer is about another customer, or does not say about whom")
	}
	return settle(asked, customer, r)
}

// idOf gives the customer that a path names.
func idOf(path string) (string, bool) {
	segment, ok := strings.CutPrefix(path, "/customers/")
	if !ok || strings.Contains(segment, "/") {
		return "", false
	}
	id, err := url.PathUnescape(segment)
	return id, err == nil && id != ""
}

// Lookup searches by the externalId, which is the user's own, or else by the VAT number.
func (c *create) Lookup(r providers.Request) (providers.Request, bool) {
	sent, ok := providers.ParseObject(r.Body)
	if !ok {
		return providers.Request{}, false
	}
	query := url.Values{}
	if id, _ := sent.Text("externalId"); id != "" {
		query.Set("externalId", id)
	} else if vat, _ := sent.Text("vatNumber"); vat != "" {
		query.Set("vat", vat)
	} else {
		return providers.Request{}, false
	}
	return providers.Request{Method: http.MethodGet, Path: findPath, Query: query.Encode(), Header: getHeader}, true
}

// Settle takes a customer for registered if exactly one is found, and it has every value
// that was sent. Less would do to know it again, but a customer who differs was there
// before, and the request was refused, or was changed since.
func (c *create) Settle(asked, _ providers.Request, r providers.Response) providers.Outcome {
	customer, ok := single(r.Body)
	if r.Status != http.StatusOK || r.Incomplete || !ok || isError(customer) {
		return conventions.Unsettled(r, "the lookup's answer is not exactly one customer")
	}
	out := settle(asked, customer, r)
	if out.Kind == providers.Succeeded && out.ID == "" {
		return conventions.Unsettled(r, "the lookup's answer has no gid")
	}
	return out
}

// single reads one customer, be it alone or in a list of one.
func single(body []byte) (providers.Object, bool) {
	body = bytes.TrimSpace(body)
	var list []json.RawMessage
	if len(body) > 0 && body[0] == '[' && json.Unmarshal(body, &list) == nil && len(list) == 1 {
		body = list[0]
	}
	return providers.ParseObject(body)
}

func isError(answer providers.Object) bool { return answer.Has("code") || answer.Has("message") }

// settle holds a customer against what a request sent.
func settle(asked providers.Request, customer providers.Object, r providers.Response) providers.Outcome {
	sent, ok := providers.ParseObject(asked.Body)
	if !ok || !sent.Has("country") { // each operation demands one
		return conventions.Unsettled(r, "the request has no customer to compare with")
	}
	for _, f := range customerFields() {
		if !sent.Has(f.Name) || agree(f.Name, sent, customer) {
			continue
		}
		out := conventions.Unsettled(r, "the lookup's answer has another "+f.Name+" than was sent, or none")
		out.Field = f.Name
		return out
	}
	gid, _ := customer.Text("gid")
	return providers.Outcome{Kind: providers.Succeeded, ID: providers.CleanID(gid)}
}

func agree(field string, sent, found providers.Object) bool {
	want, isText := sent.Text(field)
	got, has := found.Text(field)
	switch {
	case !isText || !has:
		return false
	case field == "country":
		return got == want || sameCountry(got, want)
	}
	return got == want
}

// sameCountry compares codes of two and of three letters.
func sameCountry(a, b string) bool {
	one, err := language.ParseRegion(a)
	if err != nil {
		return false
	}
	two, err := language.ParseRegion(b)
	return err == nil && one == two && one.IsCountry()
}
