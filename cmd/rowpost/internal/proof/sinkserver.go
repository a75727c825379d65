package proof

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// SinkMain is the process of a [Sink]. TestMain returns after it. One thread does it all:
// what came from all connections meanwhile is dealt with in one go, and none wakes another.
func SinkMain() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400)
	if err := serveSink(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err) // who started it misses its answer
	}
}

// serveSink takes its orders from in, and serves until that ends.
func serveSink(in io.Reader, out io.Writer) error {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	s := &sinkServer{open: map[net.Conn]bool{}}
	s.came.L = &s.mu
	var serving sync.WaitGroup
	serving.Go(func() { s.accept(listener, &serving) })
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	err = s.obey(in, out)
	err = errors.Join(err, listener.Close())
	s.release()
	s.closeAll()
	serving.Wait()
	return err
}

// sinkServer counts what comes.
type sinkServer struct {
	latency atomic.Int64

	mu       sync.Mutex
	came     sync.Cond // a request, or the end of a connection
	open     map[net.Conn]bool
	closed   bool
	requests int
	rows     int
	seen     []uint64 // a bit for each row
	left     int      // how many are answered before the rest waits
	gate     chan struct{}
}

func (s *sinkServer) obey(in io.Reader, out io.Writer) error {
	orders := bufio.NewScanner(in)
	for orders.Scan() {
		var command string
		var n int
		if _, err := fmt.Sscan(orders.Text(), &command, &n); err != nil {
			return err
		}
		switch command {
		case "latency":
			s.latency.Store(int64(n))
		case "hold":
			s.hold(n)
		case "release":
			s.release()
		case "forget":
			s.forget()
		case "await":
			s.await(func() bool { return s.requests >= n })
		case "left":
			s.await(func() bool { return len(s.open) == 0 })
		}
		s.mu.Lock()
		fmt.Fprintln(out, s.requests, s.rows, int64(CPUTime()))
		s.mu.Unlock()
	}
	return orders.Err()
}

func (s *sinkServer) hold(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = n
	if s.gate == nil {
		s.gate = make(chan struct{})
	}
}

func (s *sinkServer) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		close(s.gate)
		s.gate = nil
	}
}

func (s *sinkServer) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.seen)
	s.requests, s.rows = 0, 0
}

func (s *sinkServer) await(done func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !done() {
		s.came.Wait()
	}
}

// count counts a request. It waits for the gate that it gives, if there is one.
func (s *sinkServer) count(row int) (gate chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.came.Broadcast()
	if need := row/64 + 1; need > len(s.seen) {
		s.seen = append(s.seen, make([]uint64, need+need/4-len(s.seen))...)
	}
	if bit := uint64(1) << (row % 64); row > 0 && s.seen[row/64]&bit == 0 {
		s.seen[row/64] |= bit
		s.rows++
	}
	if s.gate != nil && s.left > 0 {
		s.left--
		return nil
	}
	return s.gate
}

func (s *sinkServer) accept(listener net.Listener, serving *sync.WaitGroup) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		closed := s.closed
		s.open[c] = true
		s.mu.Unlock()
		if closed {
			_ = c.Close() // nobody waits for what is in it
			continue
		}
		serving.Go(func() { s.serve(c) })
	}
}

func (s *sinkServer) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.open {
		_ = c.Close() // nobody waits for what is in it
	}
}

// serve answers until the client leaves, or says what is no HTTP.
func (s *sinkServer) serve(c net.Conn) {
	defer func() {
		s.mu.Lock()
		delete(s.open, c)
		s.came.Broadcast()
		s.mu.Unlock()
		_ = c.Close() // the client is gone already
	}()
	r := sinkReader{in: bufio.NewReaderSize(c, 16<<10)}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for r.next() == nil {
		if d := time.Duration(s.latency.Load()); d > 0 {
			timer.Reset(d)
			<-timer.C
		}
		if !r.isToken() {
			if gate := s.count(r.row()); gate != nil {
				<-gate
			}
		}
		r.answer()
		if _, err := c.Write(r.out); err != nil {
			return
		}
	}
}

// sinkReader is one request after the other, in memory that is used again.
type sinkReader struct {
	in   *bufio.Reader
	path []byte
	body []byte
	out  []byte
}

// next reads a request: what stands in its first line, and its body.
func (r *sinkReader) next() error {
	length := 0
	for line := 0; ; line++ {
		text, err := r.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		const name = "content-length:"
		switch {
		case line == 0:
			if part := bytes.Fields(text); len(part) == 3 {
				r.path = append(r.path[:0], part[1]...)
			}
		case len(text) <= 2:
			r.body = append(r.body[:0], make([]byte, length)...)
			_, err := io.ReadFull(r.in, r.body)
			return err
		case len(text) > len(name) && bytes.EqualFold(text[:len(name)], []byte(name)):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(text[len(name):]))); err != nil {
				return err
			}
		}
	}
}

func (r *sinkReader) isToken() bool { return bytes.HasSuffix(r.path, []byte("/token")) }

// mostSinkRows bounds the memory of a sink that is asked nonsense, at 16 MB.
const mostSinkRows = 1 << 27

// row is the number behind the first "row-" of the body; 0: there is none.
func (r *sinkReader) row() (row int) {
	const mark = "row-"
	at := bytes.Index(r.body, []byte(mark))
	if at < 0 {
		return 0
	}
	for _, c := range r.body[at+len(mark):] {
		if c < '0' || c > '9' || row > mostSinkRows {
			break
		}
		row = 10*row + int(c-'0')
	}
	return row
}

const (
	sinkHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
	personAt = "customer-persons/"
)

// answer makes what the provider at the path confirms a request by.
func (r *sinkReader) answer() {
	name, rest, _ := bytes.Cut(bytes.TrimPrefix(r.path, []byte("/")), []byte("/"))
	before, id, after := `{"id":"1"}`, []byte(nil), ""
	switch {
	case r.isToken():
		before = `{"access_token":"token","token_type":"bearer","expires_in":86400}`
	case string(name) == "cleverbridge":
		before = `{"ResultMessage":"OK"}`
	case string(name) == "trackfinity":
		before = "true"
	case string(name) == "invisiblecollector":
		before = `{"gid":"061d2feb-81c2-4694-a74a-13cecbe7d2ce"}`
	case string(name) == "paysafe":
		_, id, _ = bytes.Cut(rest, []byte(personAt))
		id, _, _ = bytes.Cut(id, []byte("/"))
		before, after = `{"customerId":"`, `","status":"VERIFIED"}`
	}
	r.out = strconv.AppendInt(append(r.out[:0], sinkHead...), int64(len(before)+len(id)+len(after)), 10)
	r.out = append(append(append(append(r.out, "\r\n\r\n"...), before...), id...), after...)
}
