package batch

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// After a 101 the connection is anyone's, and the deadline of an attempt ends no
// reading from it.
func TestSenderLeavesASwitchOfProtocols(t *testing.T) { bothWays(t, senderLeavesASwitchOfProtocols) }

func senderLeavesASwitchOfProtocols(t *testing.T, way HTTP) {
	base := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		readRequest(r)
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		_ = c.SetReadDeadline(time.Now().Add(3 * time.Second)) // else the test would hang with the sender
		_, _ = r.ReadByte()
	})
	start := time.Now()
	got := sendOnce(t.Context(), testSender(t, way, base, 300*time.Millisecond), post)
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("an attempt with a deadline of 300 ms took %s", d)
	}
	if got.status != http.StatusSwitchingProtocols || !got.incomplete {
		t.Errorf("%+v", got)
	}
}

// relay carries connections to an address. From the moment dead is set, the first of
// them carries nothing any more and stays open, as after a change of network.
type relay struct {
	net.Listener
	target string
	dead   atomic.Bool
	done   sync.WaitGroup
}

func newRelay(t *testing.T, target string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, target: target}
	r.done.Go(r.serve)
	return r
}

func (r *relay) serve() {
	for n := 0; ; n++ {
		here, err := r.Accept()
		if err != nil {
			return
		}
		there, err := net.Dial("tcp", r.target)
		if err != nil {
			_ = here.Close()
			return
		}
		r.done.Go(func() { r.pipe(here, there, n == 0) })
		r.done.Go(func() { r.pipe(there, here, n == 0) })
	}
}

func (r *relay) pipe(to, from net.Conn, mortal bool) {
	defer func() { _ = to.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if !mortal || !r.dead.Load() {
			_, _ = to.Write(buf[:n])
		}
	}
}

// A transport notices no timeout on an HTTP/2 connection, and would lose request after
// request on it.
func TestADeadConnectionLosesOneRequest(t *testing.T) {
	bothWays(t, senderADeadConnectionLosesOneRequest)
}

func senderADeadConnectionLosesOneRequest(t *testing.T, way HTTP) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "a server that speaks HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
			srv.EnableHTTP2 = http2
			srv.StartTLS()
			r := newRelay(t, srv.Listener.Addr().String())
			defer r.done.Wait()
			defer srv.Close()
			defer srv.CloseClientConnections()
			defer func() { _ = r.Close() }()

			s := testSender(t, way, "https://"+r.Addr().String(), 2*time.Second)
			defer s.close()
			pool := x509.NewCertPool()
			pool.AddCert(srv.Certificate())
			trust(s, &tls.Config{RootCAs: pool, ServerName: "example.com", MinVersion: tls.VersionTLS12})
			if got := sendOnce(t.Context(), s, post); got.status != 200 {
				t.Fatal(got.failure)
			}
			r.dead.Store(true)
			lost := 0
			for range 3 {
				if got := sendOnce(t.Context(), s, post); got.failure != nil {
					lost++
				}
			}
			if lost != 1 {
				t.Errorf("%d of 3 requests lost by one dead connection", lost)
			}
		})
	}
}

func TestTroubleWithAProxySaysNothingOfItsPassword(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
		_, _ = io.WriteString(w, r.Header.Get("Proxy-Authorization"))
	}))
	defer refusing.Close()

	for name, host := range map[string]string{
		"refused connection": closed.Addr().String(), "unknown host": "no-such-host.invalid:3128", "refused password": refusing.Listener.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			s := testSender(t, NetHTTP, "https://api.example.com", time.Second)
			proxy := &url.URL{Scheme: "http", Host: host, User: url.UserPassword("user", "s3cret")}
			s.wire.(*netWire).transport.Proxy = http.ProxyURL(proxy)
			f := sendOnce(t.Context(), s, post).failure
			if f == nil || f.sent || f.code != codeConnection {
				t.Fatalf("%+v", f)
			}
			for _, secret := range []string{"s3cret", "dXNlcjpzM2NyZXQ"} { // as it stands, and as it travels
				if strings.Contains(f.msg, secret) {
					t.Error(f.msg)
				}
			}
			if !strings.Contains(strings.ToLower(f.msg), "proxy") {
				t.Errorf("no word of the proxy: %s", f.msg)
			}
		})
	}
}
