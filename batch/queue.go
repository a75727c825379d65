package batch

import (
	"container/heap"
	"time"

	"rowpost/providers"
)

// task is one request of a row on its way through a lane. The lane's lock guards
// the links; whoever works on the task owns the rest.
type task struct {
	row, request int
	shown        int // the row's number as people know it
	op           *operation
	call         providers.Request
	secrets      []string // values of secret fields, for redaction
	key          string
	next         *task // waits for this one: the same key, further down in the table
	first        bool  // among the operation's first requests, on probation

	history history
	sent    int // requests that left, or may have left, the machine, in all starts
	place   place
	lookup  *lookup // not nil: it was sent, and now is looked up
	last    Entry
	due     time.Time // when a repetition may be sent
	done    bool
}

// operation is what a lane needs of one of the mapping's requests.
type operation struct {
	providers.Operation
	id     string // of the mapping's request
	name   string
	safe   bool
	secret []int // positions of secret fields
	// idempotency is the header of a key that each request carries; empty: none does.
	idempotency string
	probation   *probation
}

// fifo is a queue of tasks that are ready to be sent.
type fifo struct {
	tasks []*task
	head  int
}

func (q *fifo) push(t *task) { q.tasks = append(q.tasks, t) }

func (q *fifo) len() int { return len(q.tasks) - q.head }

func (q *fifo) pop() *task {
	if q.len() == 0 {
		return nil
	}
	t := q.tasks[q.head]
	q.tasks[q.head] = nil
	q.head++
	if q.head == len(q.tasks) {
		q.tasks, q.head = q.tasks[:0], 0
	} else if q.head > 64 && q.head > len(q.tasks)/2 {
		n := copy(q.tasks, q.tasks[q.head:])
		clear(q.tasks[n:])
		q.tasks, q.head = q.tasks[:n], 0
	}
	return t
}

// peek gives the oldest task, nil if there is none.
func (q *fifo) peek() *task {
	if q.len() == 0 {
		return nil
	}
	return q.tasks[q.head]
}

// waiting orders tasks by when their repetition is due.
type waiting []*task

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].due.Before(w[j].due) }
func (w waiting) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }

// Push is for container/heap.
func (w *waiting) Push(x any) { *w = append(*w, x.(*task)) }

// Pop is for container/heap.
func (w *waiting) Pop() any {
	old := *w
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*w = old[:len(old)-1]
	return t
}

// ready takes out the first task that is due, nil if there is none.
func (w *waiting) ready(now time.Time) *task {
	if len(*w) == 0 || (*w)[0].due.After(now) {
		return nil
	}
	return heap.Pop(w).(*task)
}
