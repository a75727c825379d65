// Package journal keeps what became of each request of a run, append only: on disk
// ([Open]), or in memory for tests ([Memory]). A run may have many starts, one process
// after the other; each goes on where the one before it ended, however that was.
//
// On disk each lane has a file for each start, and none is changed once its start is over.
// A file is a sequence of frames, and each is
//
//	length of the payload (uvarint) | payload | CRC-32C (4 bytes, little endian)
//
// where the checksum goes on from that of the frame before: so none can be lost, doubled
// or exchanged unseen. The first frame, synced before any other is written, names the
// lane, its window, its starts, and a random number of its own. After each fsync a later
// frame, a mark, says up to where the file was safe, and can be checked without what is
// before it. That tells apart what a crash may leave, a tail that was never known to be
// safe and is left out whenever the file is read ([TornError]), from damage to what was
// safe already ([DamageError]). A start also notes how much it found of the files before
// it, after having synced them: from then on that is safe, too.
//
// What is finished is with the system before its caller goes on, so that a killed process
// loses none of it, and is synced by the group: only a power loss takes what came last.
// What is begun is synced before its request is sent. No file is relied on before it is
// synced, and after an error that file is not touched again: a second fsync may claim to have
// done what the first one lost. What is not known to be in it then goes into another one, as
// if the next start had written that, once: when the journal is closed, and the room that it
// had kept of the disk ([WriteError]) is given back. That a write leaves bytes outside of it
// alone, also in a power loss, is taken for granted.
package journal

import (
	"fmt"
	"time"

	"rowpost/batch"
)

// kept is an entry as every journal gives it back: times in UTC and whole microseconds,
// without a monotonic clock.
func kept(e batch.Entry) batch.Entry {
	if !e.SentAt.IsZero() {
		e.SentAt = time.UnixMicro(e.SentAt.UnixMicro()).UTC()
	}
	e.Duration = e.Duration.Truncate(time.Microsecond)
	return e
}

// inWindow refuses a row that comes too late to be put in order when it is read.
func inWindow(row, newest, window int) error {
	if row < newest-window {
		return fmt.Errorf("journal: row %d comes after row %d was finished, which is beyond the window of %d rows", row, newest, window)
	}
	return nil
}

// sameWindow refuses a second opinion on an open lane's window.
func sameWindow(lane string, open, asked int) error {
	if open != asked {
		return fmt.Errorf("journal of %s is open with a window of %d rows, not of %d", lane, open, asked)
	}
	return nil
}
