package mapping

import (
	"strings"
	"testing"
	"time"
)

func TestExpressions(t *testing.T) {
	for _, c := range []struct{ name, expr, want string }{
		{"column by name", `Name`, "Zoë Österreicher"},
		{"any column", `row["Address 2"]`, "x"},
		{"any column after a dot", `row.Name`, "Zoë Österreicher"},
		{"a column that is named like a function", `len + "/" + string(len(Name))`, "L/16"},
		{"the column row", `row + row["row"]`, "RR"},
		{"whole number", `int(No) + 1`, "8"},
		{"fraction, shortest form", `float(No) / 4`, "1.75"},
		{"large number in full", `1e21`, "1000000000000000000000"},
		{"yes and no", `No == "7"`, "true"},
		{"nothing", `nil`, ""},
		{"choice", `No == "7" ? "seven" : "other"`, "seven"},
		{"pattern", `Name matches "^Z" ? "z" : ""`, "z"},
		{"characters, not bytes", `Name[4:5] + Name[-2:] + Name[:2]`, "Öer" + "Zo"},
		{"a place in a text counts characters", `Name[indexOf(Name, "Ö"):][0:3]`, "Öst"},
		{"a part beyond the end", `Name[14:99] + Name[99:]`, "er"},
		{"list", `split(Name, " ")[1]`, "Österreicher"},
		{"part of a list", `join(split("a,b,c", ",")[1:], "-")`, "b-c"},
		{"loop", `join(map(filter(split(Name, " "), len(#) > 3), upper(#)), "+")`, "ÖSTERREICHER"},
		{"loop that reads a column", `split("a b", " ") | map(# + No) | join(",")`, "a7,b7"},
		{"range", `join(map(1..3, string(#)))`, "123"},
		{"variable", `let word = split(Name, " ")[0]; lower(word) + word`, "zoëZoë"},
		{"date", `date("2026-02-28").AddDate(0, 0, 1).Format("02.01.2006")`, "01.03.2026"},
		{"month as a number", `int(date("2026-02-28").Month())`, "2"},
		{"replace", `replace(Name, "e", "3")`, "Zoë Öst3rr3ich3r"},
		{"replace the first", `replace(Name, "e", "3", 1)`, "Zoë Öst3rreicher"},
		{"repeat", `repeat("ab", 3)`, "ababab"},
		{"member of a list of constants", `No in ["6", "7"] ? "in" : "out"`, "in"},
		{"sum over numbers", `sum(map(split("1 2 3", " "), int(#)))`, "6"},
		{"part of what may be a list", `len((No == "7" ? split("a b c", " ") : "x")[1:]) == 2 ? "two" : ""`, "two"},
		{"sum of what may be texts", `(No == "7" ? "a" : 1) + (No == "7" ? "b" : 2)`, "ab"},
		{"range downwards from below nothing", `string(len(-2..2))`, "5"},
		{"number from a cell that is kept", `string(int("007"))`, "7"},
		{"a span of time", `string((date("2026-01-02") - date("2026-01-01")).Hours())`, "24"},
		{"reversed list", `reverse(split("a b", " "))[0]`, "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := row("No", "7", "Name", "Zoë Österreicher", "len", "L", "row", "R", "Address 2", "x")
			got, bad := city(t, "{expr: '"+c.expr+"'}", r)
			if bad != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, bad, c.want)
			}
		})
	}
}

func TestExpressionsThatFailForARow(t *testing.T) {
	const secret = "Geheim"
	for _, c := range []struct{ name, expr, column, msg string }{
		{"no number", `int(Name)`, "Name", "the expression needs a number, and this row has another text there"},
		{"no date", `date(Name).Format("2006")`, "Name", "the expression needs a date of the named form, and this row has another text there"},
		{"no such part", `split(Name, " ")[3]`, "Name", "the expression asks for a part that this row has not"},
		{"two columns", `int(Name) + int(ZIP)`, "", "the expression needs a number, and this row has another text there"},
		{"division of whole numbers by nothing", `1 % len(ZIP)`, "ZIP", "the expression cannot work with this row's values"},
		{"no text", `len(Name) > 3 ? split(Name, "x") : ""`, "Name", "the expression makes no text for this row"},
		{"no base64", `fromBase64(Name)`, "Name", "the expression cannot work with this row's values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, bad := city(t, "{expr: '"+c.expr+"'}", row("Name", secret))
			want := CellError{Line: 2, Column: c.column, Field: "city", Code: CodeBadValue, Msg: c.msg}
			if bad == nil || *bad != want {
				t.Errorf("got %+v, want %+v", bad, want)
			}
		})
	}
}

// What can be written in a mapping must not stop a run, whatever the row holds.
func TestExpressionsAreBounded(t *testing.T) {
	long := strings.Repeat("ab ", 10_000)
	doubled := strings.Builder{}
	doubled.WriteString("let x0 = Name + Name; ")
	last := "x0"
	for i := range 60 {
		next := "x" + strings.Repeat("i", i+1)
		doubled.WriteString("let " + next + " = " + last + " + " + last + "; ")
		last = next
	}
	for _, c := range []struct{ name, expr string }{
		{"doubling", doubled.String() + last},
		{"replacing each place by the whole", `replace(Name, "", Name)`},
		{"joining by the whole", `join(split(Name, ""), Name)`},
		{"repeating", `repeat(Name, 1000000)`},
		{"repeating without end", `repeat(repeat("x", 1000000), 1000000)`},
		{"a loop over each character that reads the whole", `join(map(split(Name, ""), upper(Name)), "")`},
		{"a loop that searches the whole", `count(split(Name, ""), Name contains #) > 1 ? "x" : "y"`},
		{"a loop with a variable", `let n = Name; join(map(split(Name, ""), n matches "(a|b)*c" ? "x" : "y"), "")`},
		{"lists of lists by concatenation", `let a = split(Name, ""); let b = concat(a, a); let c = concat(b, b); let d = concat(c, c); string(len(d))`},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, bad := city(t, "{expr: '"+c.expr+"'}", row("Name", long))
			if bad == nil || bad.Msg != errWork.Error() {
				t.Errorf("got %v", bad)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestCellsBeyondASpreadsheetsAreRefusedByExpressions(t *testing.T) {
	if got, bad := city(t, "{expr: 'Name'}", row("Name", strings.Repeat("ü", maxExprCell))); bad != nil || len(got) != 2*maxExprCell {
		t.Error("the longest cell of a spreadsheet:", bad)
	}
	if _, bad := city(t, "{expr: 'Name'}", row("Name", strings.Repeat("ü", maxExprCell+1))); bad == nil || bad.Msg != errCell.Error() {
		t.Error("one character more:", bad)
	}
	if _, bad := city(t, "Name", row("Name", strings.Repeat("ü", maxExprCell+1))); bad != nil {
		t.Error("without an expression:", bad)
	}
}

func TestTextsThatMeanEmptyAreEmptyInExpressions(t *testing.T) {
	src := strings.Replace(oneField(`{expr: 'Name == "" ? "nothing" : Name'}`), "requests:", "source: {null: [NULL]}\nrequests:", 1)
	d := mustBind(t, src).Evaluator().Records(row("Name", "NULL"))
	if got := d[0].Record.Values[3].Text; got != "nothing" {
		t.Errorf("got %q, %v", got, d[0].Err)
	}
}
