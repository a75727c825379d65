package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"time"

	"rowpost/providers/declared"
)

func TestDeclaredVerifiesSignatures(t *testing.T) {
	text := strings.Replace(acme, "auth: {bearer: ACME_TOKEN}",
		"auth: {signature: {header: X-Signature, secret: ACME_TOKEN, hash: sha256, encoding: hex, signed: [timestamp, body], timestamp_header: X-Time}}", 1)
	p, err := declared.Parse("acme.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_772_443_800, 0)
	s := start(t, Options{Declared: []*declared.Provider{p}, now: func() time.Time { return now }})
	sign := func(at time.Time, body string) (stamp, signature string) {
		stamp = strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(signingSecret))
		mac.Write([]byte(stamp + body))
		return stamp, hex.EncodeToString(mac.Sum(nil))
	}
	for _, tt := range []struct {
		name   string
		at     time.Time
		signed string
		status int
	}{
		{"what is sent", now, acmeBody, 200},
		{"another body", now, acmeBody + " ", 401},
		{"ten minutes ago", now.Add(-10 * time.Minute), acmeBody, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := acmeAsk(t)
			a.header["X-Time"], a.header["X-Signature"] = sign(tt.at, tt.signed)
			newClient(t, s).expect(a, tt.status, "")
		})
	}
	newClient(t, s).expect(acmeAsk(t), 401, "")
}
