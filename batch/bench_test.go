package batch

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"rowpost/providers"
)

// BenchmarkSender asks a server of few instructions, which shares the processors with the
// client: rates are a lower bound of what the client can.
func BenchmarkSender(b *testing.B) {
	url := terseServer(b)
	for _, way := range []HTTP{LeanHTTP, NetHTTP} {
		for _, inFlight := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/inflight=%d", way, inFlight), func(b *testing.B) { benchmarkSender(b, url, way, inFlight) })
		}
	}
}

func benchmarkSender(b *testing.B, url string, way HTTP, inFlight int) {
	o := DefaultOptions()
	o.HTTP = way
	s, err := newSender(providers.Description{Name: "acme"}, Account{BaseURL: url, Limit: providers.Limit{InFlight: inFlight}}, o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.close()
	b.ReportAllocs()
	b.ResetTimer()
	var workers sync.WaitGroup
	for worker := range inFlight {
		workers.Go(func() {
			for range sharedOut(b.N, inFlight, worker) {
				err := s.send(b.Context(), post, free, func(a attempt) {
					if a.failure != nil || a.response.Status != 200 {
						b.Error(a.failure, a.response.Status)
					}
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	workers.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// sharedOut is how many of n fall to one of several workers.
func sharedOut(n, workers, worker int) int { return (n + workers - 1 - worker) / workers }

// terseServer answers every request alike.
func terseServer(b *testing.B) (url string) {
	listener, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { serveTersely(c) })
		}
	})
	b.Cleanup(func() {
		if err := listener.Close(); err != nil {
			b.Error(err)
		}
		serving.Wait() // the senders have closed their connections
	})
	return "http://" + listener.Addr().String()
}

// serveTersely answers until the client leaves. All requests have a body of one length.
func serveTersely(c net.Conn) {
	defer func() { _ = c.Close() }() // the client is gone already
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n" + `{"ResultMessage":"OK"}`)
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(line) > 2 {
			continue
		}
		if _, err := r.Discard(len(post.Body)); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// BenchmarkFingerprint hashes a row of 12 columns.
func BenchmarkFingerprint(b *testing.B) {
	header := strings.Split("Subscription,Salutation,Firstname,Lastname,E-Mail,Street,ZIP,City,Country,Lang,Phone,Status", ",")
	const row = "S0001,Ms,Maria,Keller,maria.keller@example.com,Hauptweg 5,10115,Berlin,DE,de,+4930123456,Active"
	f, cells := NewFingerprint(header), strings.Split(row, ",")
	b.ReportAllocs()
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		f.Sum(cells, "billing")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
