package cleverbridge_test

import (
	"testing"

	"rowpost/providers/cleverbridge"
	"rowpost/providers/providertest"
)

func TestProvider(t *testing.T) { providertest.Run(t, cleverbridge.New(), cases) }

func FuzzInterpret(f *testing.F) { providertest.FuzzInterpret(f, cleverbridge.New(), cases) }

func BenchmarkProvider(b *testing.B) { providertest.Benchmark(b, cleverbridge.New(), cases) }
