package paysafe_test

import (
	"testing"

	"rowpost/providers/paysafe"
	"rowpost/providers/providertest"
)

func TestProvider(t *testing.T) { providertest.Run(t, paysafe.New(), cases) }

func FuzzInterpret(f *testing.F) { providertest.FuzzInterpret(f, paysafe.New(), cases) }

func BenchmarkProvider(b *testing.B) { providertest.Benchmark(b, paysafe.New(), cases) }
