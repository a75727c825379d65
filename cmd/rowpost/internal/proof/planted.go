package proof

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// Planted is an import each cell of which is like no other text, so that it can be
// searched for wherever a program may have left it.
type Planted struct {
	*Import
	// Rows has the cells of each row by what they are called in a finding.
	Rows []map[string]string
}

// What is done to a row of [Planted], by its number.
const (
	PlantedRows = 30
	// PlantedSound rows are applied.
	PlantedSound = 6
	// PlantedEchoed is the last row whose refusal repeats its cells.
	PlantedEchoed = 18
	// PlantedLost is the last row of those after them whose answers are lost.
	PlantedLost = 22
	// PlantedInvalid is the last row of those after them that cannot be sent; the others are ragged.
	PlantedInvalid = 26
)

// NewPlanted makes such an import up and writes its files into a new folder. Among
// those whose answers are lost, a row and the one two before it share a wallet.
func NewPlanted(dir string, random *rand.Rand) (*Planted, error) {
	p := &Planted{Import: &Import{
		Dir: dir, Input: filepath.Join(dir, "table.csv"), Mapping: filepath.Join(dir, "map.yaml"),
		Result: filepath.Join(dir, "table.result.csv"), Header: columns,
	}}
	var table bytes.Buffer
	out := csv.NewWriter(&table)
	_ = out.Write(columns) // a buffer takes all
	for row := 1; row <= PlantedRows; row++ {
		_ = out.Write(p.plant(row, random))
	}
	out.Flush()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.Input, table.Bytes(), 0o600); err != nil {
		return nil, err
	}
	return p, os.WriteFile(p.Mapping, []byte(mappingText), 0o600)
}

func (p *Planted) plant(row int, random *rand.Rand) []string {
	cells := []string{
		ref(row) + word(random), "S" + digits(random), "Germany", digits(random), "D-" + word(random), "yes", "7" + digits(random),
		word(random) + " & " + word(random),
	}
	switch {
	case row > PlantedInvalid:
		cells = append(cells, word(random))
	case row > PlantedLost:
		cells[2] = word(random) // no country
	}
	if row > PlantedEchoed+2 && row <= PlantedLost {
		cells[6] = p.Cells[row-3][6]
	}
	p.Cells = append(p.Cells, cells)
	named := map[string]string{}
	for i, cell := range cells {
		name := "surplus"
		if i < len(columns) {
			name = columns[i]
		}
		named[fmt.Sprintf("row %d, %s", row, name)] = cell
	}
	p.Rows = append(p.Rows, named)
	return cells
}

// All has the cells of all rows from one to another, both included.
func (p *Planted) All(from, to int) map[string]string {
	all := map[string]string{}
	for _, row := range p.Rows[from-1 : to] {
		for name, cell := range row {
			if cell != "Germany" {
				all[name] = cell
			}
		}
	}
	return all
}

// word is text that stands nowhere by chance.
func word(random *rand.Rand) string {
	b := make([]byte, 14)
	for i := range b {
		b[i] = "bcdfghjklmnpqrstvwxz"[random.IntN(20)]
	}
	return string(b)
}

// digits is a number that stands nowhere by chance, and that the sandbox takes.
func digits(random *rand.Rand) string {
	return strconv.FormatInt(1e12+random.Int64N(8e12), 10) + "1"
}
