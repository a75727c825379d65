package paysafe_test

import (
	"os"
	"testing"

	"rowpost/providers/declared"
	"rowpost/providers/paysafe"
	"rowpost/providers/providertest"
)

// The provider described in a file makes the same requests and reads answers alike.
func TestDeclared(t *testing.T) {
	const file = "../declared/testdata/paysafe.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	twin, err := declared.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	providertest.Twin(t, paysafe.New(), twin, cases)
}
