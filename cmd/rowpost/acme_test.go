package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdAcme starts an API that no program knows, points ACME_BASE_URL at it and writes what
// it is asked to a file: acme LOG. It confirms by the id in the path; a body with the word
// wrong is refused, and the first with the word lost gets no clear answer.
func cmdAcme(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: acme LOG")
	}
	a := &acme{log: ts.MkAbs(args[0])}
	srv := httptest.NewServer(a)
	ts.Defer(srv.Close)
	ts.Setenv("ACME_BASE_URL", srv.URL+"/v1")
	ts.Setenv("ACME_KEY", "key-4711")
	ts.Setenv("ACME_SIGNING_KEY", "sign-0815")
}

type acme struct {
	log string

	mu    sync.Mutex
	lost  bool
	keys  []string
	lines strings.Builder
}

func (a *acme) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	mac := hmac.New(sha256.New, []byte("sign-0815"))
	_, _ = mac.Write([]byte(r.Header.Get("X-Timestamp") + "." + string(body)))
	signed := r.Header.Get("X-Signature") == "sha256="+hex.EncodeToString(mac.Sum(nil))
	fmt.Fprintf(&a.lines, "%s %s\n  %s, signed %v, key %d\n  %s\n", r.Method, r.RequestURI, r.Header.Get("Authorization"), signed, a.key(r), body)
	if err := os.WriteFile(a.log, []byte(a.lines.String()), 0o600); err != nil {
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	switch {
	case strings.Contains(string(body), "wrong"):
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"error":{"code":"E17","text":"no such mailbox","at":"mail"}}`)
	case strings.Contains(string(body), "lost") && !a.lost:
		a.lost = true
		w.WriteHeader(http.StatusBadGateway)
	default:
		_ = json.NewEncoder(w).Encode(map[string]string{"id": path.Base(r.URL.Path)})
	}
}

// key numbers the idempotency keys in the order in which they are first seen.
func (a *acme) key(r *http.Request) int {
	key := r.Header.Get("Idempotency-Key")
	for i, known := range a.keys {
		if known == key {
			return i + 1
		}
	}
	a.keys = append(a.keys, key)
	return len(a.keys)
}
