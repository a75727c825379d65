package cli

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"rowpost/batch"
	"rowpost/mapping"
)

// sampleRows chooses the rows that --sample sends first, by number: spread over the chosen
// rows, and the same ones each time. Each can be sent, and none has a key that a row before
// it has: that one could not be sent any more once a later row of its key is confirmed. There
// may be fewer than were asked for. It is nil without --sample.
func (l *load) sampleRows() ([]int, error) {
	if l.opts.sample == 0 {
		return nil, nil
	}
	s := &sampler{
		l: l, choice: l.opts.engine().NewChoice(), evaluator: l.binding.Evaluator(), bound: l.binding.Requests(),
		wanted: l.opts.sample, total: l.chosenRows(), seen: newSeen(l.table.Total() * len(l.binding.Requests())), rows: []int{},
	}
	for line, err := range batch.LinesOf(l.rows) {
		if err != nil {
			return nil, tableFailure(err)
		}
		if err := s.look(&line); err != nil {
			return nil, err
		}
	}
	return s.rows, nil
}

// chosenRows is about how many rows --rows and --limit choose.
func (l *load) chosenRows() int {
	o, n := l.opts, l.table.Total()
	if o.rows.to > 0 {
		n = min(n, o.rows.to)
	}
	if o.rows.from > 0 {
		n = max(0, n-o.rows.from+1)
	}
	if o.limit > 0 {
		n = min(n, o.limit)
	}
	return n
}

// sampler goes through a table once.
type sampler struct {
	l             *load
	choice        *batch.Choice
	evaluator     *mapping.Evaluator
	bound         []mapping.BoundRequest
	wanted, total int
	passed        int // chosen lines
	last          int // the number of the row before
	seen          *seen
	rows          []int
}

func (s *sampler) look(line *batch.Line) error {
	row := line.Shown()
	if row < s.last {
		return fail(statusUsage, "%s: line %d: the lines are not in the order of their rows, so no sample can be taken of them", s.l.input, line.Line).
			hint("sort the file by rp_row")
	}
	taken := row == s.last && len(s.rows) > 0 && s.rows[len(s.rows)-1] == row
	s.last = row
	chosen := s.choice.Take(line)
	if chosen {
		s.passed++
	}
	if e, settled := batch.SettledBefore(line, s.l.opts.again); settled && e.Status != batch.InDoubt {
		return nil
	}
	sendable, fresh := s.draft(line)
	// After so many lines so many rows are due. What could not be taken is made up for.
	due := len(s.rows)*s.total < s.wanted*s.passed && len(s.rows) < s.wanted
	if chosen && sendable && fresh && due && !taken {
		s.rows = append(s.rows, row)
	}
	return nil
}

// draft says whether anything of a line can be sent, and whether no line before it has a key
// of it. Its keys are known from then on.
func (s *sampler) draft(line *batch.Line) (sendable, fresh bool) {
	fresh = true
	if line.Fault != nil {
		return false, fresh
	}
	only := ""
	if line.Before != nil {
		only = line.Before.Request
	}
	var keys []uint64
	for _, d := range s.evaluator.Records(line.Row) {
		if only != "" && s.bound[d.Request].ID != only {
			continue
		}
		if d.Err == nil {
			_, err := s.l.targets[d.Request].Operation.Build(d.Record)
			sendable = sendable || err == nil
		}
		if d.Record.Key != "" {
			keys = append(keys, keySum(s.bound[d.Request].Provider, d.Record.Key))
		}
	}
	for _, k := range keys {
		fresh = fresh && !s.seen.has(k)
	}
	for _, k := range keys {
		s.seen.add(k)
	}
	inDoubt := line.Before != nil && line.Before.Status == batch.InDoubt
	return sendable && !inDoubt, fresh
}

// keySum is the same in each start, so that the sample is.
func keySum(provider, key string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(provider + "\x00" + key)) // a hash takes all
	return h.Sum64()
}

// seen is a set that takes two bytes for each member: a Bloom filter. It takes one in some
// hundreds for a member that is none, which leaves a row out of a sample and does no harm.
type seen struct{ bits []uint64 }

const seenProbes = 4

func newSeen(members int) *seen { return &seen{make([]uint64, members/4+16)} }

// place gives the bit of a probe. The multipliers are those of SplitMix64.
func (s *seen) place(sum uint64, probe uint64) (word int, bit uint64) {
	x := sum + (probe+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	n := x % (uint64(len(s.bits)) * 64)
	return int(n / 64), 1 << (n % 64)
}

func (s *seen) has(sum uint64) bool {
	for probe := range uint64(seenProbes) {
		if word, bit := s.place(sum, probe); s.bits[word]&bit == 0 {
			return false
		}
	}
	return true
}

func (s *seen) add(sum uint64) {
	for probe := range uint64(seenProbes) {
		word, bit := s.place(sum, probe)
		s.bits[word] |= bit
	}
}

// rangesText names rows shortly: 1, 5-7, 9. Of many it names the first ones.
func rangesText(rows []int) string {
	const most = 12
	var parts []string
	for i := 0; i < len(rows); {
		j := i
		for j+1 < len(rows) && rows[j+1] == rows[j]+1 {
			j++
		}
		if len(parts) == most {
			return strings.Join(append(parts, fmt.Sprintf("... to %d", rows[len(rows)-1])), ", ")
		}
		if j > i {
			parts = append(parts, fmt.Sprintf("%d-%d", rows[i], rows[j]))
		} else {
			parts = append(parts, strconv.Itoa(rows[i]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
