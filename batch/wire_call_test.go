package batch

import (
	"bytes"
	"context"
	"errors"
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

// A call's timer is one for all of its exchanges, and each of them has all of its time.
func TestTheTimeOfACallsExchanges(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		const all = 10 * time.Second
		c := newNetCall(t.Context())
		defer c.drop()
		ends := func(after time.Duration) {
			t.Helper()
			began := time.Now()
			c.watch(began, all)
			select {
			case <-c.ctx.Done():
			case <-time.After(after):
			}
			if took := time.Since(began); took != min(after, all) || c.inTime() != (after < all) {
				t.Errorf("an exchange of %s was ended after %s", after, took)
			}
		}
		ends(time.Second)
		pause(5 * time.Second)
		ends(9 * time.Second) // the first one's time would be over meanwhile
		pause(time.Minute)    // the timer rings for nothing
		ends(9 * time.Second)
		ends(time.Minute)
		if !errors.Is(c.why(t.Context(), io.EOF), context.DeadlineExceeded) {
			t.Error("that its time was over is not said")
		}
	})
}
