package providers

import (
	"encoding/base64"
	"encoding/hex"
)

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
	// Scope is what an OAuth2 token is asked for, as the API writes it; empty: not said.
	Scope string
	// Signature is sent beside whatever the scheme is; nil: none.
	Signature *Signature
}

// AuthHeader is a header that carries a variable's value.
type AuthHeader struct {
	Header, Variable string
	Prefix           string // stands before the value: "Token "
}

// Signature is an HMAC (RFC 2104) of what is sent, in a header.
type Signature struct {
	Header string // canonical name
	Secret string // the variable of the key
	// SecretEncoding is how the variable's text stands for the key's bytes.
	SecretEncoding Encoding
	Hash           SignatureHash
	Encoding       Encoding // of the signature: Hex or Base64
	Prefix         string   // stands before the signature: "sha256="
	// Signed is what is signed, part behind part.
	Signed []SignedPart
	// TimestampHeader carries the time of signing; empty: none does.
	TimestampHeader string
	TimestampFormat TimestampFormat
}

// SignedPart is a piece of what a signature is made of: what Is names, or else Text.
type SignedPart struct {
	Is   SignedWhat
	Text string // for SignedText
}

// SignedWhat names a piece of a request.
type SignedWhat string

// The pieces of a request that can be signed.
const (
	SignedText      SignedWhat = ""
	SignedBody      SignedWhat = "body"      // as it is sent; without one, nothing
	SignedTimestamp SignedWhat = "timestamp" // as its header has it
	SignedMethod    SignedWhat = "method"
	SignedPath      SignedWhat = "path"   // from the host on, escaped as it is sent, without the query
	SignedTarget    SignedWhat = "target" // path and, if there is one, question mark and query
)

// Encoding is how bytes stand in a text.
type Encoding string

// The encodings.
const (
	PlainText Encoding = "text" // the bytes of the text itself, in UTF-8
	Hex       Encoding = "hex"  // small letters
	Base64    Encoding = "base64"
)

// Decode gives the bytes that a text stands for.
func (e Encoding) Decode(text string) ([]byte, error) {
	switch e {
	case Hex:
		return hex.DecodeString(text)
	case Base64:
		return base64.StdEncoding.DecodeString(text)
	case PlainText:
	}
	return []byte(text), nil
}

// Encode gives the text for bytes.
func (e Encoding) Encode(b []byte) string {
	switch e {
	case Hex:
		return hex.EncodeToString(b)
	case Base64:
		return base64.StdEncoding.EncodeToString(b)
	case PlainText:
	}
	return string(b)
}

// SignatureHash is the hash of an HMAC.
type SignatureHash string

// The hashes that APIs sign with.
const (
	SHA256 SignatureHash = "sha256"
	SHA512 SignatureHash = "sha512"
	SHA1   SignatureHash = "sha1" // broken as a hash, not as an HMAC; old APIs ask for it
)

// TimestampFormat is how a time is written.
type TimestampFormat string

// The formats of timestamps, all in UTC.
const (
	UnixSeconds      TimestampFormat = "unix"
	UnixMilliseconds TimestampFormat = "unix_ms"
	RFC3339          TimestampFormat = "rfc3339" // whole seconds: 2026-03-02T09:30:00Z
)
