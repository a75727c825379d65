package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"rowpost/batch"
	"rowpost/mapping"
)

// Job is what a run does: a table sent by a mapping to accounts.
type Job struct {
	Input   Input
	Series  string // the mapping's name: the jobs that do the same to other tables
	Mapping string // its file, for people
	Meaning []mapping.Clause
	Targets []string // provider/operation
	// Origins are those of the input's lines: tables and mappings that they come from at
	// first. A table that is no result has one, its own.
	Origins []string
	// Accounts are by provider.
	Accounts map[string]Account
}

// Input is a table as it was when the job began.
type Input struct {
	Path   string // absolute
	SHA256 [sha256.Size]byte
	Size   int64 // bytes
	Rows   int
	Result bool // it is the result of an earlier run
}

// Account is what tells accounts of a provider apart.
type Account struct {
	BaseURL string
	As      map[string]string // variables that are no secrets, by name
}

// Key is the job's identity: it does not depend on the names of files, of the mapping, or
// on anything in the mapping that cannot change what is sent.
func (j *Job) Key() string {
	h := sha256.New()
	add := func(what string) { fmt.Fprintf(h, "%d:%s\n", len(what), what) }
	add("rowpost job 1")
	add(string(j.Input.SHA256[:]))
	for _, c := range slices.SortedFunc(slices.Values(j.Meaning), byPath) {
		add(c.Path)
		add(string(c.Sum[:]))
	}
	add("targets")
	for _, t := range j.targets() {
		add(t)
	}
	add("accounts")
	for _, name := range slices.Sorted(maps.Keys(j.Accounts)) {
		add(name)
		add(j.Accounts[name].sum(name))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func byPath(a, b mapping.Clause) int {
	if a.Path < b.Path {
		return -1
	}
	if a.Path > b.Path {
		return 1
	}
	return 0
}

func (j *Job) targets() []string {
	sorted := slices.Clone(j.Targets)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// sum stands for an account where nothing of it may be read: a user name may be a person's.
func (a Account) sum(provider string) string { return accountName(provider, a.BaseURL, a.As) }

func (j *Job) accountSums() map[string]string {
	sums := map[string]string{}
	for name, a := range j.Accounts {
		sums[name] = a.sum(name)
	}
	return sums
}

// Sums gives the clauses of a mapping as [Info.Meaning] has them: hex digits by the path.
func Sums(clauses []mapping.Clause) map[string]string {
	sums := map[string]string{}
	for _, c := range clauses {
		sums[c.Path] = hex.EncodeToString(c.Sum[:])
	}
	return sums
}

// NoExit is [Info.Exit] of a start that has not ended by itself: it is going on, or was killed.
const NoExit = -1

// Info is what is known of a run.
type Info struct {
	ID      string   `json:"id"`  // UTC time of its beginning and four hex digits: 20261122-190312-3f2a
	Job     string   `json:"job"` // [Job.Key]
	Series  string   `json:"series"`
	Input   Input    `json:"input"`
	Mapping string   `json:"mapping"`
	Targets []string `json:"targets"`
	Origins []string `json:"origins,omitempty"` // [Job.Origins]
	// Meaning is that of the mapping: see [Sums].
	Meaning map[string]string `json:"meaning"`
	// Begun is when its first start began, Last when its last one did, or ended. UTC.
	Begun time.Time `json:"begun"`
	Last  time.Time `json:"last"`
	// Starts counts the processes that worked on it.
	Starts int `json:"starts"`
	// Finished says that repeating it could by itself change nothing.
	Finished bool `json:"finished"`
	// Again says that the job had been finished before, and was sent once more.
	Again bool `json:"again,omitempty"`
	// Anew is the id of the run that was begun by a demand to send what may have been applied
	// before: this one, or the one whose result is the input. A provider must not take its
	// requests for those of another run. Empty: there was no such demand.
	Anew   string               `json:"anew,omitempty"`
	Exit   int                  `json:"exit"`   // status of the last start, or NoExit
	Counts map[batch.Status]int `json:"counts"` // lines of the last result that was written
	// Stop says in words why the last start stopped early, and Until until when it is
	// no use to go on; zero: no such time is known.
	Stop  string    `json:"stop,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Result and Errors are the absolute paths of its files; Errors may be empty.
	Result string `json:"result"`
	Errors string `json:"errors,omitempty"`
	// Journal has the lengths of the journal's files, in bytes by name, as the starts left
	// them that ended by themselves: what is less now is damaged. A start that was killed,
	// or was of a version that did not keep them, adds none.
	Journal map[string]int64 `json:"journal,omitempty"`
	// ContinuedBy is the run that had this one's result as its input. What this one left
	// is that one's to send.
	ContinuedBy string `json:"continued_by,omitempty"`

	// The rest is not stored.

	// Running says that a process is at work on it now.
	Running bool `json:"-"`
	// Erased says that nothing is left of it but that its job was finished.
	Erased bool `json:"-"`
	// Fault says why nothing but ID is known; empty: all is.
	Fault string `json:"-"`
}

// settled says that the same command has nothing to go on with.
func (i *Info) settled() bool { return i.Finished || i.ContinuedBy != "" }

// doubts says whether a person has something to settle that only this run knows of.
func (i *Info) doubts() bool { return i.ContinuedBy == "" && i.Counts[batch.InDoubt] > 0 }

// inputFile is how an Input is stored.
type inputFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Rows   int    `json:"rows"`
	Result bool   `json:"result,omitempty"`
}

// MarshalJSON writes the hash in hex, as sha256sum does.
func (i Input) MarshalJSON() ([]byte, error) {
	return json.Marshal(inputFile{i.Path, hex.EncodeToString(i.SHA256[:]), i.Size, i.Rows, i.Result})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (i *Input) UnmarshalJSON(content []byte) error {
	var f inputFile
	if err := json.Unmarshal(content, &f); err != nil {
		return err
	}
	sum, err := hex.DecodeString(f.SHA256)
	if err != nil || len(sum) != sha256.Size {
		return fmt.Errorf("the input's hash has not %d hex digits", 2*sha256.Size)
	}
	*i = Input{f.Path, [sha256.Size]byte(sum), f.Size, f.Rows, f.Result}
	return nil
}
