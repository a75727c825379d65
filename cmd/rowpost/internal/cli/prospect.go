package cli

import (
	"errors"
	"fmt"
	"strings"

	"rowpost/batch/state"
)

// prospect is what the history has to do with a run that is planned; the names of its
// fields are stable.
type prospect struct {
	Run string `json:"run"` // the id of the run that it is about
	// ExitStatus is what run would answer at once: 6 or 2; 0: it would send.
	ExitStatus int    `json:"exit_status"`
	Message    string `json:"message"`
}

// prospect says what run would find in the history; nil: nothing. It takes no locks and
// makes nothing. The notes are what it would warn of besides.
func (p *Program) prospect(l *load, accounts map[string]account) (h *prospect, notes []string) {
	if l.opts.sandbox || l.table.Total() == 0 || accountsFailure(l.names, accounts) != nil {
		return nil, nil // no history, or it is not known yet whose
	}
	dir, err := p.stateDir(l.opts.state)
	if err != nil {
		return &prospect{ExitStatus: statusBroken, Message: "no place to keep the run: " + err.Error()}, nil
	}
	found, err := state.Look(dir, l.stateJob(accounts), state.BeginOptions{Again: l.opts.again, Applied: applied})
	if conflict, ok := errors.AsType[*state.ConflictError](err); ok {
		return &prospect{Run: conflict.Run.ID, ExitStatus: statusUsage, Message: l.conflictFailure(conflict).Error()}, nil
	}
	if err != nil {
		return &prospect{ExitStatus: statusBroken, Message: stateFailure(dir, err).Error()}, nil
	}
	if found.Replaced != nil {
		notes = l.replacedNotes(found.Replaced)
	}
	run := &found.Run
	switch {
	case found.GoesOn && run.Running:
		return &prospect{Run: run.ID, ExitStatus: statusBroken, Message: "another run of this job is going on: " + run.ID}, nil
	case found.GoesOn:
		return &prospect{Run: run.ID, Message: fmt.Sprintf("run goes on with run %s, begun %s, and does not send again what that has settled", run.ID, minute(run.Begun))}, nil
	case run.ID != "" || run.Erased:
		return &prospect{Run: run.ID, ExitStatus: statusImported, Message: l.importedText(run)}, nil
	case len(found.Unfinished) > 0 && l.earlier == nil: // a result may be that of one of them
		return &prospect{Run: found.Unfinished[0].ID, Message: l.unfinishedText(found.Unfinished)}, notes
	}
	return nil, notes
}

// importedText says why there is nothing left to send of a job.
func (l *load) importedText(run *state.Info) string {
	switch {
	case run.ContinuedBy != "":
		return fmt.Sprintf("%s: what run %s of it left was sent from its result, in run %s", l.input, run.ID, run.ContinuedBy)
	case run.Erased:
		return l.input + ": was already imported with this mapping; what is known of that run was erased since"
	}
	return fmt.Sprintf("%s: was already imported with this mapping: run %s, begun %s, %s", l.input, run.ID, minute(run.Begun), countsText(run.Counts))
}

// conflictFailure says what was done with the table before, and the ways on.
func (l *load) conflictFailure(conflict *state.ConflictError) *failure {
	if conflict.Elsewhere != "" {
		return l.elsewhereFailure(conflict)
	}
	f := fail(statusUsage, "%s: was imported with another mapping before, and some of that was applied: run %s of %s with %s",
		l.input, conflict.Run.ID, minute(conflict.Run.Begun), conflict.Run.Mapping)
	if len(conflict.Changed) > 0 {
		f.messages = append(f.messages, "changed since: "+strings.Join(conflict.Changed, ", "))
	}
	if conflict.Run.Result != "" {
		_ = f.hint("to send what is left of that run by the new mapping, give its result as INPUT: %s", conflict.Run.Result)
	}
	return f.hint("to send all rows by the new mapping, those that were applied too, give --again")
}

// elsewhereFailure says that the input is a result that tells nothing about these accounts.
func (l *load) elsewhereFailure(conflict *state.ConflictError) *failure {
	f := fail(statusUsage, "%s: is the result of run %s, which sent to another account of %s: what it shows as succeeded was not sent to this one",
		l.input, conflict.Run.ID, conflict.Elsewhere)
	if path := conflict.Run.Input.Path; path != "" && !conflict.Run.Input.Result {
		_ = f.hint("to send all of the table to this account, give the table itself as INPUT: %s", path)
	}
	return f.hint("to send all lines of the result, those shown as succeeded too, give --again")
}
