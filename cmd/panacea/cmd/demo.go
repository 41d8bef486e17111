package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/medibloc/panacea/cmd/panacea/internal/demo"
)

func newDemo(g *global) *cobra.Command {
	var o demo.Options
	var once bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run the whole exchange on this machine, from nothing, as a story",
		Long: `Start a chain with real consensus, oracles in simulated enclaves, and a hospital, a patient,
a researcher and a stranger with a home each; and tell the story of a health record that
the patient sells and the researcher gets, and of what is refused on the way.

With --data the patient also sells that FHIR resource or bundle as it is, byte for byte.
Without --once the network stays up, and its use by hand is explained, until Ctrl-C.`,
		Example: `  panacea demo
  panacea demo --once --json
  panacea demo --once --data bundle.json --schema fhir.schema.json
  panacea demo --validators 1 --oracles 1        # on a small machine`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runDemo(c, g, o, once) },
	}
	f := c.Flags()
	f.IntVar(&o.Validators, "validators", 4, "validators of the network")
	f.IntVar(&o.Oracles, "oracles", 3, "oracles, each of one validator")
	f.StringVar(&o.Data, "data", "", "file with a FHIR resource or bundle")
	f.StringVar(&o.Schema, "schema", "", "file with the JSON Schema that the data must satisfy")
	f.BoolVar(&once, "once", false, "end after the story; the exit code is 0 only if all of it held")
	return c
}

func runDemo(c *cobra.Command, g *global, o demo.Options, once bool) (err error) {
	if o.Validators < 1 || o.Oracles < 1 || o.Oracles > o.Validators {
		return withHint(fmt.Errorf("%d validators and %d oracles do not go together", o.Validators, o.Oracles), "an oracle belongs to a validator: take at most as many oracles as validators")
	}
	if o.Schema != "" && o.Data == "" {
		return withHint(errors.New("--schema without --data"), "name the file that must satisfy it with --data")
	}
	o.Home = g.home
	if o.Home == "" {
		if o.Home, err = os.MkdirTemp("", "panacea-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Home)) }()
	}
	if o.Home, err = filepath.Abs(o.Home); err != nil {
		return err
	}
	o.Out = c.OutOrStdout()
	if g.json {
		o.Out = c.ErrOrStderr()
	}
	if f, ok := o.Out.(*os.File); ok {
		o.Color = term.IsTerminal(int(f.Fd()))
	}
	story, failed := demo.Run(c.Context(), o)
	defer func() { err = errors.Join(err, story.Close()) }()
	if g.json {
		line, err := json.Marshal(story.Report)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), string(line))
	}
	if failed != nil {
		return withHint(failed, "logs are below "+o.Home+" while it is there: name a place with --home to keep them")
	}
	fmt.Fprintf(o.Out, "\nAll of it held: the researcher has what was paid for, exactly; nobody else has anything.\n")
	if once {
		return nil
	}
	if err := story.LeaveHomes(); err != nil {
		return err
	}
	byHand(o.Out, o.Home, story)
	<-c.Context().Done()
	return nil
}

// byHand says how to go on.
func byHand(w io.Writer, home string, s *demo.Story) {
	self, err := os.Executable()
	if err != nil {
		self = "panacea"
	}
	fmt.Fprintf(w, `
The network stays up until Ctrl-C. In another terminal:

  export PANACEA_PASSPHRASE=%q
  alias hospital='%[2]s --home %[3]s/hospital' patient='%[2]s --home %[3]s/patient' researcher='%[2]s --home %[3]s/researcher'
  researcher deal list
  patient provide status
  patient did resolve $(researcher did show --id)
  researcher balance
  %[2]s --home /tmp/me init --profile %[4]s      # join as somebody new; README.md has a tour
`, demo.Passphrase, self, home, s.Profile)
}
