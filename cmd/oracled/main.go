// Command oracled is a confidential oracle: it validates data inside an enclave and vouches for it. docs/oracle-operators.md is its
// operator's guide.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/cmd/oracled/cmd"
)

func main() {
	app.ConfigureSDK()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cmd.Execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
