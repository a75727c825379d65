// Package sandbox simulates the built-in providers, and those that files describe, as
// real HTTP servers on a loopback address, so that imports can be tried, and judged,
// without touching a customer.
//
// It is written from the vendors' pages and not from the descriptions that the
// importer sends by, and takes no word of theirs for granted: method, path,
// content type, credentials, the shape of a body and every field are checked
// again. What the vendors document is refused as they document it. Where no page
// says how, the sandbox has to choose; those choices are told by [Rules].
//
// A declared provider ([Options.Declared]) is simulated from its file, as nothing else is
// known of it: a mistake in the file is found at the API only. Requests are taken apart
// here all the same, and not by the code that makes them.
//
// Every well-formed id exists, so that anybody's own file can be tried; ids with
// a documented ending always fail, so that refusals can be seen. What was written
// stays: a customer has the values last written, an e-mail address belongs to
// one wallet only, a company is registered once.
//
// Tests ask the [Sandbox] what was applied, how often and how fast, make it limit
// as the vendors do, let it fail by chance from a seed ([Faults]) or by a script
// ([Sandbox.Script], [Sandbox.Hook]). A sandbox in another process answers the
// same questions below /_sandbox/.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rowpost/providers/declared"
)

// Options say how a sandbox behaves. The zero value is one without latency,
// limits and faults, on a free port.
type Options struct {
	// Addr is a loopback host and a port; empty: 127.0.0.1 and a free one.
	Addr string
	// Seed decides faults and latency. Equal seeds treat equal requests alike, in
	// whatever order they come.
	Seed uint64
	// Latency is the mean time from a request to its answer; each takes between half
	// of it and the double. The change is made before the wait.
	Latency time.Duration
	Faults  Faults
	// Limits says whether the published limits are enforced: Cleverbridge's 30
	// requests a second and 4 at once, Paysafe's 60 writes a minute.
	Limits bool
	// Lockout is how long Cleverbridge refuses after its limit was passed; 0: the
	// documented minute.
	Lockout time.Duration
	// TokenLife is how long Paysafe's tokens are good; 0: 900 s.
	TokenLife time.Duration
	// Keep is how many applied changes, received requests and (for each provider)
	// objects are remembered in memory; 0: 10,000; below 0: none. What is beyond it is
	// counted only, in [Stats]. What is unique stays unique at any number.
	Keep int
	// LedgerFile, if not empty, is a file to which each applied change is appended as
	// a JSON line before it is answered. It holds what was sent, so its mode is 0600.
	LedgerFile string
	// Declared are providers that files describe, served beside the built-in ones.
	Declared []*declared.Provider

	now func() time.Time // nil: time.Now
}

const (
	defaultAddr      = "127.0.0.1:0"
	defaultKeep      = 10_000
	defaultLockout   = time.Minute
	defaultTokenLife = 900 * time.Second
	// maxBody is far above what any of the operations can need.
	maxBody = 1 << 20
)

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = defaultAddr
	}
	if o.Keep == 0 {
		o.Keep = defaultKeep
	}
	o.Keep = max(o.Keep, 0)
	if o.Lockout == 0 {
		o.Lockout = defaultLockout
	}
	if o.TokenLife == 0 {
		o.TokenLife = defaultTokenLife
	}
	if o.now == nil {
		o.now = time.Now
	}
	return o
}

func (o Options) check() error {
	if o.Latency < 0 || o.Lockout < 0 || o.TokenLife < 0 {
		return errors.New("sandbox: latency, lockout and the life of a token cannot be negative")
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("sandbox: address %q: write it as 127.0.0.1:8080", o.Addr)
	}
	if !isLoopback(host) {
		return fmt.Errorf("sandbox: address %q is no loopback address: use 127.0.0.1, [::1] or localhost", o.Addr)
	}
	if err := checkDeclared(o.Declared); err != nil {
		return err
	}
	return o.Faults.check()
}

// OptionError says that a sandbox was asked for in a way that it cannot be.
type OptionError struct{ Err error }

// Error says which option is wrong.
func (e *OptionError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *OptionError) Unwrap() error { return e.Err }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Sandbox is the running simulation of all providers. Its methods are safe for
// concurrent use, also after it was closed.
type Sandbox struct {
	opts   Options
	addr   string
	sims   []*simulation // in the order of the documentation
	ledger *ledger

	cancel context.CancelFunc
	server errgroup.Group // the acceptor and the closer
	// conns counts connections, handlers counts requests: a connection that was taken
	// from the server for a reset is in the second only.
	conns, handlers sync.WaitGroup
	finish          func() error
}

// Start listens and serves until ctx ends or [Sandbox.Close] is called. An error
// means that an option is wrong, or the address or the ledger's file cannot be had.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, &OptionError{err}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	book, err := openLedger(o.Keep, o.LedgerFile)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s := &Sandbox{opts: o, addr: listener.Addr().String(), ledger: book}
	s.sims = []*simulation{newCleverbridge(o), newTrackfinity(o), newInvisibleCollector(o), newPaysafe(o)}
	for _, p := range o.Declared {
		s.sims = append(s.sims, newDeclared(p, o))
	}
	s.serve(ctx, listener)
	return s, nil
}

// serve starts the two goroutines that the sandbox owns. Those of connections end
// with them; finish waits for all.
func (s *Sandbox) serve(ctx context.Context, listener net.Listener) {
	ctx, s.cancel = context.WithCancel(ctx)
	server := &http.Server{
		Handler:           http.HandlerFunc(s.handle),
		ReadHeaderTimeout: 10 * time.Second,
		// A ReadTimeout would go on while an answer is held back, and end its context.
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 32 << 10,
		BaseContext:    func(net.Listener) context.Context { return ctx },
		ConnState:      s.connState,
		ErrorLog:       log.New(io.Discard, "", 0), // what goes wrong on a connection is the client's to tell
	}
	s.server.Go(func() error {
		defer s.cancel()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("sandbox: %w", err)
		}
		return nil
	})
	s.server.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	s.finish = sync.OnceValue(func() error {
		err := s.server.Wait()
		s.conns.Wait()
		s.handlers.Wait()
		return errors.Join(err, s.ledger.close())
	})
}

func (s *Sandbox) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateHijacked, http.StateClosed:
		s.conns.Done()
	case http.StateActive, http.StateIdle:
	}
}

// Close drops all connections, and returns when everything that was started has
// ended. It may be called again. The error is that of [Sandbox.Wait].
func (s *Sandbox) Close() error {
	s.cancel()
	return s.finish()
}

// Wait returns when the sandbox has ended, by Close or by its context. The error
// is what went wrong with the listener or the ledger's file.
func (s *Sandbox) Wait() error { return s.finish() }

// URL is the base URL of a provider; of any other name, of the server itself.
func (s *Sandbox) URL(provider string) string {
	base := "http://" + s.addr
	if sim := s.sim(provider); sim != nil {
		base += "/" + sim.name
	}
	return base
}

func (s *Sandbox) sim(provider string) *simulation {
	for _, sim := range s.sims {
		if sim.name == provider {
			return sim
		}
	}
	return nil
}

// names are those of the providers that are served.
func (s *Sandbox) names() []string {
	var out []string
	for _, sim := range s.sims {
		out = append(out, sim.name)
	}
	return out
}

// Variable is a name and a value of the environment.
type Variable struct{ Name, Value string }

// Environment lists the variables that point the importer at the sandbox, in the
// order of the documentation; those of declared providers follow. The credentials are
// always the same and open nothing; some hold characters that a client must escape.
func (s *Sandbox) Environment() []Variable {
	vars := []Variable{
		{"CLEVERBRIDGE_BASE_URL", s.URL(cleverbridge)},
		{"CLEVERBRIDGE_USERNAME", cleverbridgeUser},
		{"CLEVERBRIDGE_PASSWORD", cleverbridgePassword},
		{"TRACKFINITY_BASE_URL", s.URL(trackfinity)},
		{"TRACKFINITY_API_KEY", trackfinityKey},
		{"TRACKFINITY_API_USERNAME", trackfinityUser},
		{"INVISIBLECOLLECTOR_BASE_URL", s.URL(invisibleCollector)},
		{"INVISIBLECOLLECTOR_TOKEN", collectorToken},
		{"PAYSAFE_BASE_URL", s.URL(paysafe)},
		{"PAYSAFE_BRAND", paysafeBrand},
		{"PAYSAFE_CLIENT_ID", paysafeClient},
		{"PAYSAFE_CLIENT_SECRET", paysafeSecret},
	}
	for _, p := range s.opts.Declared {
		vars = append(vars, s.declaredEnvironment(p.Describe())...)
	}
	return vars
}
