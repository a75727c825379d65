package proof

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Contest is one job for several clients: a table whose every row is one JSON request of a
// contact with Basic authentication, to a [Sink].
type Contest struct {
	Dir      string
	Rows     int
	InFlight int
	URL      string // of the operation at the sink
	base     string
}

// The files of a contest, in its folder.
const (
	contestTable   = "in.csv"
	contestMapping = "map.yaml"
	contestTargets = "targets.json"
	contestScript  = "wrk.lua"
	contestConnect = "connect.yaml"
	contestResult  = "result.csv"
)

const contestCredentials = "user:password"

// NewContest writes what the clients need into a folder.
func NewContest(dir string, rows, inFlight int, sink *Sink) (*Contest, error) {
	base := sink.URL("cleverbridge")
	c := &Contest{Dir: dir, Rows: rows, InFlight: inFlight, base: base, URL: base + "/subscription/updatecontact"}
	table, err := os.Create(filepath.Join(dir, contestTable))
	if err != nil {
		return nil, err
	}
	targets, err := os.Create(filepath.Join(dir, contestTargets))
	if err != nil {
		return nil, errors.Join(err, table.Close())
	}
	err = errors.Join(c.writeRows(table, targets), table.Close(), targets.Close(),
		c.write(contestMapping, contestFields), c.write(contestScript, c.script()), c.write(contestConnect, c.connect()))
	return c, err
}

func (c *Contest) write(name, text string) error {
	return os.WriteFile(filepath.Join(c.Dir, name), []byte(text), 0o600)
}

const contestFields = `version: 1
requests:
  - provider: cleverbridge
    fields:
      SubscriptionId: Id
      ContactType: {value: BillingContact}
      Contact.Firstname: First
      Contact.Lastname: Last
      Contact.Company: Company
      Contact.Street1: Street
      Contact.PostalCode: Zip
      Contact.City: City
      Contact.CountryId: Country
      Contact.LanguageId: Language
      Contact.EMail: Mail
      Contact.Phone1: Phone
`

// writeRows writes the table, and the same requests ready made for clients that read no tables.
func (c *Contest) writeRows(table, targets io.Writer) error {
	t, g := bufio.NewWriter(table), bufio.NewWriter(targets)
	fmt.Fprintln(t, "Id,First,Last,Company,Street,Zip,City,Country,Language,Mail,Phone,Note")
	ready := json.NewEncoder(g)
	var body []byte
	for i := range c.Rows {
		cells := []string{
			fmt.Sprintf("S%08d", i+1), "Anna", "Müller", fmt.Sprintf("Firma %d GmbH", i%331), fmt.Sprintf("Hauptstraße %d", i%200),
			fmt.Sprintf("%05d", 10000+i%80000), "Berlin", "DE", "de", fmt.Sprintf("row-%d@example.com", i+1), fmt.Sprintf("+4930%07d", i), "a note",
		}
		fmt.Fprintln(t, strings.Join(cells, ","))
		body = appendContact(body[:0], cells)
		if err := ready.Encode(target{Method: "POST", URL: c.URL, Header: c.header(), Body: body}); err != nil {
			return err
		}
	}
	return errors.Join(t.Flush(), g.Flush())
}

// target is a request as vegeta reads it; its body in base64.
type target struct {
	Method string              `json:"method"`
	URL    string              `json:"url"`
	Header map[string][]string `json:"header"`
	Body   []byte              `json:"body"`
}

func (c *Contest) header() map[string][]string {
	return map[string][]string{"Content-Type": {"application/json"}, "Authorization": {basic()}}
}

func basic() string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(contestCredentials)) }

// appendContact makes the body of a row's request. The cells need no escapes.
func appendContact(b []byte, cells []string) []byte {
	id := strings.TrimLeft(cells[0], "S0")
	b = append(append(b, `{"SubscriptionId":`...), id...)
	b = append(b, `,"ContactType":"BillingContact","Contact":{`...)
	for i, name := range []string{"Firstname", "Lastname", "Company", "Street1", "PostalCode", "City", "CountryId", "LanguageId", "EMail", "Phone1"} {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), `":"`...)
		b = append(append(b, cells[i+1]...), '"')
	}
	return append(b, "}}"...)
}

// script has wrk send one row's request over and over.
func (c *Contest) script() string {
	cells := []string{"S00000001", "Anna", "Müller", "Firma 1 GmbH", "Hauptstraße 1", "10001", "Berlin", "DE", "de", "row-1@example.com", "+49300000001"}
	return fmt.Sprintf("wrk.method = \"POST\"\nwrk.body = %q\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.headers[\"Authorization\"] = %q\n",
		appendContact(nil, cells), basic())
}

// connect is the job for Redpanda Connect.
func (c *Contest) connect() string {
	return fmt.Sprintf(`http: {enabled: false}
logger: {level: ERROR}
input:
  csv: {paths: [%s], parse_header_row: true}
pipeline:
  processors:
    - mapping: |
        root.SubscriptionId = this.Id.trim_prefix("S").number()
        root.ContactType = "BillingContact"
        root.Contact.Firstname = this.First
        root.Contact.Lastname = this.Last
        root.Contact.Company = this.Company
        root.Contact.Street1 = this.Street
        root.Contact.PostalCode = this.Zip
        root.Contact.City = this.City
        root.Contact.CountryId = this.Country
        root.Contact.LanguageId = this.Language
        root.Contact.EMail = this.Mail
        root.Contact.Phone1 = this.Phone
output:
  http_client:
    url: %s
    verb: POST
    max_in_flight: %d
    headers: {Content-Type: application/json, Authorization: %q}
`, filepath.Join(c.Dir, contestTable), c.URL, c.InFlight, basic())
}

// Contestant is a client that does the job.
type Contestant struct {
	Name, Does string
	// Repeats says that it knows no end, and is stopped after a while: only its rate counts.
	Repeats bool
	command func(ctx context.Context, c *Contest) *exec.Cmd
}

// Rowpost is the command under test, sending in one of its ways.
func Rowpost(binary, way string) Contestant {
	return Contestant{
		Name: "rowpost --http " + way, Does: "table, mapping, pace, journal, result",
		command: func(ctx context.Context, c *Contest) *exec.Cmd {
			cmd := exec.CommandContext(ctx, binary, "run", "-m", contestMapping, contestTable, "-o", contestResult, "--state", filepath.Join(c.Dir, "state"),
				"--quiet", "--http", way, "--in-flight", "cleverbridge="+strconv.Itoa(c.InFlight), "--rate", "cleverbridge=1000000/s")
			user, password, _ := strings.Cut(contestCredentials, ":")
			cmd.Env = append(os.Environ(), "CLEVERBRIDGE_BASE_URL="+c.base, "CLEVERBRIDGE_USERNAME="+user, "CLEVERBRIDGE_PASSWORD="+password)
			return cmd
		},
	}
}

// Bare is a client of net/http, tuned, that does no more than is needed. It is this test
// binary: its TestMain has to call [BareMain] where [BareVariable] is set.
func Bare(binary string) Contestant {
	return Contestant{
		Name: "net/http, tuned", Does: "table, body, a line for each answer",
		command: func(ctx context.Context, c *Contest) *exec.Cmd {
			cmd := exec.CommandContext(ctx, binary)
			cmd.Env = append(os.Environ(), BareVariable+"="+strconv.Itoa(c.InFlight)+" "+c.URL, "GOGC=400")
			return cmd
		},
	}
}

// Others are the peers that are there to be run.
func Others() (there []Contestant, missing []string) {
	for _, o := range []struct {
		name, does, get string
		repeats         bool
		args            func(c *Contest) []string
	}{
		{"vegeta", "requests ready made, no result", "go install github.com/tsenart/vegeta/v12@latest", false, func(c *Contest) []string {
			return []string{"attack", "-format=json", "-lazy", "-rate=0", "-duration=0", "-max-workers=" + strconv.Itoa(c.InFlight), "-targets=" + contestTargets, "-output=" + os.DevNull}
		}},
		{"redpanda-connect", "table, mapping, no result", "see Redpanda's documentation", false, func(*Contest) []string {
			return []string{"run", contestConnect}
		}},
		{"wrk", "one body over and over", "the system's package wrk", true, func(c *Contest) []string {
			return []string{"-t1", "-c" + strconv.Itoa(c.InFlight), "-d3", "-s" + contestScript, c.URL}
		}},
	} {
		path, err := exec.LookPath(o.name)
		if err != nil {
			missing = append(missing, o.name+" is not there ("+o.get+")")
			continue
		}
		there = append(there, Contestant{Name: o.name, Does: o.does, Repeats: o.repeats, command: func(ctx context.Context, c *Contest) *exec.Cmd {
			return exec.CommandContext(ctx, path, o.args(c)...)
		}})
	}
	return there, missing
}

// Score is what a client's run took.
type Score struct {
	Requests, Rows int // that came to the sink
	Took           time.Duration
	CPU, SinkCPU   time.Duration // of the client's process, and of the sink's meanwhile
	Memory         int64         // the greatest resident size, in bytes; 0 where the system does not tell
}

// Rate is in requests a second, of the whole process from its start to its end.
func (s Score) Rate() float64 { return float64(s.Requests) / s.Took.Seconds() }

// CPUEach is the client's processor time for each request.
func (s Score) CPUEach() time.Duration { return s.CPU / time.Duration(max(1, s.Requests)) }

// Run has a client do the job, and counts at the sink.
func (c *Contest) Run(ctx context.Context, who Contestant, sink *Sink) (Score, error) {
	if err := errors.Join(sink.Left(), sink.Forget(), os.RemoveAll(filepath.Join(c.Dir, "state")), removed(filepath.Join(c.Dir, contestResult))); err != nil {
		return Score{}, err
	}
	before, err := sink.Seen()
	if err != nil {
		return Score{}, err
	}
	cmd := who.command(ctx, c)
	cmd.Dir = c.Dir
	score, err := watched(cmd)
	if err != nil {
		return score, fmt.Errorf("%s: %w", who.Name, err)
	}
	seen, err := sink.Seen()
	score.Requests, score.Rows, score.SinkCPU = seen.Requests, seen.Rows, seen.CPU-before.CPU
	return score, err
}

// watched runs a command and tells what it took.
func watched(cmd *exec.Cmd) (s Score, err error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return s, err
	}
	var watch errgroup.Group
	ended := make(chan struct{})
	watch.Go(func() error {
		s.Memory = watchMemory(cmd.Process.Pid, ended)
		return nil
	})
	err = cmd.Wait()
	s.Took = time.Since(began)
	close(ended)
	err = errors.Join(err, watch.Wait())
	s.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out.Bytes())
	}
	return s, err
}

func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
