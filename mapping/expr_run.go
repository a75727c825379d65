package mapping

import (
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/vm"
	"github.com/expr-lang/expr/vm/runtime"
)

const (
	// maxExprCell is the longest cell, in characters, that an expression works on: the
	// longest that a spreadsheet can hold.
	maxExprCell = 32_767
	// maxWork bounds what an expression does for one row: the characters that it makes,
	// and those that it goes through in loops.
	maxWork = 1 << 20
	// maxItems bounds the elements of lists that an expression makes for one row.
	maxItems = 100_000
)

// rowView shows the cells of a row, with the texts that mean an empty cell as empty ones.
type rowView struct {
	cells []string
	null  []string
}

func (v *rowView) cell(i int) string {
	if i >= len(v.cells) {
		return ""
	}
	s := v.cells[i]
	for _, null := range v.null {
		if s == null {
			return ""
		}
	}
	return s
}

// exprEnv is what a program sees of the world: a row, and a meter for its work.
type exprEnv struct {
	rowView
	work int
}

// spend counts work; an error ends the program.
func (e *exprEnv) spend(n int) error {
	if e.work += n; e.work > maxWork || n > maxWork {
		return errWork
	}
	return nil
}

var (
	errWork = errors.New("the expression does more than one may do for a row")
	errCell = errors.New("a cell is longer than the " + strconv.Itoa(maxExprCell) + " characters that an expression works on")
)

// run evaluates the program for the row in env. It never panics, and its refusals hold
// nothing of the row.
func (p *program) run(m *vm.VM, env *exprEnv) (any, *refusal) {
	env.work = 0
	m.MemoryBudget = maxItems
	out, err := m.Run(p.code, env)
	if err != nil {
		return nil, refuse(runFault(err), "")
	}
	return out, nil
}

// runFault tells why an expression failed without repeating the library's words, which
// can quote the row.
func runFault(err error) string {
	msg := err.Error()
	switch {
	case errors.Is(err, errWork), errors.Is(err, errCell):
		return errors.Unwrap(err).Error()
	case strings.HasPrefix(msg, "memory budget"):
		return errWork.Error()
	case strings.HasPrefix(msg, "index out of range"):
		return "the expression asks for a part that this row has not"
	case strings.HasPrefix(msg, "invalid operation: int("), strings.HasPrefix(msg, "invalid operation: float("):
		return "the expression needs a number, and this row has another text there"
	case strings.HasPrefix(msg, "parsing time"), strings.HasPrefix(msg, "invalid date"):
		return "the expression needs a date of the named form, and this row has another text there"
	}
	return "the expression cannot work with this row's values"
}

// textOf is the plain form of a result; false: it has none.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	r := reflect.ValueOf(v)
	switch {
	case r.Type().PkgPath() != "":
		return "", false
	case r.CanInt():
		return strconv.FormatInt(r.Int(), 10), true
	case r.CanUint():
		return strconv.FormatUint(r.Uint(), 10), true
	}
	return "", false
}

// rowFunctions are the functions that programs call in the place of the language's own.
// Users cannot write their names.
func rowFunctions() map[string]*builtin.Function {
	all := map[string]func(*exprEnv, []any) (any, error){
		"$cell": exprCell, "$add": exprAdd, "$slice": exprSlice, "$grow": exprGrow, "$loop": exprLoop,
		"$replace": exprReplace, "$repeat": exprRepeat, "$join": exprJoin,
		"$indexOf": exprIndex(strings.Index), "$lastIndexOf": exprIndex(strings.LastIndex),
	}
	out := make(map[string]*builtin.Function, len(all))
	for name, f := range all {
		out[name] = &builtin.Function{Name: name, Func: func(args ...any) (any, error) {
			return f(args[0].(*exprEnv), args[1:])
		}}
	}
	return out
}

func exprCell(env *exprEnv, args []any) (any, error) {
	s := env.cell(args[0].(int))
	if len(s) > maxExprCell && utf8.RuneCountInString(s) > maxExprCell {
		return nil, errCell
	}
	return s, nil
}

func exprGrow(env *exprEnv, args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		return s, env.spend(len(s))
	}
	return args[0], nil
}

func exprAdd(env *exprEnv, args []any) (any, error) {
	a, ok1 := args[0].(string)
	b, ok2 := args[1].(string)
	if !ok1 || !ok2 {
		return runtime.Add(args[0], args[1]), nil
	}
	if err := env.spend(len(a) + len(b)); err != nil {
		return nil, err
	}
	return a + b, nil
}

// exprSlice takes a part of a text by characters, where the language counts bytes and
// would cut an umlaut in two. Of a list it takes what the language takes.
func exprSlice(env *exprEnv, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return sliceList(args[0], args[1], args[2]), nil
	}
	if err := env.spend(len(s)); err != nil {
		return nil, err
	}
	length := utf8.RuneCountInString(s)
	from, to := 0, length
	if args[1] != nil {
		from = within(runtime.ToInt(args[1]), length)
	}
	if args[2] != nil {
		to = within(runtime.ToInt(args[2]), length)
	}
	if from >= to {
		return "", nil
	}
	return s[byteOf(s, from):byteOf(s, to)], nil
}

func sliceList(list, from, to any) any {
	if from == nil {
		from = 0
	}
	if to == nil {
		to = runtime.Len(list)
	}
	return runtime.Slice(list, from, to)
}

// within turns a position, from the end where it is negative, into one of 0 to length.
func within(i, length int) int {
	if i < 0 {
		i += length
	}
	return min(max(i, 0), length)
}

// byteOf is where the character at position n starts.
func byteOf(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// exprIndex finds a text by characters, as exprSlice counts them.
func exprIndex(find func(s, part string) int) func(*exprEnv, []any) (any, error) {
	return func(env *exprEnv, args []any) (any, error) {
		s, part := args[0].(string), args[1].(string)
		if err := env.spend(len(s)); err != nil {
			return nil, err
		}
		i := find(s, part)
		if i > 0 {
			i = utf8.RuneCountInString(s[:i])
		}
		return i, nil
	}
}

func exprReplace(env *exprEnv, args []any) (any, error) {
	s, old, with := args[0].(string), args[1].(string), args[2].(string)
	n := strings.Count(s, old)
	if len(args) > 3 {
		if most := runtime.ToInt(args[3]); most >= 0 {
			n = min(n, most)
		}
	}
	if err := env.spend(len(s) + n*len(with)); err != nil {
		return nil, err
	}
	return strings.Replace(s, old, with, n), nil
}

func exprRepeat(env *exprEnv, args []any) (any, error) {
	s, n := args[0].(string), runtime.ToInt(args[1])
	if n < 0 || n > maxWork {
		return nil, errWork
	}
	if err := env.spend(len(s) * n); err != nil {
		return nil, err
	}
	return strings.Repeat(s, n), nil
}

func exprJoin(env *exprEnv, args []any) (any, error) {
	with := ""
	if len(args) > 1 {
		with = args[1].(string)
	}
	list, ok := args[0].([]string)
	if !ok {
		items := args[0].([]any)
		list = make([]string, len(items))
		for i, item := range items {
			list[i] = item.(string)
		}
	}
	size := len(list) * len(with)
	for _, s := range list {
		size += len(s)
	}
	if err := env.spend(size); err != nil {
		return nil, err
	}
	return strings.Join(list, with), nil
}

// exprLoop counts the whole cost of a loop before it starts: for each element, each part
// of the body may go through the element and all that the body reads from outside.
// The arguments are the list, the parts of the body, and what it reads.
func exprLoop(env *exprEnv, args []any) (any, error) {
	parts := args[1].(int)
	each := 1
	for _, read := range args[2:] {
		each += sizeOf(read)
	}
	items := runtime.Len(args[0])
	if items > maxWork/(parts*each) {
		return nil, errWork
	}
	return args[0], env.spend(parts * (items*each + sizeOf(args[0])))
}

// sizeOf is the number of characters and elements of a value.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []string:
		n := len(v)
		for _, s := range v {
			n += len(s)
		}
		return n
	case []any:
		n := len(v)
		for _, item := range v {
			n += sizeOf(item)
		}
		return n
	case nil:
		return 0
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice {
		return r.Len()
	}
	return 1
}
