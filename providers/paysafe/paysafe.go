// Package paysafe describes the Business API of Paysafe Embedded Wallets, as far as it
// changes a customer's e-mail address or mobile number.
//
// Facts are from the vendor's pages "Update Contact Info" and "Authentication"; what no
// page says is listed as an assumption in the description.
package paysafe

import (
	"time"

	"rowpost/providers"
)

const name = "paysafe"

// New gives the provider.
func New() providers.Provider {
	return provider{[]providers.Operation{newUpdateContactInfo()}}
}

type provider struct{ operations []providers.Operation }

func (p provider) Operations() []providers.Operation { return p.operations }

func (provider) Describe() providers.Description {
	return providers.Description{
		Name:    name,
		Title:   "Paysafe Embedded Wallets",
		Docs:    "Update Contact Info (Paysafe Embedded Wallets, Business API v2); for tests set PAYSAFE_BASE_URL to https://sandbox.paysafe.com/digitalwallets",
		BaseURL: "https://api.paysafe.com/digitalwallets",
		Auth: providers.Auth{
			Scheme:    providers.OAuth2,
			Username:  "PAYSAFE_CLIENT_ID",
			Password:  "PAYSAFE_CLIENT_SECRET",
			TokenPath: "/v1/auth/brands/{PAYSAFE_BRAND}/token",
		},
		Variables: []providers.Variable{
			{Name: "PAYSAFE_BRAND", Help: "the brand whose customers are changed", Required: true},
			{Name: "PAYSAFE_CLIENT_ID", Help: "id of the API client", Required: true},
			{Name: "PAYSAFE_CLIENT_SECRET", Help: "secret of the API client", Required: true, Secret: true},
		},
		Limit: providers.Limit{
			Windows:  []providers.Window{{N: 1, Per: time.Second}},
			InFlight: 1,
		},
		Published: providers.Limit{
			Windows: []providers.Window{{N: 60, Per: time.Minute}},
		},
		Check: &providers.Check{
			Help: "fetches a token, which proves address, brand and credentials; no customer is named",
		},
		Assumptions: []string{
			"customer ids are decimal numbers of at most 20 digits",
			"a repeat after a lost answer may be answered by a false 409, as the value is then taken: it is not safe",
			"an answer is taken for a confirmation only if its customerId, and its type and value where it has them, are those that were asked for (e-mail addresses without regard to case)",
			"the error answers have the shape of the vendor's other APIs: error.code, error.message, error.fieldErrors",
			"the request needs no HMAC signature; whether it does is not documented for it",
		},
	}
}
