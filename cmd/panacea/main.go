// Command panacea is what an issuer, a provider or a consumer of health data runs.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/cmd/panacea/cmd"
)

func main() {
	app.ConfigureSDK()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second interrupt ends at once
	os.Exit(cmd.Execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
