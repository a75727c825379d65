package batch

import (
	"testing"
	"time"

	"rowpost/providers"
)

func TestJudge(t *testing.T) {
	o := DefaultOptions()
	static := providers.Description{Name: "acme", Title: "Acme", Variables: []providers.Variable{{Name: "ACME_KEY"}}}
	token := static
	token.Auth.Scheme = providers.OAuth2
	safe := history{tries: 1, safe: true}
	unsafe := history{tries: 1}
	lastSafe, lastUnsafe := history{tries: 5, safe: true}, history{tries: 5}
	lost := &sendFailure{sent: true, code: codeTimeout}
	unsent := &sendFailure{code: codeConnection}

	for _, tc := range []struct {
		name     string
		provider providers.Description
		history  history
		status   int
		outcome  providers.Outcome
		failure  *sendFailure
		step     step
		want     Status
		again    bool // sent by the next run
		stop     StopKind
	}{
		{name: "confirmed", history: unsafe, status: 200, outcome: providers.Outcome{Kind: providers.Succeeded}, want: Succeeded},
		{name: "refused for its own fault", history: safe, status: 422, outcome: providers.Outcome{Kind: providers.Rejected}, want: Failed},
		{name: "429 makes the lane wait", history: safe, status: 429, outcome: providers.Outcome{Kind: providers.Throttled, RetryAfter: time.Minute}, step: hold},
		{name: "429 at the last try waits, too", history: lastSafe, status: 429, outcome: providers.Outcome{Kind: providers.Throttled}, step: hold},
		{
			name: "429 beyond --max-wait ends the lane", history: safe, status: 429,
			outcome: providers.Outcome{Kind: providers.Throttled, RetryAfter: time.Hour}, want: Failed, again: true, stop: Unavailable,
		},
		{
			name: "429 beyond --max-wait after a lost answer leaves the doubt", history: history{tries: 2, safe: true, doubt: true}, status: 429,
			outcome: providers.Outcome{Kind: providers.Throttled, RetryAfter: time.Hour}, want: InDoubt, again: true, stop: Unavailable,
		},
		{name: "503 is repeated, safe or not", history: unsafe, status: 503, outcome: providers.Outcome{Kind: providers.Transient}, step: repeat, want: Failed, again: true},
		{name: "503 at the last try", history: lastUnsafe, status: 503, outcome: providers.Outcome{Kind: providers.Transient}, want: Failed, again: true},
		{name: "503 at the last try after a lost answer", history: history{tries: 5, safe: true, doubt: true}, status: 503, outcome: providers.Outcome{Kind: providers.Transient}, want: InDoubt, again: true},
		{name: "500 of a safe operation is repeated", history: safe, status: 500, step: repeat, want: InDoubt, again: true},
		{name: "500 of a safe operation at the last try", history: lastSafe, status: 500, want: InDoubt, again: true},
		{name: "500 of an unsafe operation is not repeated", history: unsafe, status: 500, want: InDoubt},
		{name: "a forgotten kind never reads as success", history: unsafe, status: 200, want: InDoubt},
		{name: "401 with fixed credentials", history: safe, status: 401, outcome: providers.Outcome{Kind: providers.Fatal, Code: "http_401"}, want: Failed, again: true, stop: Refused},
		{name: "401 with a token", provider: token, history: safe, status: 401, outcome: providers.Outcome{Kind: providers.Fatal}, step: renewal},
		{
			name: "401 with a renewed token", provider: token, history: history{tries: 1, safe: true, renewed: true}, status: 401,
			outcome: providers.Outcome{Kind: providers.Fatal}, want: Failed, again: true, stop: Refused,
		},
		{name: "redirect", history: safe, status: 302, outcome: providers.Outcome{Kind: providers.Fatal, Code: "http_302"}, want: Failed, again: true, stop: Refused},
		{name: "refused connection", history: unsafe, failure: unsent, step: repeat, want: NotSent, again: true},
		{name: "refused connection at the last try", history: lastUnsafe, failure: unsent, want: NotSent, again: true},
		{name: "refused connection after a lost answer", history: history{tries: 5, safe: true, doubt: true}, failure: unsent, want: InDoubt, again: true},
		{name: "lost answer, safe", history: safe, failure: lost, step: repeat, want: InDoubt, again: true},
		{name: "lost answer, safe, last try", history: lastSafe, failure: lost, want: InDoubt, again: true},
		{name: "lost answer, unsafe", history: unsafe, failure: lost, want: InDoubt},
		{name: "untrusted certificate", history: safe, failure: &sendFailure{code: codeTLS, refused: true}, want: NotSent, again: true, stop: Refused},
		{name: "refused token", provider: token, history: unsafe, failure: &sendFailure{code: "token_http_401", refused: true}, want: NotSent, again: true, stop: Refused},
		{name: "interrupted before sending", history: safe, failure: &sendFailure{code: codeInterrupted}, want: NotSent, again: true},
		{name: "interrupted after sending", history: unsafe, failure: &sendFailure{code: codeInterrupted, sent: true}, want: InDoubt},
		{name: "token endpoint asks to wait too long", provider: token, history: safe, failure: &sendFailure{code: "token_http_429", retryAfter: time.Hour}, want: NotSent, again: true, stop: Unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := tc.provider
			if p.Name == "" {
				p = static
			}
			v := judge(o, p, tc.history, tc.status, tc.outcome, tc.failure)
			if v.step != tc.step {
				t.Errorf("step %d, want %d", v.step, tc.step)
			}
			if v.entry.Status != tc.want {
				t.Errorf("status %q, want %q", v.entry.Status, tc.want)
			}
			if v.entry.Again != tc.again {
				t.Errorf("again %v, want %v", v.entry.Again, tc.again)
			}
			var kind StopKind
			if v.stop != nil {
				kind = v.stop.Kind
			}
			if kind != tc.stop {
				t.Errorf("stop %d, want %d", kind, tc.stop)
			}
		})
	}
}

func TestPausesGrowToTheirBound(t *testing.T) {
	want := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}
	for i, w := range want {
		if got := ceiling(i + 1); got != w {
			t.Errorf("ceiling after try %d is %s, want %s", i+1, got, w)
		}
		for range 1000 {
			if p := DefaultOptions().pause(i + 1); p < 0 || p > w {
				t.Fatalf("pause after try %d is %s, beyond %s", i+1, p, w)
			}
		}
	}
	if got := ceiling(1 << 30); got != longestPause {
		t.Errorf("ceiling after a billion tries is %s", got)
	}
}
