package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rowpost/mapping"
)

// A plan's digest stands for all that decides what a run sends, and where: not for how fast,
// nor for the secrets. It is 128 bits of SHA-256 over the sums of its parts, and behind that
// 16 bits of each part: they protect nothing, but tell which of them is another one.
//
//	0123456789abcdef0123456789abcdef-0123.4567.89ab.cdef.0123

// digestParts names the parts, in their order.
func digestParts() []string {
	return []string{
		"the table", "the mapping, or a file that it names", "an operation, or its description", "the address or the account", "the chosen rows",
	}
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{32}-[0-9a-f]{4}(\.[0-9a-f]{4}){4}$`)

func parseDigest(text string) (string, error) {
	if !digestForm.MatchString(text) {
		return "", errors.New("not the digest of a plan: take it from the line digest of rowpost plan, whole")
	}
	return text, nil
}

// hashed is a sum over texts, none of which runs into the next.
func hashed(texts ...string) [sha256.Size]byte {
	var b []byte
	for _, text := range texts {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return sha256.Sum256(b)
}

// digest gives the digest of the plan. Undecided names the variables without which it is not
// known yet where the requests will go: there is no digest then.
func (l *load) digest(accounts map[string]account) (digest string, undecided []string, err error) {
	if !l.opts.sandbox {
		for _, name := range l.names {
			undecided = append(undecided, l.undecided(name, accounts[name])...)
		}
	}
	if undecided != nil {
		return "", undecided, nil
	}
	operations, err := l.operationTexts()
	if err != nil {
		return "", nil, err
	}
	job := l.stateJob(accounts)
	o := l.opts
	parts := [][sha256.Size]byte{
		hashed("table", string(job.Input.SHA256[:]), strconv.FormatBool(job.Input.Result)),
		hashed(append([]string{"mapping"}, meaningTexts(job.Meaning)...)...),
		hashed(append([]string{"operations", version()}, operations...)...),
		hashed(append([]string{"accounts"}, l.accountTexts(accounts)...)...),
		hashed("rows", fmt.Sprint(o.rows.from, o.rows.to, o.limit), strconv.FormatBool(o.again && l.earlier != nil)),
	}
	var all []string
	var ends []string
	for _, p := range parts {
		all, ends = append(all, string(p[:])), append(ends, hex.EncodeToString(p[:2]))
	}
	whole := hashed(append([]string{"rowpost plan 1"}, all...)...)
	return hex.EncodeToString(whole[:16]) + "-" + strings.Join(ends, "."), nil, nil
}

// undecided are the variables that say where and as whom a provider is called, as far as they
// are missing; secrets are none of them.
func (l *load) undecided(name string, a account) (missing []string) {
	secret := map[string]bool{}
	for _, v := range l.byName[name].Describe().Variables {
		secret[v.Name] = v.Secret
	}
	return slices.DeleteFunc(slices.Clone(a.missing), func(v string) bool { return secret[v] })
}

func meaningTexts(meaning []mapping.Clause) (texts []string) {
	sorted := slices.SortedFunc(slices.Values(meaning), func(a, b mapping.Clause) int { return cmp.Compare(a.Path, b.Path) })
	for _, c := range sorted {
		texts = append(texts, c.Path, string(c.Sum[:]))
	}
	return texts
}

// operationTexts describe what the mapping's requests call. How a built-in operation makes a
// request is code, for which the program's version stands; for a declared one its file does,
// as it is written.
func (l *load) operationTexts() (texts []string, err error) {
	for i, r := range l.binding.Requests() {
		d := l.targets[i].Operation.Describe()
		schema, err := json.Marshal(d.Schema)
		if err != nil {
			return nil, err
		}
		texts = append(texts, r.Provider, d.Name, d.Method, d.Path, string(schema), strconv.FormatBool(d.SafeToRepeat), l.roster.text(r.Provider))
	}
	return texts, nil
}

func (l *load) accountTexts(accounts map[string]account) (texts []string) {
	if l.opts.sandbox {
		return []string{"sandbox"}
	}
	for _, name := range slices.Sorted(slices.Values(l.names)) {
		baseURL, as := accounts[name].Identity(l.byName[name].Describe())
		texts = append(texts, name, baseURL, strconv.Itoa(len(as)))
		for _, variable := range slices.Sorted(maps.Keys(as)) {
			texts = append(texts, variable, as[variable])
		}
	}
	return texts
}

// refuseOther refuses to send anything but what was planned.
func (l *load) refuseOther(accounts map[string]account) error {
	want := l.opts.plan
	if want == "" {
		return nil
	}
	got, undecided, err := l.digest(accounts)
	if err != nil {
		return fail(statusBroken, "the plan's digest cannot be made: %s", err)
	}
	if got == want || undecided != nil {
		return nil // what is missing is refused for itself
	}
	f := fail(statusUsage, "%s: what would be sent is not what was planned, so nothing is sent", l.input)
	for _, what := range differingParts(want, got) {
		f.messages = append(f.messages, "not as planned: "+what)
	}
	return f.hint("look at it with rowpost plan, and give the digest that it prints: --plan DIGEST")
}

// differingParts names what two digests tell apart.
func differingParts(a, b string) (differing []string) {
	_, endsA, _ := strings.Cut(a, "-")
	_, endsB, _ := strings.Cut(b, "-")
	x, y := strings.Split(endsA, "."), strings.Split(endsB, ".")
	for i, name := range digestParts() {
		if i < len(x) && i < len(y) && x[i] != y[i] {
			differing = append(differing, name)
		}
	}
	return differing
}

// planned says of a plan what it will be known by.
func (r *planReport) planned(l *load, accounts map[string]account) error {
	digest, undecided, err := l.digest(accounts)
	switch {
	case err != nil:
		return fail(statusBroken, "the plan's digest cannot be made: %s", err)
	case undecided != nil:
		slices.Sort(undecided)
		r.Undecided = slices.Compact(undecided)
	default:
		r.Digest = digest
	}
	return nil
}
