package cmd

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/seal"
)

// stages shows how far a sale or a delivery is: a line for each stage, and a bar for what is transferred, at a terminal.
type stages struct {
	mu   sync.Mutex
	out  io.Writer
	on   bool
	last exchange.Stage
	bar  *bar
	c    *cobra.Command
}

func newStages(c *cobra.Command) *stages {
	f, ok := c.ErrOrStderr().(*os.File)
	return &stages{out: c.ErrOrStderr(), on: ok && term.IsTerminal(int(f.Fd())), c: c, bar: newBar(c)}
}

// told is what each stage is called for people.
var told = map[exchange.Stage]string{
	exchange.StageChoose: "verifying the oracles' enclaves", exchange.StageSeal: "encrypting to the enclaves' key",
	exchange.StageSubmit: "oracles validate", exchange.StageConsent: "sending the consent", exchange.StagePaid: "paid",
	exchange.StageFetch: "fetching the object", exchange.StageKey: "asking for the content key", exchange.StageOpen: "decrypting and verifying", exchange.StageDone: "done",
}

func (s *stages) sale(p exchange.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Err != nil {
		fmt.Fprintf(s.out, "  %s: %v; trying on\n", p.Oracle, p.Err)
		return
	}
	if !s.on {
		return
	}
	if p.Stage != s.last {
		s.bar.done()
		s.last, s.bar = p.Stage, newBar(s.c)
		fmt.Fprintf(s.out, "  %s…\n", told[p.Stage])
	}
	if p.Total > 0 && p.Have > 0 {
		s.bar.draw(p.Have, p.Total)
	}
}

func (s *stages) delivery(_ string, _ seal.Commitment, p exchange.Progress) { s.sale(p) }
