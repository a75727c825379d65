package batch

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"rowpost/providers"
)

// signer adds a provider's signature to requests. It is safe for concurrent use.
type signer struct {
	spec providers.Signature
	key  []byte
}

// newSigner is nil for a provider without a signature. The error names the variable.
func newSigner(d providers.Description, values map[string]providers.Secret) (*signer, error) {
	if d.Auth.Signature == nil {
		return nil, nil
	}
	s := &signer{spec: *d.Auth.Signature}
	var err error
	if s.key, err = s.spec.SecretEncoding.Decode(values[s.spec.Secret].Reveal()); err != nil {
		// The decoder's own words quote the secret.
		return nil, fmt.Errorf("%s is not written in %s", s.spec.Secret, s.spec.SecretEncoding)
	}
	return s, nil
}

// sign sets the headers of a request that is about to leave for an address.
func (s *signer) sign(header http.Header, r providers.Request, to *url.URL, now time.Time) {
	stamp := timestamp(s.spec.TimestampFormat, now)
	mac := hmac.New(s.newHash(), s.key)
	for _, part := range s.spec.Signed {
		_, _ = mac.Write(signedBytes(part, r, to, stamp)) // a hash does not fail
	}
	header[s.spec.Header] = []string{s.spec.Prefix + s.spec.Encoding.Encode(mac.Sum(nil))}
	if s.spec.TimestampHeader != "" {
		header[s.spec.TimestampHeader] = []string{stamp}
	}
}

func (s *signer) newHash() func() hash.Hash {
	switch s.spec.Hash {
	case providers.SHA512:
		return sha512.New
	case providers.SHA1:
		return sha1.New
	case providers.SHA256:
	}
	return sha256.New
}

func timestamp(format providers.TimestampFormat, now time.Time) string {
	switch format {
	case providers.UnixMilliseconds:
		return strconv.FormatInt(now.UnixMilli(), 10)
	case providers.RFC3339:
		return now.UTC().Format(time.RFC3339)
	case providers.UnixSeconds:
	}
	return strconv.FormatInt(now.Unix(), 10)
}

func signedBytes(part providers.SignedPart, r providers.Request, to *url.URL, stamp string) []byte {
	switch part.Is {
	case providers.SignedBody:
		return r.Body
	case providers.SignedTimestamp:
		return []byte(stamp)
	case providers.SignedMethod:
		return []byte(r.Method)
	case providers.SignedPath:
		return []byte(to.EscapedPath())
	case providers.SignedTarget:
		return []byte(to.RequestURI())
	case providers.SignedText:
	}
	return []byte(part.Text)
}
