package cli

import "rowpost/batch"

// The exit statuses.
const (
	statusOK          = 0
	statusBroken      = 1
	statusUsage       = 2
	statusRows        = 3
	statusAct         = 4
	statusLater       = 5
	statusImported    = 6
	statusInterrupted = 130 // 128 and the number of SIGINT
	signalStatusBase  = 128
)

// Texts of the exit statuses, for the commands' help.
const runStatusHelp = `Exit status:
  0         every row succeeded or was skipped, or --ok-if holds
  1         the run could not start or go on: unreadable input, a full disk,
            another run of the same job is under way
  2         usage, mapping, header or table is wrong, or a credential is missing;
            nothing was sent
  3         finished; some rows failed, are invalid or in doubt
  4         stopped, and somebody must act: a provider refused the credentials or
            the configuration, or --max-errors was passed
  5         stopped, and nobody need act: the deadline, a provider that cannot be
            reached, or one that asks to wait beyond --max-wait; or only a sample
            was sent; the same command goes on
  6         this table was already imported with this mapping: see --again
  130, 143  interrupted; the same command goes on (129: the terminal went away)
When several apply: 1, then 130 or 143, 4, 5, 3.`

const planStatusHelp = `Exit status:
  0  every row could be sent
  1  the input cannot be read
  2  usage, mapping, header or table is wrong
  3  some rows are invalid`

// ending is what the exit status of a run depends on.
type ending struct {
	broken bool          // the run could not go on, or its result could not be written
	stops  []*batch.Stop // of the run and of its lanes; nil ones are none
	lines  counts        // of the chosen rows
	okIf   condition
	// unreached is the number of chosen lines whose provider could not be reached although
	// its lane went on.
	unreached int
}

// status gives the strongest exit status that applies.
func (e ending) status() int {
	strongest := batch.NotStopped
	if e.unreached > 0 {
		strongest = batch.Unavailable
	}
	signal := 0
	for _, s := range e.stops {
		if s == nil {
			continue
		}
		strongest = max(strongest, s.Kind)
		if s.Kind == batch.Interrupted {
			signal = max(signal, s.Signal)
		}
	}
	switch {
	case e.broken || strongest == batch.Broken:
		return statusBroken
	case strongest == batch.Interrupted && signal > 0:
		return signalStatusBase + signal
	case strongest == batch.Interrupted:
		return statusInterrupted
	case strongest == batch.Refused:
		return statusAct
	case strongest == batch.Unavailable:
		return statusLater
	case e.lines.allFine() || e.okIf.holds(e.lines):
		return statusOK
	}
	return statusRows
}
