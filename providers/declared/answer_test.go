package declared

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers"
)

func TestInterpret(t *testing.T) {
	const ok = "{statuses: [200]}"
	for _, c := range []struct {
		name    string
		success string // in place of the minimal rule, with what follows it
		status  int
		header  [2]string
		body    string
		want    providers.Outcome // but for the message
	}{
		{"an object", ok, 200, [2]string{}, `{"a":1}`, providers.Outcome{Kind: providers.Succeeded}},
		{"an object that is an error", ok, 200, [2]string{}, `{"error":"no"}`, providers.Outcome{Kind: providers.Rejected, Code: "refused"}},
		{"another status", ok, 201, [2]string{}, `{"a":1}`, providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}},
		{"a page where the status confirms", "{statuses: [200], body: any}", 200, [2]string{}, "<html>", providers.Outcome{Kind: providers.Succeeded}},
		{"an empty body", "{statuses: [204], body: empty}", 204, [2]string{}, " ", providers.Outcome{Kind: providers.Succeeded}},
		{"a body that should be empty", "{statuses: [204], body: empty}", 204, [2]string{}, "x", providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}},
		{"a number in a list", "{statuses: [200], conditions: [{pointer: /l/1/n, equals: 5, type: integer}]}", 200, [2]string{}, `{"l":[0,{"n":5}]}`, providers.Outcome{Kind: providers.Succeeded}},
		{"a string is no number", "{statuses: [200], conditions: [{pointer: /l/1/n, equals: 5, type: integer}]}", 200, [2]string{}, `{"l":[0,{"n":"5"}]}`, providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}},
		{"a member that is there twice", "{statuses: [200], conditions: [{pointer: /a, equals: x}]}", 200, [2]string{}, `{"a":"x","a":"x"}`, providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}},
		{"null is not present", "{statuses: [200], conditions: [{pointer: /a, present: true}]}", 200, [2]string{}, `{"a":null}`, providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}},
		{"null is not absent", "{statuses: [200], conditions: [{pointer: /a, absent: true}]}", 200, [2]string{}, `{"a":null}`, providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}},
		{"a name with a slash", "{statuses: [200], conditions: [{pointer: /a~1b, equals: x}]}", 200, [2]string{}, `{"a/b":"x"}`, providers.Outcome{Kind: providers.Succeeded}},
		{"the id that was asked for", "{statuses: [200], conditions: [{pointer: /id, same_as: id}]}", 200, [2]string{}, `{"id":7}`, providers.Outcome{Kind: providers.Succeeded}},
		{"another id", "{statuses: [200], conditions: [{pointer: /id, same_as: id}]}", 200, [2]string{}, `{"id":"70"}`, providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}},
		{"what the body sent", "{statuses: [200], conditions: [{pointer: /e, same_as: email, ignore_case: true}]}", 200, [2]string{}, `{"e":"A@B.example"}`, providers.Outcome{Kind: providers.Succeeded}},
		{"an optional echo that is missing", "{statuses: [200], conditions: [{pointer: /e, same_as: email, optional: true}]}", 200, [2]string{}, `{}`, providers.Outcome{Kind: providers.Succeeded}},
		{"an id in an address", ok + "\n    id: {header: Location}", 200, [2]string{"Location", "https://x.example/c/9%2F1/?t=1"}, `{}`, providers.Outcome{Kind: providers.Succeeded, ID: "1"}},
		{"an id in a header", ok + "\n    id: {header: X-Id}", 200, [2]string{"X-Id", "abc-9"}, `{}`, providers.Outcome{Kind: providers.Succeeded, ID: "abc-9"}},
		{"an id that must be there", ok + "\n    id: {pointer: /data/id, required: true}", 200, [2]string{}, `{"data":{}}`, providers.Outcome{Kind: providers.Unknown, Code: "bad_response"}},
		{"a warning", "{statuses: [200], warnings: [{condition: {pointer: /s, equals: later}, code: LATER, message: not yet}]}", 200, [2]string{}, `{"s":"later"}`, providers.Outcome{Kind: providers.Succeeded, Warning: true, Code: "LATER"}},
		{"a way of its own to refuse", ok + "\n    refusal: {message: /why, code: /no, except: [fine]}", 200, [2]string{}, `{"why":"closed","no":17,"error":"x"}`, providers.Outcome{Kind: providers.Rejected, Code: "17"}},
		{"a code of the lane's", ok + "\n    answers: [{codes: [slow], means: throttled}]", 400, [2]string{"Retry-After", "9"}, `{"code":"slow","message":"m"}`, providers.Outcome{Kind: providers.Throttled, Code: "slow", RetryAfter: 9 * time.Second}},
		{"a code of the lane's in a 200", ok + "\n    answers: [{codes: [slow], means: throttled}]", 200, [2]string{}, `{"ok":false,"error":"wait please","code":"slow"}`, providers.Outcome{Kind: providers.Throttled, Code: "slow"}},
		{"a status that meets every row", ok + "\n    answers: [{statuses: [403], means: fatal}]", 403, [2]string{}, ``, providers.Outcome{Kind: providers.Fatal, Code: "http_403"}},
		{"status and code must both fit", ok + "\n    answers: [{statuses: [409], codes: [x], means: unknown}]", 409, [2]string{}, `{"code":"y"}`, providers.Outcome{Kind: providers.Rejected, Code: "y"}},
		{"the operation's answers come first", ok + "\n    answers: [{statuses: [423], means: transient}]", 423, [2]string{}, ``, providers.Outcome{Kind: providers.Transient, Code: "http_423"}},
		{"the object in the way", ok + "\n    existing_id: {pointer: /have/id, statuses: [409]}", 409, [2]string{}, `{"message":"m","have":{"id":12}}`, providers.Outcome{Kind: providers.Rejected, Code: "http_409", ID: "12"}},
		{"a redirect stays one", ok + "\n    answers: [{codes: [http_302], means: rejected}]", 302, [2]string{}, ``, providers.Outcome{Kind: providers.Fatal, Code: "http_302"}},
		{"pointers to code, message and field", ok + "\n    errors: [{code: /e/0/c, message: /e/0/m, field: /e/0/f}]", 422, [2]string{}, `{"e":[{"c":"X1","m":"bad","f":"mail"}]}`, providers.Outcome{Kind: providers.Rejected, Code: "X1", Field: "email"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			op := parsed(t, edited(t, ok, c.success, "{name: email,", "{name: email, as: mail,", "limit:", "answers: [{statuses: [423], means: fatal}]\nlimit:")).Operations()[0]
			q, err := op.Build(record(t, op, map[string]any{"id": "007", "email": "a@b.example"}))
			if err != nil {
				t.Fatal(err)
			}
			r := providers.Response{Status: c.status, Header: http.Header{}, Body: []byte(c.body), At: time.Unix(0, 0)}
			if c.header[0] != "" {
				r.Header.Set(c.header[0], c.header[1])
			}
			got := op.Interpret(q, r)
			got.Message = ""
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
