package invisiblecollector_test

import (
	"testing"

	"rowpost/providers/invisiblecollector"
	"rowpost/providers/providertest"
)

func TestProvider(t *testing.T) { providertest.Run(t, invisiblecollector.New(), cases) }

func FuzzInterpret(f *testing.F) { providertest.FuzzInterpret(f, invisiblecollector.New(), cases) }

func BenchmarkProvider(b *testing.B) { providertest.Benchmark(b, invisiblecollector.New(), cases) }
