package state

import (
	"math"
	"slices"
	"sort"
	"time"
)

// parts is how many buckets a span is divided into. A bucket is forgotten when its newest
// request is older than the span, so a full window is used to parts/(parts+1) at least.
const parts = 128

// history counts the requests of the last span of a length.
type history struct {
	per     time.Duration
	width   int64 // of a bucket, nanoseconds
	used    int64 // when a run last asked for a window of this length
	buckets []bucket
}

// bucket counts the requests of the times from index*width on, for one width.
type bucket struct{ index, n int64 }

// newHistory rounds the width up, so that parts of them are never less than the span.
func newHistory(per time.Duration, used int64) history {
	return history{per: per, width: (int64(per) + parts - 1) / parts, used: used}
}

// add counts n requests at a time, which is not before that of an earlier call but for
// less than a span.
func (h *history) add(at, n int64) {
	index := at / h.width
	i := sort.Search(len(h.buckets), func(i int) bool { return h.buckets[i].index >= index })
	if i < len(h.buckets) && h.buckets[i].index == index {
		h.buckets[i].n += n
		return
	}
	h.buckets = slices.Insert(h.buckets, i, bucket{index, n})
}

// since counts what may lie in the span that ends at a time, and what is later.
func (h *history) since(end int64) (n int64) {
	oldest := end/h.width - parts
	for i := len(h.buckets) - 1; i >= 0 && h.buckets[i].index >= oldest; i-- {
		n += h.buckets[i].n
	}
	return n
}

// leaves is the first time after at when a bucket is forgotten.
func (h *history) leaves(at int64) int64 {
	for _, b := range h.buckets {
		if gone := (b.index + parts + 1) * h.width; gone > at {
			return gone
		}
	}
	return math.MaxInt64
}

// prune forgets the buckets that no span reaches any more.
func (h *history) prune(now int64) {
	oldest := now/h.width - parts
	i := sort.Search(len(h.buckets), func(i int) bool { return h.buckets[i].index >= oldest })
	h.buckets = slices.Delete(h.buckets, 0, i)
}

// shift moves all buckets back, by less than a bucket's width too little.
func (h *history) shift(back int64) {
	for i := range h.buckets {
		h.buckets[i].index -= back / h.width
	}
}
