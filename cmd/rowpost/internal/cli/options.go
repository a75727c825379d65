package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rowpost/batch"
)

// options are the flags of run and plan.
type options struct {
	mapping, out, errorsFile, envFile, state string
	logFormat, plan, http                    string
	sandbox, dryRun, again, yes              bool
	json, quiet, noColor, showValues, excel  bool
	rates, inFlight                          []string
	timeout, maxWait, giveUp, maxDuration    time.Duration
	waitLock                                 time.Duration
	attempts, limit, sample                  int
	maxErrors                                batch.MaxErrors
	okIf                                     condition
	rows                                     rowRange
	until                                    clock
	// keepInput is no flag: what comes through standard input is kept with its run.
	keepInput bool
	only      []int // rows of a sample, in order; nil: all
}

// add declares the flags on a command.
func (o *options) add(p *Program, cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	o.addFiles(f)
	o.addPace(p, f)
	o.addScope(f)
	o.addOutput(f)
	o.complete(p, cmd)
}

func (o *options) addFiles(f *pflag.FlagSet) {
	f.StringVarP(&o.mapping, "mapping", "m", "", "the column-mapping `FILE`")
	f.StringVarP(&o.out, "out", "o", "", "the result `FILE` (default: INPUT without its endings + .result.csv, beside it); a workbook if it ends in .xlsx")
	f.StringVar(&o.errorsFile, "errors", "", "also write the lines that neither succeeded nor were skipped to `FILE`")
	f.BoolVar(&o.excel, "excel", false, "write CSV as spreadsheets like it: with a byte order mark and the source's delimiter")
	f.StringVar(&o.envFile, "env-file", "", "read credentials from a dotenv `FILE`; the environment wins")
	f.StringVar(&o.state, "state", "", stateHelp)
	f.BoolVar(&o.again, "again", false, "send a table that was already imported; of an earlier result, what was edited after it had succeeded")
	f.Var(&value[time.Duration]{&o.waitLock, parseDuration, "", "DURATION"}, "wait-lock", "wait so long for another run of the same job to end, instead of giving up at once")
	f.BoolVar(&o.sandbox, "sandbox", false, "send to the simulated providers, in this process: nothing leaves the machine, no credentials are needed")
	f.BoolVar(&o.dryRun, "dry-run", false, "the same as plan: send nothing")
}

func (o *options) addPace(p *Program, f *pflag.FlagSet) {
	d := batch.DefaultOptions()
	o.timeout, o.attempts, o.maxWait, o.giveUp = d.Timeout, d.Attempts, d.MaxWait, d.GiveUp
	o.http = string(batch.LeanHTTP)
	f.Var(&listed{&o.rates, p.checkRate, "PROVIDER=N/s"}, "rate", "pace of a provider, also N/m, N/h, N/d; several windows: 10/s,40000/d; repeatable")
	f.Var(&listed{&o.inFlight, p.checkInFlight, "PROVIDER=N"}, "in-flight", "requests of a provider under way at once; repeatable")
	f.Var(&value[time.Duration]{&o.timeout, parseDuration, "30s", "DURATION"}, "timeout", "for one attempt, from connecting to the last byte")
	f.Var(&value[string]{&o.http, parseChoice("lean", "net"), "lean", "lean|net"}, "http", "how requests are sent: by rowpost's own HTTP/1.1, or by the standard library's, which proxies and bodies over 16 KiB go through anyway")
	f.Var(&value[int]{&o.attempts, parsePositive, "5", "N"}, "attempts", "for one request, those answered by 429 not counted; pauses from 0.5s doubling to 30s, at random below that")
	f.Var(&value[time.Duration]{&o.maxWait, parseDuration, "10m", "DURATION"}, "max-wait", "longest Retry-After obeyed; beyond it the provider's lane ends")
	f.Var(&value[time.Duration]{&o.giveUp, parseDuration, "15m", "DURATION"}, "give-up", "end a lane after so long with nothing but 429, 5xx or refused connections")
}

func (o *options) addScope(f *pflag.FlagSet) {
	f.Var(&value[rowRange]{&o.rows, parseRows, "", "A-B"}, "rows", "only these rows; the others are not_sent")
	f.Var(&value[int]{&o.limit, parsePositive, "", "N"}, "limit", "only the first N of the rows")
	f.Var(&value[int]{&o.sample, parsePositive, "", "N"}, "sample", "first send N rows from all over the table, then ask before the rest")
	f.BoolVar(&o.yes, "yes", false, "do not ask: send the rest if the sample came out well (--ok-if)")
	f.Var(&value[string]{&o.plan, parseDigest, "", "DIGEST"}, "plan", "send exactly what rowpost plan printed this digest for, or nothing")
	f.Var(&value[batch.MaxErrors]{&o.maxErrors, parseMaxErrors, "", "N|N%"}, "max-errors", "stop when more lines than this failed or are in doubt (a share: after 200 lines)")
	f.Var(&value[condition]{&o.okIf, parseCondition, "", "CONDITION"}, "ok-if", "what still counts as exit status 0, as 'failed<1%' or 'failed+in_doubt<=10 && invalid<5%'")
	f.Var(&value[clock]{&o.until, parseClock, "", "HH:MM"}, "until", "take no more rows from then on (the next such moment, local time)")
	f.Var(&value[time.Duration]{&o.maxDuration, parseDuration, "", "DURATION"}, "max-duration", "take no more rows after so long")
}

func (o *options) addOutput(f *pflag.FlagSet) {
	f.BoolVar(&o.json, "json", false, "the summary as JSON on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing when the exit status is 0")
	addLogFlags(f, &o.logFormat, &o.noColor)
	f.BoolVar(&o.showValues, "show-values", false, "plan: show the cells' contents in the requests (secrets stay hidden)")
}

// stateHelp is for every command that has the flag.
const stateHelp = "where runs are kept: a `DIR` (default: $XDG_STATE_HOME/rowpost, else ~/.local/state/rowpost)"

func addLogFlags(f *pflag.FlagSet, format *string, noColor *bool) {
	*format = "text"
	f.Var(&value[string]{format, parseChoice("text", "json"), "text", "text|json"}, "log-format", "of the log on standard error")
	f.BoolVar(noColor, "no-color", false, "no colours (also the variable NO_COLOR)")
}

// engine gives the engine's options.
func (o *options) engine() batch.Options {
	e := batch.DefaultOptions()
	e.Timeout, e.Attempts, e.MaxWait, e.GiveUp = o.timeout, o.attempts, o.maxWait, o.giveUp
	e.MaxErrors = o.maxErrors
	e.From, e.To, e.Limit = o.rows.from, o.rows.to, o.limit
	e.Again, e.Only = o.again, o.only
	e.UserAgent = "rowpost/" + version()
	e.HTTP = batch.HTTP(o.http)
	return e
}
