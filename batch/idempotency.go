package batch

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"slices"

	"rowpost/mapping"
	"rowpost/providers"
)

// keyring makes idempotency keys: what a request is known by at a provider that applies
// equal ones once.
//
// A key depends on the account, the operation, the row's cells, the request's id and what the
// request says, and on nothing else: neither where the row stands, nor in which file, nor how
// the mapping is called, nor what is recorded of earlier starts, nor remarks that people put
// into columns of their own. So it is the same at each attempt, after a crash, and when all records are lost;
// and once a mended mapping says something else, no provider answers for what was said
// before. Rows with equal cells have equal keys, and the provider applies one of them.
type keyring struct {
	rows  *Fingerprint
	start []byte // what all keys of an account have in common
}

func newKeyring(job *Job, d providers.Description, account Account) *keyring {
	h := sha256.New()
	add(h, "rowpost idempotency 3")
	add(h, job.Again)
	add(h, d.Name)
	baseURL, as := account.Identity(d)
	add(h, baseURL)
	for _, name := range slices.Sorted(maps.Keys(as)) {
		add(h, name)
		add(h, as[name])
	}
	rows := NewFingerprint(job.Source.Header())
	if earlier, ok := job.Source.(Reimport); ok {
		rows.leaveOut(earlier.Added())
	}
	return &keyring{rows: rows, start: h.Sum(nil)}
}

func add(h hash.Hash, text string) { fmt.Fprintf(h, "%d:%s\n", len(text), text) }

// key is for a row's request of an operation, as a UUID of version 8 (RFC 9562): many APIs
// take nothing else.
func (k *keyring) key(operation, request string, row mapping.Row, r providers.Request) string {
	h := sha256.New()
	_, _ = h.Write(k.start) // a hash does not fail
	add(h, operation)
	sum := k.rows.Sum(row.Cells, request)
	_, _ = h.Write(sum[:])
	for _, text := range []string{r.Method, r.Path, r.Query, string(r.Body)} {
		add(h, text)
	}
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// withKey gives a request its key. The headers that it shares with others stay as they are.
func (l *lane) withKey(r providers.Request, op *operation, row mapping.Row) providers.Request {
	if op.idempotency == "" {
		return r
	}
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header[op.idempotency] = []string{l.keyring.key(op.name, op.id, row, r)}
	r.Header = header
	return r
}
