package source_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"rowpost/batch/source"
	"rowpost/mapping"
)

// TestOnlyWhatWasReadFirstCounts: a file that was touched, or grew, is read as it was.
func TestOnlyWhatWasReadFirstCounts(t *testing.T) {
	const before = "a,b\n1,2\n3,4\n"
	for name, change := range map[string]func(path string) error{
		"grown":   func(p string) error { return os.WriteFile(p, []byte(before+"5,6\n"), 0o600) },
		"touched": func(p string) error { return os.Chtimes(p, time.Unix(1, 0), time.Unix(1, 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, before)
			table, err := source.Open(path, mapping.SourceOptions{})
			if err == nil {
				err = change(path)
			}
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			for _, err := range table.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				rows++
			}
			if rows != 2 {
				t.Errorf("%d rows, there were 2 when it was opened", rows)
			}
			if err := table.Recheck(); (err != nil) != (name == "grown") {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// TestChangedInSecret changes what stands in the file, but neither its size nor its time.
func TestChangedInSecret(t *testing.T) {
	path := write(t, "a,b\n1,2\n3,4\n")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	table, err := source.Open(path, mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(os.WriteFile(path, []byte("a,b\n1,2,3,4\n"), 0o600), os.Chtimes(path, info.ModTime(), info.ModTime()))
	if err != nil {
		t.Fatal(err)
	}
	for _, last := range table.Rows() {
		err = last
	}
	checkChanged(t, err)
}

func checkChanged(t *testing.T, err error) {
	t.Helper()
	var e *source.Error
	if !errors.As(err, &e) || e.Kind != source.Unreadable || !strings.Contains(e.Msg, "changed") {
		t.Errorf("error %v, want that the file was changed", err)
	}
}
