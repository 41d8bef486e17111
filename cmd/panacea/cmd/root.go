// Package cmd is the command line of panacea: one file for each group of commands. A group is a function that returns its
// *cobra.Command and is added in newRoot.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitInterrupted = 130 // as shells say
)

// Execute runs panacea and returns its exit code: 0 only if what was asked for was done, and for verifying commands only if it
// verified.
func Execute(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	g := &global{}
	root := newRoot(g)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	refuseUnknown(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code, word := exitFailed, "Error:"
	if ctx.Err() != nil {
		code, word = exitInterrupted, "Interrupted:"
	}
	fmt.Fprintln(errOut, word, explain(err))
	for _, h := range hints(err, code) {
		fmt.Fprintln(errOut, "  →", h)
	}
	return code
}

// place is where in the SDK's code an error was made, as some of its errors say.
var place = regexp.MustCompile(` \[[^\[\]]*\.go:\d+\]`)

// explain is an error's text for people.
func explain(err error) string { return place.ReplaceAllString(err.Error(), "") }

func newRoot(g *global) *cobra.Command {
	root := &cobra.Command{
		Use:   "panacea",
		Short: "Own health data: credentials, deals and vaults of Panacea",
		Example: `  panacea demo                                  # the whole exchange on this machine, from nothing
  panacea init --profile network.toml           # a home on a network
  panacea deal list`,
		Long:          "panacea is what an issuer, a provider or a consumer of health data runs.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	g.add(root)
	root.AddCommand(newVC(), newVault(g), newInit(g), newNetwork(g), newBalance(g), newSend(g), newDID(g), newIssuer(g), newDeal(g), newProvide(g), newConsume(g), newDemo(g), newVersion(g))
	return root
}

// refuseUnknown makes groups of commands fail on a name that is none of theirs; cobra by itself does so for the root only.
func refuseUnknown(c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.HasSubCommands() && !sub.Runnable() {
			sub.Args = cobra.NoArgs
			sub.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
		refuseUnknown(sub)
	}
}

// hinted is an error with what to do next.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// withHint says what to do next about an error.
func withHint(err error, hint string) error {
	if err == nil {
		return nil
	}
	return hinted{err, hint}
}

func hints(err error, code int) []string {
	if h := (hinted{}); errors.As(err, &h) {
		return []string{h.hint}
	}
	if code == exitInterrupted {
		return []string{"the same command again goes on where this one stopped, and does nothing twice"}
	}
	var out []string
	for _, k := range knownHints() {
		if errors.Is(err, k.reason) {
			out = append(out, k.hint)
		}
	}
	if strings.HasPrefix(err.Error(), "unknown command") || strings.HasPrefix(err.Error(), "unknown flag") {
		out = append(out, "see --help")
	}
	return out
}
