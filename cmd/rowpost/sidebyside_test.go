package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"rowpost/cmd/rowpost/internal/proof"
)

var (
	sideRows   = flag.Int("sidebyside", 0, "TestSideBySide: how many rows each client sends; 0: a few, and no other programs")
	sideRounds = flag.Int("sidebyside-rounds", 3, "TestSideBySide: how often, in turns; the medians count")
)

// sideScene is what the clients meet.
type sideScene struct {
	inFlight int
	latency  time.Duration
	part     int // of the rows
}

// TestSideBySide has rowpost and other programs do the same job against the same server, in
// turns, and prints what each took. That all rows arrive is checked; how fast is for people.
func TestSideBySide(t *testing.T) {
	rows, rounds := *sideRows, *sideRounds
	scenes := []sideScene{{64, 0, 1}, {1, 0, 4}, {64, 20 * time.Millisecond, 4}}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	clients := []proof.Contestant{proof.Rowpost(built(t), "lean"), proof.Rowpost(built(t), "net"), proof.Bare(binary)}
	var missing []string
	if rows == 0 {
		rows, rounds, scenes = 600, 1, scenes[:2]
	} else {
		var others []proof.Contestant
		others, missing = proof.Others()
		clients = append(clients, others...)
	}
	fmt.Fprintf(t.Output(), "%s, %s/%s, %d processors; %d rows, medians of %d rounds\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rows, rounds)
	for _, sc := range scenes {
		scores := sideBySide(t, sc, rows/sc.part, rounds, clients)
		if *sideRows > 0 {
			fmt.Fprint(t.Output(), sideTable(sc, clients, scores))
		}
	}
	for _, m := range missing {
		fmt.Fprintln(t.Output(), m)
	}
}

// sideBySide gives the clients' scores, by client and round.
func sideBySide(t *testing.T, sc sideScene, rows, rounds int, clients []proof.Contestant) [][]proof.Score {
	sink, err := proof.StartSink(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
	}()
	contest, err := proof.NewContest(t.TempDir(), rows, sc.inFlight, sink)
	if err == nil {
		err = sink.Latency(sc.latency)
	}
	if err != nil {
		t.Fatal(err)
	}
	scores := make([][]proof.Score, len(clients))
	for range rounds {
		for i, c := range clients {
			score, err := contest.Run(t.Context(), c, sink)
			if err != nil {
				t.Fatal(err)
			}
			if !c.Repeats && (score.Rows != rows || score.Requests != rows) {
				t.Errorf("%s: %d requests for %d of %d rows arrived", c.Name, score.Requests, score.Rows, rows)
			}
			scores[i] = append(scores[i], score)
		}
	}
	return scores
}

// sideTable is the scores as a table in Markdown, with ratios to vegeta and wrk if they are there.
func sideTable(sc sideScene, clients []proof.Contestant, scores [][]proof.Score) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d in flight, answers after %s\n\n", sc.inFlight, sc.latency)
	fmt.Fprintln(&b, "| client | does | requests/s | to vegeta's | CPU a request | to vegeta's | to wrk's | memory | server's CPU |")
	fmt.Fprintln(&b, "|---|---|--:|--:|--:|--:|--:|--:|--:|")
	rate := func(s proof.Score) float64 { return s.Rate() }
	each := func(s proof.Score) float64 { return float64(s.CPUEach()) / 1e3 }
	for i, c := range clients {
		r, e := median(scores[i], rate), median(scores[i], each)
		memory := median(scores[i], func(s proof.Score) float64 { return float64(s.Memory) / 1e6 })
		server := median(scores[i], func(s proof.Score) float64 { return float64(s.SinkCPU) / 1e3 / float64(max(1, s.Requests)) })
		fmt.Fprintf(&b, "| %s | %s | %.0f | %s | %.1f us | %s | %s | %.0f MB | %.1f us |\n", c.Name, c.Does, r,
			toPeer("vegeta", clients, scores, rate, r), e, toPeer("vegeta", clients, scores, each, e), toPeer("wrk", clients, scores, each, e), memory, server)
	}
	return b.String()
}

// toPeer is a figure divided by that of another client.
func toPeer(name string, clients []proof.Contestant, scores [][]proof.Score, figure func(proof.Score) float64, mine float64) string {
	i := slices.IndexFunc(clients, func(c proof.Contestant) bool { return c.Name == name })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", mine/median(scores[i], figure))
}

func median(scores []proof.Score, figure func(proof.Score) float64) float64 {
	sorted := slices.SortedFunc(slices.Values(scores), func(a, b proof.Score) int { return cmp.Compare(figure(a), figure(b)) })
	return figure(sorted[len(sorted)/2])
}
