package cli

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/resolver"
	"github.com/medibloc/panacea/x/did/types"
)

const (
	flagVersionID   = "version-id"
	flagVersionTime = "version-time"
)

// NewQueryCmd returns the queries that are not generated.
func NewQueryCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        types.ModuleName,
		Short:                      "Resolve DIDs, and ask for their history",
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newResolveCmd(), newListCmd())
	return cmd
}

func newResolveCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resolve DID-URL",
		Short: "Resolve a DID, or what a DID URL names",
		Long: `Resolve a DID, or what a DID URL names.

A DID prints its resolution result (W3C DID Resolution 1.0 §8); a DID URL prints what it names: a verification method, a
service, or the document with the parameters of the URL. The DID methods panacea and key are known.`,
		Example: `  panacead query did resolve did:panacea:…
  panacead query did resolve did:panacea:… --version-time 2026-01-31T12:00:00Z
  panacead query did resolve 'did:panacea:…#key1'`,
		Args: cobra.ExactArgs(1),
		RunE: runResolve,
	}
	flags.AddQueryFlagsToCmd(cmd)
	cmd.Flags().String(flagVersionID, "", "ask for the version with this id")
	cmd.Flags().String(flagVersionTime, "", "ask for the version that was in force at this time, such as 2026-01-31T12:00:00Z")
	return cmd
}

func runResolve(cmd *cobra.Command, args []string) error {
	ctx, err := client.GetClientQueryContext(cmd)
	if err != nil {
		return err
	}
	opts, err := resolveOptions(cmd)
	if err != nil {
		return err
	}
	url, err := did.ParseURL(args[0])
	if err != nil {
		return err
	}
	router := did.MethodRouter{did.MethodPanacea: resolver.New(types.NewQueryClient(ctx)), "key": did.KeyResolver{}}
	var result []byte
	if url.IsDID() {
		resolution, err := router.Resolve(cmd.Context(), args[0], opts)
		if err != nil {
			return err
		}
		resolution.ResolutionMetadata.ContentType = did.MediaTypeDID
		if result, err = resolution.MarshalJSON(); err != nil {
			return err
		}
	} else if result, err = dereference(cmd, router, args[0], opts); err != nil {
		return err
	}
	return printJSON(cmd, result)
}

func resolveOptions(cmd *cobra.Command) (did.ResolveOptions, error) {
	var opts did.ResolveOptions
	versionID, err := cmd.Flags().GetString(flagVersionID)
	if err != nil {
		return opts, err
	}
	versionTime, err := cmd.Flags().GetString(flagVersionTime)
	if err != nil {
		return opts, err
	}
	opts.VersionID = versionID
	if versionTime != "" {
		if opts.VersionTime, err = did.ParseVersionTime(versionTime); err != nil {
			return opts, err
		}
	}
	return opts, opts.Validate()
}

func dereference(cmd *cobra.Command, router did.Resolver, url string, opts did.ResolveOptions) ([]byte, error) {
	found, err := did.Dereferencer{Resolver: router}.Dereference(cmd.Context(), url, did.DereferenceOptions{ResolveOptions: opts})
	if err != nil {
		return nil, err
	}
	content, err := found.Content()
	if err == nil && content == nil {
		err = did.ErrDeactivated
	}
	return content, err
}

// printJSON prints JSON indented, and everything else as it is.
func printJSON(cmd *cobra.Command, content []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, content, "", "  "); err != nil {
		out.Reset()
		out.Write(content)
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), out.String())
	return err
}

func newListCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List all DIDs with their documents, a page at a time",
		Example: "  panacead query did list --page-limit 10",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, err := client.GetClientQueryContext(cmd)
			if err != nil {
				return err
			}
			page, err := client.ReadPageRequest(cmd.Flags())
			if err != nil {
				return err
			}
			response, err := types.NewQueryClient(ctx).Documents(cmd.Context(), &types.QueryDocumentsRequest{Pagination: page})
			if err != nil {
				return err
			}
			return ctx.PrintProto(response)
		},
	}
	flags.AddQueryFlagsToCmd(cmd)
	flags.AddPaginationFlagsToCmd(cmd, "DIDs")
	return cmd
}
