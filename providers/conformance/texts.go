package conformance

import "strings"

// Texts are cells that real tables hold and careless programs trip over.
func Texts() []string {
	return []string{
		"", " ", "00123", "1e5", "-1", "null", "true", "undefined", "NaN", "12345678901234567890",
		".", "..", "../../admin", "a/b", `a\b`, "a%2Fb", "%", "%zz", "a?b=c", "a#b", "a;b=c", "a&b=c", "a+b", "a b",
		`"`, `\"`, `\u0041`, `{"x":1}`, "'; DROP TABLE customers;--", "<script>alert(1)</script>", "=1+1", "@cmd", "{{7*7}}", "${HOME}", "{id}",
		"line\nbreak", "tab\there", "cr\r\nX-Injected: 1", "nul\x00", "\x1b[31mred", "\x7f", "\u0085", "\u2028",
		"Müller-Lüdenscheidt", "日本語", "👩‍👩‍👧‍👦", "e\u0301", "שלום", "\u202etxt.exe", "\ufeffbom", "\u00a0", "\ufffd",
		"\xff", "\xc3\x28", "caf\xe9", "\xed\xa0\x80", strings.Repeat("long ", 2000), "REMOVE", "a@b.example", "a@\u00ad", "a\u200b@b.example", "a@b@c", "+49\u202d301234567",
	}
}
