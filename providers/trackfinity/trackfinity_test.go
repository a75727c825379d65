package trackfinity_test

import (
	"testing"

	"rowpost/providers/providertest"
	"rowpost/providers/trackfinity"
)

func TestProvider(t *testing.T) { providertest.Run(t, trackfinity.New(), cases) }

func FuzzInterpret(f *testing.F) { providertest.FuzzInterpret(f, trackfinity.New(), cases) }

func BenchmarkProvider(b *testing.B) { providertest.Benchmark(b, trackfinity.New(), cases) }
