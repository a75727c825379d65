package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

// Applied is a change that was made.
type Applied struct {
	Seq       int       `json:"seq"`  // from 1, over all providers
	Time      time.Time `json:"time"` // when its request came
	Provider  string    `json:"provider"`
	Operation string    `json:"operation"` // as in a mapping
	// Object is what was changed: a Cleverbridge subscription with its S, a Trackfinity
	// customer_id, or subscription: and a subscription_id, an Invisible Collector gid or
	// external id as it stood in the path, a Paysafe customer id.
	Object string `json:"object"`
	// Fields has what was sent, nested names with a dot; of a password only that it was sent.
	Fields map[string]string `json:"fields"`
	// Repeat is how often the same request had been applied before.
	Repeat int `json:"repeat,omitempty"`
}

// Received is a request that was answered, or torn off.
type Received struct {
	Time      time.Time `json:"time"`
	Provider  string    `json:"provider"`
	Operation string    `json:"operation,omitempty"` // as in [Call]
	Method    string    `json:"method"`
	Path      string    `json:"path"`             // escaped, below the base URL
	Object    string    `json:"object,omitempty"` // as in [Applied]; empty if it was refused before that was read
	Status    int       `json:"status"`           // 0: the connection broke instead
}

// ledger keeps the first applied changes and requests, and writes all changes to a
// file if there is one.
type ledger struct {
	mu       sync.Mutex
	keep     int
	seq      int
	applied  []Applied
	seen     map[uint64]int // by content; at most keep
	received []Received
	file     *os.File
	err      error // of the file, for good
}

func openLedger(keep int, path string) (*ledger, error) {
	l := &ledger{keep: keep, seen: map[uint64]int{}}
	if path == "" {
		return l, nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sandbox: ledger: %w", err)
	}
	l.file = file
	return l, nil
}

// apply keeps a change and gives how often the same was made before. It is called
// before the change is answered. After an error of the file all further ones fail.
func (l *ledger) apply(c *call, changed map[string]string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	l.seq++
	entry := Applied{
		Seq: l.seq, Time: c.arrived, Provider: c.sim.name, Operation: c.operation(),
		Object: c.object, Fields: changed, Repeat: l.count(c.content),
	}
	if len(l.applied) < l.keep {
		l.applied = append(l.applied, entry)
	}
	if l.file != nil {
		l.err = l.write(&entry)
	}
	return entry.Repeat, l.err
}

func (l *ledger) count(content uint64) int {
	before, known := l.seen[content]
	if known || len(l.seen) < l.keep {
		l.seen[content] = before + 1
	}
	return before
}

func (l *ledger) write(entry *Applied) error {
	line, err := json.Marshal(entry)
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("sandbox: ledger: %w", err)
	}
	return nil
}

func (l *ledger) receive(c *call, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.received) >= l.keep {
		return
	}
	l.received = append(l.received, Received{
		Time: c.arrived, Provider: c.sim.name, Operation: c.operation(), Method: c.request.Method,
		Path: c.path, Object: c.object, Status: status,
	})
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return l.err
	}
	err := errors.Join(l.err, l.file.Close())
	l.file = nil
	return err
}

// Ledger lists what was applied, in that order: the first [Options.Keep] changes.
func (s *Sandbox) Ledger() []Applied {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return slices.Clone(s.ledger.applied)
}

// Duplicates lists the changes of [Sandbox.Ledger] that had been made before with
// the same content.
func (s *Sandbox) Duplicates() []Applied {
	return slices.DeleteFunc(s.Ledger(), func(a Applied) bool { return a.Repeat == 0 })
}

// Count gives the number of changes in [Sandbox.Ledger] to an object, by its name
// there.
func (s *Sandbox) Count(provider, object string) int {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	n := 0
	for i := range s.ledger.applied {
		if a := &s.ledger.applied[i]; a.Provider == provider && a.Object == object {
			n++
		}
	}
	return n
}

// Requests lists what was received and answered, by the time of its arrival: of the
// first [Options.Keep].
func (s *Sandbox) Requests() []Received {
	s.ledger.mu.Lock()
	list := slices.Clone(s.ledger.received)
	s.ledger.mu.Unlock()
	slices.SortStableFunc(list, func(a, b Received) int { return a.Time.Compare(b.Time) })
	return list
}

// State gives the values that an object has now, and whether any is known. All of
// an object's names will do. Cleverbridge's fields are named by the kind of contact,
// BillingContact.City; Paysafe's EMAIL and MOBILE.
func (s *Sandbox) State(provider, object string) (map[string]string, bool) {
	sim := s.sim(provider)
	if sim == nil {
		return nil, false
	}
	sim.mu.Lock()
	defer sim.mu.Unlock()
	values, ok := sim.store.objects[sim.canonical(object)]
	return maps.Clone(values), ok
}
