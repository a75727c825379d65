package batch

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rowpost/providers"
)

// FuzzAnswers has a server say anything in answer to three requests, one after the other.
// The lean sender makes of each answer what the standard transport makes of it on a
// connection of its own: what was left of one answer is never a part of the next.
func FuzzAnswers(f *testing.F) {
	ok := "HTTP/1.1 202 Accepted\r\nContent-Length: 6\r\n\r\nsecond"
	for _, a := range answers {
		if len(a.answer) < maxScript {
			f.Add(a.answer, ok, a.answer)
		}
	}
	f.Add("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", ok, ok)
	f.Add(ok+ok, ok, "HTTP/1.1 304 Not Modified\r\n\r\n"+ok)
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n", "\r\n"+ok, ok)
	var now atomic.Pointer[script]
	address := rawServerOfMany(f, func(c net.Conn) { now.Load().play(c) })
	f.Fuzz(func(t *testing.T, first, second, third string) {
		if len(first)+len(second)+len(third) > maxScript {
			t.Skip() // it might come in pieces, and what is said late may answer a later request
		}
		lines := []string{first, second, third}
		now.Store(&script{lines: lines})
		want := say(t, NetHTTP, address)
		now.Store(&script{lines: lines, lasts: true})
		got := say(t, LeanHTTP, address)
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("answer %d of %q: %+v, not %+v", i+1, lines, got[i], want[i])
			}
		}
	})
}

const maxScript = 8 << 10

// say sends three requests and tells what came of each.
func say(t *testing.T, way HTTP, address string) (out [3]answered) {
	s := testSender(t, way, "http://"+address, 10*time.Second)
	if w, ok := s.wire.(*netWire); ok {
		w.transport.DisableKeepAlives = true
	}
	for i := range out {
		out[i] = sendOnce(context.WithoutCancel(t.Context()), s, post)
		if f := out[i].failure; f != nil {
			// The words may differ; whether it was sent must not.
			out[i].body, out[i].failure = map[bool]string{true: "sent", false: "not sent"}[f.sent]+" "+f.code, nil
		}
	}
	s.close()
	return out
}

// script is what a server says to one request after the other, whatever the connection.
type script struct {
	lines []string
	lasts bool // the connection does if the answer says so
	mu    sync.Mutex
	next  int
}

func (s *script) play(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		if _, err := r.Peek(1); err != nil {
			return
		}
		readRequest(r)
		s.mu.Lock()
		line := s.lines[min(s.next, len(s.lines)-1)]
		s.next++
		s.mu.Unlock()
		_, _ = io.WriteString(c, line)
		if !s.lasts || !hasEnd(line) {
			return
		}
	}
}

// hasEnd says whether a client knows the end of an answer without that of the connection.
func hasEnd(line string) bool {
	r := bufio.NewReader(strings.NewReader(line))
	for {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return false
		}
		if resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return err == nil && !resp.Close && resp.StatusCode != http.StatusSwitchingProtocols
	}
}

// FuzzRequest reads what was written as servers do: it is one request, and the one meant.
func FuzzRequest(f *testing.F) {
	f.Add(0, "/v1/a%2Fb", "x=1&y=%26", "X-Value", "a", []byte("body"))
	f.Add(3, "//a/../b", "a b", "Host", "b", []byte(nil))
	f.Add(4, "/a?b#c", "a\r\nX: y", "content-length", "5", []byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add(1, "", "?", "X", " a\tb ", []byte{0})
	f.Add(2, "/%zz ä", "%", "X\r\nY", "a\r\nZ: b", []byte{})
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	base := &url.URL{Scheme: "https", Host: "api.example.com:8443", Path: "/v2"}
	w := newLeanWire(target{base, "/v2"}, 1, time.Second, nil, nil)
	f.Fuzz(func(t *testing.T, method int, path, query, name, value string, body []byte) {
		r := providers.Request{Method: methods[uint(method)%5], Path: "/" + path, Query: query, Body: body}
		out, err := w.appendRequest(nil, r, http.Header{name: {value}}, &headerLines{})
		if err != nil {
			return
		}
		in := bufio.NewReader(bytes.NewReader(out))
		got, err := http.ReadRequest(in)
		if err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		read, err := io.ReadAll(got.Body)
		if err != nil || !bytes.Equal(read, body) || in.Buffered() > 0 {
			t.Errorf("%q: body %q, not %q; %d more bytes; %v", out, read, body, in.Buffered(), err)
		}
		if got.Method != r.Method || got.RequestURI != w.url(r).RequestURI() || got.Host != base.Host {
			t.Errorf("%q: %s %s of %s", out, got.Method, got.RequestURI, got.Host)
		}
		if v := got.Header[http.CanonicalHeaderKey(name)]; len(v) != 1 || v[0] != strings.Trim(value, " \t") {
			t.Errorf("%q: %s is %q", out, name, v)
		}
	})
}
