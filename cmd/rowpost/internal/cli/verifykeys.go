package cli

import (
	"hash/maphash"
	"time"

	"rowpost/batch"
)

// keyOrder watches the rows of each key, within a provider, in the order of the source.
// It takes some 60 bytes for each key.
type keyOrder struct {
	seed maphash.Seed
	last map[uint64]keyed
}

// keyed is what is known of a key's rows so far.
type keyed struct {
	row    int   // the row that was confirmed last
	sentAt int64 // milliseconds since 1970: when that was sent
	doubt  int   // a row in doubt; 0: none
}

func newKeyOrder() keyOrder { return keyOrder{maphash.MakeSeed(), map[uint64]keyed{}} }

// confirm takes the next line of a key. Rows may be confirmed by an earlier run or by a
// person, at any time: only what this run sent is held against the rule.
func (k *keyOrder) confirm(v *verification, l *shownLine, request int, key string, sent bool) {
	if key == "" || !sent || v.earlier || k.last == nil {
		return
	}
	place := maphash.Comparable(k.seed, verifiedRequest{key, v.requests[request].provider})
	before := k.last[place]
	switch {
	case l.status == batch.InDoubt && before.doubt == 0:
		before.doubt = l.row
	case l.status != batch.Succeeded || l.sentAt.IsZero():
		return
	default:
		v.hold(ruleKeys)
		if before.row > 0 && before.row < l.row && l.sentAt.UnixMilli() < before.sentAt {
			v.find(ruleKeys, v.at(l), "it was confirmed by a request sent at %s; row %d before it has the same key and was sent after that, at %s",
				l.sentAt.Format(time.TimeOnly), before.row, time.UnixMilli(before.sentAt).UTC().Format(time.TimeOnly))
		}
		if before.doubt > 0 && before.doubt < l.row {
			v.find(ruleKeys, v.at(l), "row %d before it has the same key and is in doubt", before.doubt)
		}
		if at := l.sentAt.UnixMilli(); at >= before.sentAt {
			before.row, before.sentAt = l.row, at
		}
	}
	k.last[place] = before
}
