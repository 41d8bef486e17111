package cmd

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/status"
	"github.com/medibloc/panacea/vc/vcapi"
)

func newStatus(o *vcOptions) *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Revoke and suspend credentials, and find out whether one is",
		Example: `  panacea vc status create --key hospital.json --id https://hospital.example/status/1 > list.json
  panacea vc status set --key hospital.json --index 94567 < list.json > new.json
  panacea vc status check < credential.json`,
		Long: `Bitstring status lists. An issuer makes a list for a purpose, publishes it at its URL,
names one of its indexes in each credential, and sets the index to revoke it:

  "credentialStatus": {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": "https://hospital.example/status/1"
  }

Choose indexes at random, each for one credential. "panacea vc serve" does all of this
by itself.`,
	}
	c.AddCommand(newStatusCreate(o), newStatusSet(o), newStatusCheck(o))
	return c
}

// listFlags are the flags of commands that publish a list.
type listFlags struct {
	sign     signFlags
	size     int
	validFor time.Duration
}

func (f *listFlags) add(c *cobra.Command) {
	f.sign.add(c)
	c.Flags().IntVar(&f.size, "size", 1, "bits of each entry (statusSize)")
	c.Flags().DurationVar(&f.validFor, "valid-for", 0, "how long the list is valid (default without end)")
}

func (f *listFlags) publish(c *cobra.Command, w *workshop, list *status.List, o vcapi.ListOptions) error {
	key, options, err := f.sign.open(w.now)
	if err != nil {
		return err
	}
	o.Now = w.now
	if f.validFor > 0 {
		o.ValidUntil = w.now.Add(f.validFor)
	}
	signed, err := vcapi.SignList(c.Context(), w.processor, key, options.Cryptosuite, list, o)
	if err != nil {
		return err
	}
	return printJSON(c, signed)
}

func newStatusCreate(o *vcOptions) *cobra.Command {
	var f listFlags
	var id string
	var purposes []string
	var length int
	var ttl time.Duration
	c := &cobra.Command{
		Use:     "create --key FILE --id URL",
		Short:   "Make a status list",
		Example: `  panacea vc status create --key hospital.json --id https://hospital.example/status/1 --ttl 5m > list.json`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := o.open()
			if err != nil {
				return err
			}
			if id == "" {
				return withHint(errors.New("--id is missing"), "name the URL at which the list will be published")
			}
			list, err := status.NewList(length, f.size)
			if err != nil {
				return err
			}
			return f.publish(c, w, list, vcapi.ListOptions{URL: id, Purposes: purposes, TTL: ttl})
		},
	}
	f.add(c)
	c.Flags().StringVar(&id, "id", "", "URL at which the list will be published")
	c.Flags().StringArrayVar(&purposes, "purpose", []string{status.Revocation}, "revocation, suspension, refresh or message; may be repeated")
	c.Flags().IntVar(&length, "length", status.MinimumLength, "number of entries, at least 131072")
	c.Flags().DurationVar(&ttl, "ttl", 0, "after what time verifiers should look again")
	return c
}

func newStatusSet(o *vcOptions) *cobra.Command {
	var f listFlags
	var in string
	var indexes []uint
	var value uint32
	c := &cobra.Command{
		Use:   "set --key FILE --index N",
		Short: "Set entries of a status list, and sign it anew",
		Example: `  panacea vc status set --key hospital.json --index 94567 --in list.json > new.json     # revoke
  panacea vc status set --key hospital.json --index 94567 --value 0 --in list.json > new.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := o.open()
			if err != nil {
				return err
			}
			text, err := readInput(c, in)
			if err != nil {
				return err
			}
			credential, err := parseCredential(text)
			if err != nil {
				return err
			}
			parsed, err := status.ParseListCredential(credential.View())
			if err != nil {
				return err
			}
			key, err := loadKey(f.sign.key, f.sign.method)
			if err != nil {
				return err
			}
			if parsed.Issuer != controllerOf(key) {
				return withHint(fmt.Errorf("the list is by %s, the key speaks for %s", parsed.Issuer, controllerOf(key)), "use the list's issuer's key")
			}
			list, err := status.Decode(parsed.Encoded, f.size, 0, 0)
			if err != nil {
				return err
			}
			if len(indexes) == 0 {
				return withHint(errors.New("--index is missing"), "name the entry to set, which is statusListIndex of the credential")
			}
			for _, i := range indexes {
				if err := list.Set(uint64(i), value); err != nil {
					return err
				}
			}
			return f.publish(c, w, list, vcapi.ListOptions{URL: parsed.ID, Purposes: parsed.Purposes, TTL: parsed.TTL})
		},
	}
	f.add(c)
	c.Flags().StringVar(&in, "in", "", "the list as it is published (default standard input)")
	c.Flags().UintSliceVar(&indexes, "index", nil, "entry to set; may be repeated")
	c.Flags().Uint32Var(&value, "value", 1, "what to set it to; 0 unsets it")
	return c
}

// entryReport says what a status list says of a credential.
type entryReport struct {
	Purpose string `json:"statusPurpose"`
	Value   uint32 `json:"value"`
	Valid   bool   `json:"valid"`
	Message string `json:"message,omitempty"`
	List    string `json:"statusListCredential"`
}

func newStatusCheck(o *vcOptions) *cobra.Command {
	var in string
	c := &cobra.Command{
		Use:   "check",
		Short: "Find out a credential's status",
		Long: `Look up a credential's entries in their status lists, which are fetched and verified.
The credential itself is not verified. The exit code is 0 only if no entry forbids to
accept it.`,
		Example: `  panacea vc status check --in issued.json
  panacea vc status check --offline --document https://hospital.example/status/1=list.json --in issued.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := o.open()
			if err != nil {
				return err
			}
			text, err := readInput(c, in)
			if err != nil {
				return err
			}
			credential, err := parseCredential(text)
			if err != nil {
				return err
			}
			return w.checkStatus(c, credential)
		},
	}
	c.Flags().StringVar(&in, "in", "", "credential (default standard input)")
	return c
}

func (w *workshop) checkStatus(c *cobra.Command, credential *vc.Credential) error {
	if len(credential.Status()) == 0 {
		return withHint(errors.New("the credential has no credentialStatus"), "nothing revokes it; see validUntil")
	}
	checker := status.Checker{Source: entry.StatusLists(w.processor, w.fetch.Get)}
	reports := []entryReport{}
	var why error
	for _, m := range credential.Status() {
		e, err := status.ParseEntry(m)
		if err != nil {
			return err
		}
		r, err := checker.Check(c.Context(), e, credential.Issuer(), w.now)
		if err != nil {
			return err
		}
		reports = append(reports, entryReport{r.Purpose, r.Value, r.Valid(), r.Message, e.List})
		if r.Invalidates() {
			why = fmt.Errorf("%w: %s is set", errNotVerified, r.Purpose)
		}
	}
	if err := printJSON(c, map[string]any{"verified": why == nil, "credentialStatus": reports}); err != nil {
		return err
	}
	return why
}
