// Command rowpost imports CSV tables through the APIs of SaaS providers.
//
// It turns each row into requests by a column-mapping file, sends them under each
// provider's rate limit, and writes what became of every row to a result file.
// `rowpost help` says the rest.
package main

import (
	"context"

	"rowpost/cmd/rowpost/internal/cli"
)

func main() { cli.Main(context.Background()) }
