package batch

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// issue makes a server's certificate for names and addresses, and the pool that trusts it.
func issue(t testing.TB, until time.Time, names []string, ips ...net.IP) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, IPAddresses: ips,
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

var localhost = net.IPv4(127, 0, 0, 1)

// tlsServer is a rawServer behind TLS. It counts the handshakes.
func tlsServer(t *testing.T, config *tls.Config, handle func(*tls.Conn, *bufio.Reader)) (base string, handshakes *atomic.Int32) {
	t.Helper()
	handshakes = new(atomic.Int32)
	plain := rawServer(t, func(c net.Conn, _ *bufio.Reader) {
		secure := tls.Server(c, config)
		if secure.Handshake() == nil {
			handshakes.Add(1)
			handle(secure, bufio.NewReader(secure))
		}
	})
	return "https" + strings.TrimPrefix(plain, "http"), handshakes
}

// trustPool has a sender trust the certificates of a pool, and leaves the rest as it is.
func trustPool(s *sender, pool *x509.CertPool) {
	switch w := s.wire.(type) {
	case *leanWire:
		w.tls.RootCAs = pool
		trustPool(&sender{wire: w.other}, pool)
	case *netWire:
		w.transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
}

// What a handshake proves of a server, it proves to both senders; a request that it
// keeps back was provably not sent.
func TestCertificates(t *testing.T) { bothWays(t, certificates) }

func certificates(t *testing.T, way HTTP) {
	tomorrow := time.Now().Add(24 * time.Hour)
	for _, tc := range []struct {
		name    string
		until   time.Time
		names   []string
		ips     []net.IP
		version uint16 // the highest that the server speaks
		status  int
		code    string
		refused bool
	}{
		{"of the address", tomorrow, nil, []net.IP{localhost}, tls.VersionTLS13, 200, "", false},
		{"of the address, TLS 1.2", tomorrow, nil, []net.IP{localhost}, tls.VersionTLS12, 200, "", false},
		{"of another name", tomorrow, []string{"other.example.com"}, nil, tls.VersionTLS13, 0, codeTLS, true},
		{"of another address", tomorrow, nil, []net.IP{net.IPv4(127, 0, 0, 2)}, tls.VersionTLS13, 0, codeTLS, true},
		{"of the address as a name", tomorrow, []string{"127.0.0.1"}, nil, tls.VersionTLS13, 0, codeTLS, true},
		{"that is too old", time.Now().Add(-time.Hour), nil, []net.IP{localhost}, tls.VersionTLS13, 0, codeTLS, true},
		{"of a server that knows TLS 1.1 only", tomorrow, nil, []net.IP{localhost}, tls.VersionTLS11, 0, codeConnection, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cert, pool := issue(t, tc.until, tc.names, tc.ips...)
			config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tc.version}
			base, _ := tlsServer(t, config, func(c *tls.Conn, r *bufio.Reader) {
				readRequest(r)
				_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
			})
			s := testSender(t, way, base, 5*time.Second)
			trustPool(s, pool)
			got := sendOnce(t.Context(), s, post)
			if got.status != tc.status || (got.failure == nil) != (tc.code == "") {
				t.Fatalf("%+v", got)
			}
			if f := got.failure; f != nil && (f.sent || f.code != tc.code || f.refused != tc.refused) {
				t.Errorf("%+v", f)
			}
		})
	}
}

// The server is told which name is wanted, without its port, and never an address.
func TestTheNameInTheHandshake(t *testing.T) { bothWays(t, theNameInTheHandshake) }

func theNameInTheHandshake(t *testing.T, way HTTP) {
	cert, pool := issue(t, time.Now().Add(time.Hour), []string{"localhost"}, localhost)
	names := make(chan string, 1)
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		names <- h.ServerName
		return &cert, nil
	}}
	base, _ := tlsServer(t, config, func(c *tls.Conn, r *bufio.Reader) {
		readRequest(r)
		_, _ = c.Write([]byte("HTTP/1.1 204 No Content\r\n\r\n"))
	})
	for host, want := range map[string]string{"127.0.0.1": "", "localhost": "localhost", "LocalHost": "LocalHost"} {
		s := testSender(t, way, strings.Replace(base, "127.0.0.1", host, 1), 5*time.Second)
		trustPool(s, pool)
		if got := sendOnce(t.Context(), s, post); got.status != 204 {
			t.Fatalf("%s: %+v", host, got.failure)
		}
		if name := <-names; name != want {
			t.Errorf("%s: asked for %q", host, name)
		}
		s.close()
	}
}

// The tickets of TLS 1.3 come when the handshake is over: they are no word of the server
// that nobody asked for, and cost no connection.
func TestTicketsCostNoConnection(t *testing.T) {
	cert, pool := issue(t, time.Now().Add(time.Hour), nil, localhost)
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
	base, handshakes := tlsServer(t, config, func(c *tls.Conn, r *bufio.Reader) {
		for range 20 {
			readRequest(r)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
		}
	})
	s := testSender(t, LeanHTTP, base, 5*time.Second)
	trustPool(s, pool)
	w := s.wire.(*leanWire)
	w.tls.ClientSessionCache = tls.NewLRUClientSessionCache(1) // else most servers send none
	c, err := w.open(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for c.raw.glance.quiet() { // until the tickets are there
		runtime.Gosched()
	}
	w.keep(c, time.Now())
	for range 20 {
		if got := sendOnce(t.Context(), s, post); got.status != 200 {
			t.Fatal(got.failure)
		}
	}
	if n := handshakes.Load(); n != 1 {
		t.Errorf("%d handshakes", n)
	}
}

// A server that takes its leave, but does not hang up, loses no request: neither if the
// leave comes with the answer, nor if it comes later.
func TestLeaveOfATLSServer(t *testing.T) {
	cert, pool := issue(t, time.Now().Add(time.Hour), nil, localhost)
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		for _, together := range []bool{false, true} {
			left := make(chan struct{}, 1)
			l := rawServerOfMany(t, func(c net.Conn) {
				held := &holdingConn{Conn: c}
				secure := tls.Server(held, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: version, MaxVersion: version})
				readRequest(bufio.NewReader(secure))
				held.hold = together
				_, _ = secure.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
				_ = secure.CloseWrite()
				held.flush()
				left <- struct{}{}
				_, _ = c.Read(make([]byte, 1<<10))
			})
			s := testSender(t, LeanHTTP, "https://"+l, 5*time.Second)
			trustPool(s, pool)
			for i := range 20 {
				if got := sendOnce(t.Context(), s, post); got.status != 200 {
					t.Fatalf("%s, with the answer: %v: request %d: %v", name, together, i, got.failure)
				}
				<-left
			}
		}
	}
}

// holdingConn keeps back what is written, to send it in one piece.
type holdingConn struct {
	net.Conn
	hold bool
	held []byte
}

func (c *holdingConn) Write(b []byte) (int, error) {
	if !c.hold {
		return c.Conn.Write(b)
	}
	c.held = append(c.held, b...)
	return len(b), nil
}

func (c *holdingConn) flush() {
	c.hold = false
	_ = c.SetWriteDeadline(time.Time{}) // which CloseWrite has left in the past
	_, _ = c.Conn.Write(c.held)
	c.held = nil
}
