package cmd

import (
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/vc/vcapi"
)

func newServe() *cobra.Command {
	var config string
	c := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Serve the W3C VC API over HTTP",
		Long: `Serve /credentials/issue, /credentials/verify, /credentials/derive, /credentials/status,
/presentations and /presentations/verify (W3C VC API, VCALM 1.0), with status lists at
/status-lists/PURPOSE, /openapi.json, /health and /metrics. Ends on an interrupt, after
requests at work are done.

The server listens on loopback, unless the configuration says otherwise; put TLS and
users in front of it. A configuration, with files relative to its own place:

  {
    "contexts": {"https://hospital.example/fhir": "fhir.json"},
    "resolver": "https://node.example",
    "instances": {
      "default": {
        "issuer": {
          "keys": [{"file": "hospital.json", "mandatoryPointers": ["/credentialSubject/resourceType"]}],
          "status": {"directory": "lists", "baseURL": "https://hospital.example"}
        },
        "derive": true,
        "verify": true,
        "tokenFile": "token"
      }
    }
  }

"go doc github.com/medibloc/panacea/vc/vcapi.Config" has every property.`,
		Example: `  panacea vc serve --config serve.json
  curl -H 'Authorization: Bearer …' -H 'Content-Type: application/json' \
      -d '{"credential": …}' http://127.0.0.1:8580/credentials/issue`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if config == "" {
				return withHint(errors.New("--config is missing"), "see panacea vc serve --help for what to write into it")
			}
			read, err := vcapi.ReadConfig(config)
			if err != nil {
				return withHint(err, "see panacea vc serve --help for what a configuration looks like")
			}
			s, err := vcapi.New(read)
			if err != nil {
				return err
			}
			return s.ListenAndServe(c.Context(), func(a net.Addr) { fmt.Fprintf(c.ErrOrStderr(), "serving on http://%s\n", a) })
		},
	}
	c.Flags().StringVar(&config, "config", "", "configuration file")
	return c
}
