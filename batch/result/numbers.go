package result

// numbers is a set of row numbers. It takes little where they stand close together, as
// those of a table do: one bit each.
type numbers struct {
	pages map[int]*page
	last  int // the number of the page that was changed last
	hot   *page
}

// page has the numbers from a multiple of its size on.
type page [8]uint64

const pageSize = 8 * 64

// add takes a number, and says whether it was not yet there.
func (s *numbers) add(n int) bool {
	if at := n / pageSize; s.hot == nil || at != s.last {
		if s.pages == nil {
			s.pages = map[int]*page{}
		}
		if s.pages[at] == nil {
			s.pages[at] = &page{}
		}
		s.last, s.hot = at, s.pages[at]
	}
	word, bit := &s.hot[n%pageSize/64], uint64(1)<<(n%64)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

// has may be called by several goroutines at once when nobody adds.
func (s *numbers) has(n int) bool {
	if len(s.pages) == 0 {
		return false
	}
	p := s.pages[n/pageSize]
	return p != nil && p[n%pageSize/64]&(1<<(n%64)) != 0
}
