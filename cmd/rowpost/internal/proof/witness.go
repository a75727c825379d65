package proof

import (
	"context"
	"sync"
	"time"

	"rowpost/providers/sandbox"
)

// Target names a request of a row, at the provider as in a result.
type Target struct {
	Row     int
	Request string
}

// Witness is the simulated providers, and what came to them. It lives in the process of
// the test, so that no kill can touch what it knows. Its methods are safe for concurrent use.
type Witness struct {
	*sandbox.Sandbox

	mu       sync.Mutex
	answer   func(sandbox.Call) sandbox.Answer // nil: as the sandbox does
	arrivals map[Target][]time.Time
	count    int // arrivals of all targets
	ring     int // the count at which bell is called
	bell     func()
}

// operationRequest has the id in the made-up mapping of each operation.
var operationRequest = map[string]string{
	"update_contact": "billing", "set_customer_details": "portal", "update_customer": "debtor",
	"create_customer": "register", "update_contact_info": "mail",
}

// Watch starts simulated providers and looks at all that comes to them.
func Watch(ctx context.Context, o sandbox.Options) (*Witness, error) {
	s, err := sandbox.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	w := &Witness{Sandbox: s, arrivals: map[Target][]time.Time{}}
	for _, provider := range []string{"cleverbridge", "trackfinity", "invisiblecollector", "paysafe"} {
		s.Hook(provider, w.see)
	}
	return w, nil
}

func (w *Witness) see(c sandbox.Call) sandbox.Answer {
	if request := operationRequest[c.Operation]; request != "" {
		w.arrive(Target{RowOf(string(c.Body)), request})
	}
	w.mu.Lock()
	answer := w.answer
	w.mu.Unlock()
	if answer != nil {
		return answer(c)
	}
	return sandbox.Answer{}
}

// Answer lets a function decide about requests, as a sandbox's hook does.
func (w *Witness) Answer(answer func(sandbox.Call) sandbox.Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

func (w *Witness) arrive(t Target) {
	w.mu.Lock()
	w.arrivals[t] = append(w.arrivals[t], time.Now())
	w.count++
	var bell func()
	if w.count == w.ring {
		bell = w.bell
	}
	w.mu.Unlock()
	if bell != nil {
		bell()
	}
}

// Ring calls f, once, when so many more requests have come; 0 and below: never.
func (w *Witness) Ring(more int, f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ring, w.bell = w.count+more, f
	if more <= 0 {
		w.ring = 0
	}
}

// Arrived gives the number of requests that came, and of different ones among them.
// Requests for tokens and lookups do not count.
func (w *Witness) Arrived() (all, different int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count, len(w.arrivals)
}

// Environment is all that the binary needs to know: where the witness is, and where to
// keep its state.
func (w *Witness) Environment(state string) []string {
	env := []string{"HOME=" + state, "ROWPOST_STATE=" + state}
	for _, v := range w.Sandbox.Environment() {
		env = append(env, v.Name+"="+v.Value)
	}
	return env
}

// Book is what a witness knows of a target.
type Book struct {
	Arrivals []time.Time
	Applied  []time.Time // when the requests came that were applied
}

// late counts the requests that came after one had been applied.
func (b *Book) late() int {
	if len(b.Applied) == 0 {
		return 0
	}
	// The applied one was noted as an arrival a moment after it came.
	n := -1
	for _, at := range b.Arrivals {
		if !at.Before(b.Applied[0]) {
			n++
		}
	}
	return max(n, 0)
}

// Books gives what is known of every target that was sent or applied.
func (w *Witness) Books() map[Target]*Book {
	books := map[Target]*Book{}
	w.mu.Lock()
	for t, at := range w.arrivals {
		books[t] = &Book{Arrivals: append([]time.Time(nil), at...)}
	}
	w.mu.Unlock()
	for _, a := range w.Ledger() {
		t := Target{rowOfFields(a.Fields), operationRequest[a.Operation]}
		if books[t] == nil {
			books[t] = &Book{}
		}
		books[t].Applied = append(books[t].Applied, a.Time)
	}
	return books
}

func rowOfFields(fields map[string]string) int {
	for _, text := range fields {
		if row := RowOf(text); row > 0 {
			return row
		}
	}
	return 0
}
