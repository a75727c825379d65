package sandbox

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkRequest asks over one connection, with a client that does next to
// nothing, 16 requests at a time: what is measured is the server.
func BenchmarkRequest(b *testing.B) {
	for name, keep := range map[string]int{"ledger=off": -1, "ledger=on": 0} {
		for _, provider := range []string{cleverbridge, trackfinity, invisibleCollector} {
			b.Run(provider+"/"+name, func(b *testing.B) { benchmark(b, provider, keep) })
		}
	}
}

func benchmark(b *testing.B, provider string, keep int) {
	s := start(b, Options{Keep: keep})
	a := valid(provider)
	var head strings.Builder
	head.WriteString(a.method + " /" + provider + a.path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + strconv.Itoa(len(a.body)) + "\r\n")
	for name, value := range newClient(b, s).defaults(provider) {
		head.WriteString(name + ": " + value + "\r\n")
	}
	request := head.String() + "\r\n" + a.body
	conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", s.addr)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReader(conn)
	const batch = 16
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%batch == 0 {
			if _, err := io.WriteString(conn, strings.Repeat(request, batch)); err != nil {
				b.Fatal(err)
			}
		}
		res, err := http.ReadResponse(answers, nil) //nolint:bodyclose // the connection goes on
		if err != nil || res.StatusCode != 200 {
			b.Fatal(res, err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			b.Fatal(err)
		}
	}
}
