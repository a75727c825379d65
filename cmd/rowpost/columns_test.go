package main

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

// columnsOf gives the named columns of a CSV text, blank-separated, an empty cell as -.
func columnsOf(text string, names []string) (string, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "", fmt.Errorf("the file is empty")
	}
	var b strings.Builder
	for _, row := range rows[1:] {
		cells := make([]string, 0, len(names))
		for _, name := range names {
			at := slices.Index(rows[0], name)
			if at < 0 {
				return "", fmt.Errorf("no column %q", name)
			}
			cell := row[at]
			if cell == "" {
				cell = "-"
			}
			cells = append(cells, cell)
		}
		b.WriteString(strings.Join(cells, " ") + "\n")
	}
	return b.String(), nil
}
