package batch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rowpost/providers"
)

// benchmarkedPaces are those whose use is measured in real time, for 3 s each.
var benchmarkedPaces = []string{"10/s", "100/s", "1000/s", "10000/s"}

const benchmarkedFor = 3

// arrivals are moments that several goroutines note.
type arrivals struct {
	mu sync.Mutex
	at []time.Time
}

func (a *arrivals) note() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, time.Now())
}

// report tells what share of a pace was used between the first and the last, and by how much
// the busiest second was over it.
func (a *arrivals) report(b *testing.B, perSecond int) {
	b.Helper()
	took := a.at[len(a.at)-1].Sub(a.at[0]).Seconds()
	b.ReportMetric(100*float64(len(a.at)-1)/took/float64(perSecond), "%used")
	b.ReportMetric(float64(most(a.at, time.Second)-perSecond), "over/s")
}

// BenchmarkLimiterInRealTime shows how the limiter alone keeps a pace, with real timers.
func BenchmarkLimiterInRealTime(b *testing.B) {
	for _, pace := range benchmarkedPaces {
		b.Run(pace, func(b *testing.B) {
			windows, _ := providers.ParseWindows(pace)
			for b.Loop() {
				var a arrivals
				l := NewLimiter(windows)
				ctx, cancel := context.WithTimeout(b.Context(), benchmarkedFor*time.Second)
				var g errgroup.Group
				for range 16 {
					g.Go(func() error {
						for l.Wait(ctx) == nil {
							a.note()
						}
						return nil
					})
				}
				_ = g.Wait()
				cancel()
				a.report(b, windows[0].N)
			}
		})
	}
}

// BenchmarkPaceAtTheServer shows how a whole run keeps a pace: its requests are counted where
// they arrive, at a server behind the loopback.
func BenchmarkPaceAtTheServer(b *testing.B) {
	for _, pace := range benchmarkedPaces {
		b.Run(pace, func(b *testing.B) {
			windows, _ := providers.ParseWindows(pace)
			rows := table(benchmarkedFor * windows[0].N)
			for b.Loop() {
				var a arrivals
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a.note()
					ok(w, r, 0)
				}))
				job := newJob(b, rows, fakeProvider{name: "acme", safe: true}, &fakeAPI{Server: server, net: &memoryNet{}})
				account := job.Accounts["acme"]
				account.dial, account.Limit = nil, providers.Limit{Windows: windows, InFlight: 64}
				job.Accounts["acme"] = account
				if _, err := Run(b.Context(), job); err != nil {
					b.Fatal(err)
				}
				server.Close()
				a.report(b, windows[0].N)
			}
		})
	}
}
