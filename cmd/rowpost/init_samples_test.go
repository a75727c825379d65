package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
)

// drafts are the samples' tables and what is drafted for them. The table for all four
// APIs has no column for the kind of contact, which only its owner knows: that draft is
// for the other three.
var drafts = []struct {
	sample    string
	operation []string
	least     int // requests that the draft must be able to send
}{
	{"cleverbridge-contacts", []string{"cleverbridge"}, 60},
	{"trackfinity-customers", []string{"trackfinity"}, 68},
	{"invisiblecollector-debtors", []string{"invisiblecollector/update_customer", "invisiblecollector/create_customer"}, 130},
	{"paysafe-wallets", []string{"paysafe"}, 60},
	{"stripe-customers", []string{"./samples/stripe-customers/stripe.yaml"}, 8},
	{"fan-out", []string{"trackfinity", "invisiblecollector", "paysafe"}, 110},
}

// TestDraftsOfSamplesPlanAsTheyAre: nobody touches the draft, and plan finds only faults
// of rows.
func TestDraftsOfSamplesPlanAsTheyAre(t *testing.T) {
	for _, d := range drafts {
		t.Run(d.sample, func(t *testing.T) {
			table := inputOf(t, d.sample)
			file := filepath.Join(t.TempDir(), "map.yaml")
			args := []string{"init", table, "-o", file}
			for _, o := range d.operation {
				args = append(args, "-p", o)
			}
			if status, messages := rowpost(t, nil, args...); status != 0 {
				t.Fatalf("init ends with %d: %s", status, messages)
			}
			if n := planned(t, file, table); n < d.least {
				t.Errorf("the draft can send %d requests, want at least %d", n, d.least)
			}
		})
	}
}

// inputOf is the table of a sample's documented command.
func inputOf(t *testing.T, name string) string {
	t.Helper()
	s := readSample(t, name)
	return s.args[len(s.args)-1]
}

// planned gives the number of requests that plan would send by a mapping.
func planned(t *testing.T, mapping, table string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "rowpost", "plan", "--json", "-m", mapping, table)
	cmd.Dir = projectRoot
	out, err := cmd.Output()
	var report struct {
		Requests []struct {
			Sent int `json:"sent"`
		}
	}
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("plan: %v, %v", err, jsonErr)
	}
	n := 0
	for _, r := range report.Requests {
		n += r.Sent
	}
	return n
}
