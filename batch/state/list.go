package state

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Runs lists all runs, newest first. Those whose record cannot be read have a Fault.
func (s *Store) Runs() (infos []Info, err error) {
	err = s.exclusively(func() error {
		all, err := s.records()
		for _, rec := range all {
			info, infoErr := s.info(rec)
			infos, err = append(infos, info), errors.Join(err, infoErr)
		}
		return err
	})
	return infos, err
}

func (s *Store) info(rec *record) (Info, error) {
	info := rec.Info
	if info.Fault != "" {
		return info, nil
	}
	var err error
	info.Running, err = s.running(info.Job, info.ID)
	return info, err
}

// UnknownRunError says that no run, or more than one, is meant.
type UnknownRunError struct {
	Asked string
	// Near are ids that may be meant.
	Near []string
}

func (e *UnknownRunError) Error() string {
	switch {
	case len(e.Near) == 0:
		return fmt.Sprintf("there is no run %q", e.Asked)
	case strings.HasPrefix(e.Near[0], e.Asked):
		return fmt.Sprintf("%q is the beginning of several runs: %s", e.Asked, strings.Join(e.Near, ", "))
	}
	return fmt.Sprintf("there is no run %q; there are %s", e.Asked, strings.Join(e.Near, ", "))
}

// Last is the name of the newest run.
const Last = "last"

// Get finds a run by its id, by the beginning of it if no other has the same, or by the
// name [Last]. The error is an *[UnknownRunError], or says why the run's record cannot be
// read: the Info has an ID then.
func (s *Store) Get(idOrPrefix string) (info Info, err error) {
	err = s.exclusively(func() error {
		all, err := s.records()
		if err != nil {
			return err
		}
		rec, err := find(all, idOrPrefix)
		if err != nil {
			return err
		}
		if info, err = s.info(rec); info.Fault != "" {
			return faulty(&info)
		}
		return err
	})
	return info, err
}

func find(all []*record, asked string) (*record, error) {
	if asked == Last && len(all) > 0 {
		return all[0], nil
	}
	var fits []*record
	for _, rec := range all {
		if rec.ID == asked {
			return rec, nil
		}
		if asked != "" && strings.HasPrefix(rec.ID, asked) {
			fits = append(fits, rec)
		}
	}
	switch len(fits) {
	case 0:
		return nil, &UnknownRunError{asked, near(all, asked)}
	case 1:
		return fits[0], nil
	}
	return nil, &UnknownRunError{asked, ids(fits)}
}

func ids(all []*record) []string {
	list := make([]string, len(all))
	for i, rec := range all {
		list[i] = rec.ID
	}
	return list
}

// near lists a few ids that begin as what was asked for, newest first.
func near(all []*record, asked string) []string {
	const most = 3
	list := ids(all)
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(common(b, asked), common(a, asked)) })
	return list[:min(most, len(list))]
}

// common is the length of what two texts have in common at the beginning.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
