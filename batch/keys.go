package batch

import "fmt"

// heldBack is why a request is not sent although nothing is wrong with it: what is known
// of other rows of its key.
func (l *lane) heldBack(t *task) (Entry, bool) {
	if later := l.confirmed.after(t.key, t.shown); later > 0 && !Planted("superseded-sent") {
		return superseded(t, later), true
	}
	doubted, ok := l.doubted[t.key]
	if !ok || t.key == "" || l.keys[t.key] != nil { // behind one that is being looked up
		return Entry{}, false
	}
	return behindDoubt(t, doubted), true
}

// blocked puts a task behind the last one with its key, if that is unfinished.
func (l *lane) blocked(t *task) bool {
	if t.key == "" || Planted("key-order-ignored") {
		return false
	}
	before := l.keys[t.key]
	l.keys[t.key] = t
	if before == nil {
		return false
	}
	before.next = t
	return true
}

// passOn lets the next task of a key go. If the key's object is in doubt, all that
// follow stay unsent: applied after what nobody knows, they could undo a later change.
func (l *lane) passOn(t *task, doubt bool) error {
	if t.key == "" {
		return nil
	}
	next := t.next
	t.next = nil
	if doubt && !Planted("key-in-doubt-ignored") {
		l.doubted[t.key] = t.shown
		for ; next != nil; next = next.next {
			next.close()
			if next.sent > 0 {
				continue
			}
			if err := l.journal.Finish(behindDoubt(next, t.shown)); err != nil {
				return err
			}
		}
		delete(l.keys, t.key)
		return nil
	}
	delete(l.doubted, t.key) // it may have been looked up
	for ; next != nil; next = next.next {
		later := l.confirmed.after(t.key, next.shown)
		if later == 0 || next.lookup != nil {
			l.enqueue(next)
			return nil
		}
		e := superseded(next, later)
		next.close()
		l.tally(e.Status)
		if err := l.journal.Finish(e); err != nil {
			return err
		}
	}
	delete(l.keys, t.key)
	return nil
}

// behindDoubt is the entry of a request that was not sent because an earlier one of
// the same key is in doubt.
func behindDoubt(t *task, row int) Entry {
	e := Entry{
		Row: t.row, Request: t.request, Status: NotSent, Again: true, Code: CodeKeyInDoubt,
		Message: fmt.Sprintf("row %d changes the same object and is in doubt", row),
	}
	if Planted("cell-in-journal") {
		e.RemoteID = t.key
	}
	return e
}

// superseded is the entry of a request that was not sent because a later row of the same
// key was confirmed: sent now, it would undo what that row did.
func superseded(t *task, later int) Entry {
	e := Entry{
		Row: t.row, Request: t.request, Status: Failed, Code: CodeSuperseded,
		Message: fmt.Sprintf("row %d changes the same object and was confirmed before this one could be sent", later), Attempts: t.sent,
	}
	if t.history.doubt { // it may have been applied before that row
		e.Status = InDoubt
	}
	return e
}
