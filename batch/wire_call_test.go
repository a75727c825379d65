package batch

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"rowpost/providers"
)

// A server may answer a request that it has not read, and that is still being written. What
// is sent next has nothing of it, nor it of what is sent next; the race detector sees it if
// both use the same memory.
func TestEarlyAnswersMixNothing(t *testing.T) { bothWays(t, earlyAnswersMixNothing) }

func earlyAnswersMixNothing(t *testing.T, way HTTP) {
	const large = 16 << 20 // more than the system takes at once
	var mixed sync.Map
	goOn := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == large {
			early := http.NewResponseController(w)
			_ = early.EnableFullDuplex()
			w.Header().Set("Content-Length", "2")
			_, _ = io.WriteString(w, "OK")
			_ = early.Flush()
			<-goOn
		}
		body, _ := io.ReadAll(r.Body) // what came before the connection broke, if it did
		if mark := r.Header.Get("X-Mark"); mark == "" || bytes.Count(body, []byte(mark)) != len(body) {
			mixed.Store(mark, len(body))
		}
	}))
	defer server.Close()
	s := testSender(t, way, server.URL, 10*time.Second)
	send := func(mark string, size int) {
		r := providers.Request{Method: http.MethodPost, Path: "/x", Header: http.Header{"X-Mark": {mark}}, Body: bytes.Repeat([]byte(mark), size)}
		if got := sendOnce(t.Context(), s, r); got.failure != nil || got.status != http.StatusOK {
			t.Errorf("request %s: %+v", mark, got)
		}
	}
	send("a", 100)
	send("b", large)
	send("c", 100)
	close(goOn)
	send("d", 100)
	s.close()
	server.Close() // has all handlers end
	mixed.Range(func(mark, size any) bool {
		t.Errorf("request %v held something else in its header or its %d bytes", mark, size)
		return true
	})
}
