package providers

// Scheme is a way to prove who calls.
type Scheme uint8

// The schemes that the sender knows.
const (
	NoAuth Scheme = iota
	// Basic is HTTP Basic authentication (RFC 7617) with Username and Password.
	Basic
	// Bearer is a static token in the Authorization header (RFC 6750).
	Bearer
	// Headers sends variables as they are, each in a header of its own.
	Headers
	// OAuth2 fetches a token by client credentials (RFC 6749, section 4.4), with the
	// client's id and secret form-encoded in HTTP Basic, and sends it as a bearer token.
	OAuth2
)

// Auth is declared by a provider and applied by the sender. It names variables of
// the environment and holds no value of any.
type Auth struct {
	Scheme Scheme
	// Username and Password name the variables of Basic; for OAuth2 those of the client's id and secret.
	Username, Password string
	Token              string // the variable of Bearer
	Headers            []AuthHeader
	// TokenPath is where OAuth2 tokens come from, below the base URL. A variable's name
	// in braces stands for its value, escaped: /v1/auth/brands/{PAYSAFE_BRAND}/token.
	TokenPath string
}

// AuthHeader is a header that carries a variable's value.
type AuthHeader struct{ Header, Variable string }
