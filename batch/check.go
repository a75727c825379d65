package batch

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"rowpost/providers"
)

// Checked is what a trial of a provider's address and credentials found.
type Checked struct {
	// Stop is nil if address and credentials are good.
	Stop *Stop
	// Status is that of the answer; 0: there was none, or only a token was fetched.
	Status int
	// Tried says what was done, in words.
	Tried string
}

// Check tries address and credentials of a provider by the request that its
// description has for it. It touches no customer.
func Check(ctx context.Context, p providers.Provider, account Account, o Options) (Checked, error) {
	d := p.Describe()
	s, err := newSender(d, account, o)
	if err != nil {
		return Checked{}, err
	}
	defer s.close()
	if d.Check == nil {
		return Checked{Tried: "nothing: the provider has no request that touches no customer"}, nil
	}
	if d.Check.Request.Method == "" {
		_, failure := s.auth.apply(ctx, http.Header{})
		return Checked{Stop: failedCheck(d, failure), Tried: d.Check.Help}, nil
	}
	var c Checked
	err = s.send(ctx, d.Check.Request, ctx.Err, func(a attempt) {
		c = checked(d, a, s.secrets)
	})
	return c, err
}

func checked(d providers.Description, a attempt, secrets *redactor) Checked {
	c := Checked{Status: a.response.Status, Tried: d.Check.Help}
	switch {
	case a.failure != nil:
		c.Stop = failedCheck(d, a.failure)
	case slices.Contains(d.Check.Accepted, c.Status):
	case c.Status == http.StatusTooManyRequests || c.Status >= 500:
		c.Stop = &Stop{Kind: Unavailable, Code: fmt.Sprintf("http_%d", c.Status), Message: fmt.Sprintf(
			"%s answered %d %s: try again later", d.Title, c.Status, http.StatusText(c.Status))}
	default:
		info := providers.ExtractError(a.response)
		e := Entry{Code: fmt.Sprintf("http_%d", c.Status), Message: secrets.text(info.Message)}
		c.Stop = &Stop{Kind: Refused, Code: e.Code, Message: fatalWords(d, c.Status, e)}
	}
	return c
}

func failedCheck(d providers.Description, f *sendFailure) *Stop {
	switch {
	case f == nil:
		return nil
	case f.refused:
		return &Stop{Kind: Refused, Code: f.code, Message: fmt.Sprintf("%s: %s", d.Title, refusalWords(d, f))}
	}
	return &Stop{Kind: Unavailable, Code: f.code, Message: fmt.Sprintf("%s: %s; check %s", d.Title, f.msg, BaseURLVariable(d.Name))}
}

// Validate says whether an account has all that the provider's requests need, in a
// form that can travel. The error names variables, never values.
func (a Account) Validate(d providers.Description) error {
	if _, err := ParseBaseURL(a.BaseURL); err != nil {
		return fmt.Errorf("%s: %w", BaseURLVariable(d.Name), err)
	}
	if _, err := newSigner(d, a.Values); err != nil {
		return err
	}
	for _, v := range d.Variables {
		value := a.Values[v.Name].Reveal()
		if v.Required && value == "" {
			return fmt.Errorf("%s is missing: %s", v.Name, v.Help)
		}
		for i := range len(value) {
			if value[i] < ' ' || value[i] == 0x7f {
				return fmt.Errorf("%s holds a control character or line break: it cannot be sent in a header", v.Name)
			}
		}
	}
	return nil
}
