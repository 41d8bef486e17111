package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/gogoproto/proto"

	"github.com/medibloc/panacea/did"
	didresolver "github.com/medibloc/panacea/x/did/resolver"
	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/resource/resolver"
	"github.com/medibloc/panacea/x/resource/types"
)

const (
	flagVersionTime = "version-time"
	flagMetadata    = "metadata"
)

// NewQueryCmd returns the queries that are not generated.
func NewQueryCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        types.ModuleName,
		Short:                      "Read the resources of DIDs",
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newGetCmd(), newLatestCmd(), newListCmd())
	return cmd
}

func newGetCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get DID-URL | get DID ID",
		Short: "Print what a DID URL, or a DID and an id, names",
		Long: `Print the bytes of a resource as they were published, by its DID URL or by its DID and id. Of a URL that several resources
match, their list is printed, in JSON. --metadata describes the resource instead.`,
		Example: `  panacead query resource get did:panacea:…/resources/0b6f0a4e-2c0c-4c52-8c0e-0b3cb2d5f1aa > list.json
  panacead query resource get did:panacea:… 0b6f0a4e-2c0c-4c52-8c0e-0b3cb2d5f1aa --metadata
  panacead query resource get 'did:panacea:…?resourceName=patient&resourceType=JsonSchema'
  panacead query resource get 'did:panacea:…?resourceType=JsonSchema&resourceVersionTime=2026-01-31T12:00:00Z'`,
		Args: cobra.RangeArgs(1, 2),
		RunE: runGet,
	}
	flags.AddQueryFlagsToCmd(cmd)
	addMetadataFlag(cmd)
	return cmd
}

func addMetadataFlag(cmd *cobra.Command) {
	cmd.Flags().Bool(flagMetadata, false, "describe the resource instead of printing it")
}

func runGet(cmd *cobra.Command, args []string) error {
	ctx, err := client.GetClientQueryContext(cmd)
	if err != nil {
		return err
	}
	url := args[0]
	if len(args) == 2 {
		url += "/resources/" + args[1]
	}
	dereferencer := did.Dereferencer{
		Resolver:  didresolver.New(didtypes.NewQueryClient(ctx)),
		Resources: resolver.New(types.NewQueryClient(ctx)),
	}
	found, err := dereferencer.Dereference(cmd.Context(), url, did.DereferenceOptions{})
	if err != nil {
		return err
	}
	if found.Resource == nil {
		return fmt.Errorf("%s names no resource: give its id, or resourceName=… and resourceType=… (see --help)", url)
	}
	describe, err := cmd.Flags().GetBool(flagMetadata)
	if err != nil {
		return err
	}
	if describe && found.Resource.Metadata != nil {
		content, err := json.Marshal(found.Resource.Metadata)
		if err != nil {
			return err
		}
		return printJSON(cmd, content)
	}
	if found.Resource.Metadata == nil { // a list
		return printJSON(cmd, found.Resource.Content)
	}
	return printBytes(cmd, found.Resource.Content)
}

func newLatestCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "latest DID NAME TYPE",
		Short: "Print the latest version of a resource, or the one with a label or of a time",
		Example: `  panacead query resource latest did:panacea:… revocation BitstringStatusListCredential > list.json
  panacead query resource latest did:panacea:… patient JsonSchema --label 1.0.0
  panacead query resource latest did:panacea:… revocation BitstringStatusListCredential --version-time 2026-01-31T12:00:00Z --metadata`,
		Args: cobra.ExactArgs(3),
		RunE: runLatest,
	}
	flags.AddQueryFlagsToCmd(cmd)
	addMetadataFlag(cmd)
	addVersionTimeFlag(cmd)
	cmd.Flags().String(flagLabel, "", "ask for the version with this label")
	return cmd
}

func addVersionTimeFlag(cmd *cobra.Command) {
	cmd.Flags().String(flagVersionTime, "", "ask for what was the latest at this time, such as 2026-01-31T12:00:00Z")
}

func versionTime(cmd *cobra.Command) (*time.Time, error) {
	text, err := cmd.Flags().GetString(flagVersionTime)
	if err != nil || text == "" {
		return nil, err
	}
	t, err := did.ParseVersionTime(text)
	return &t, err
}

func runLatest(cmd *cobra.Command, args []string) error {
	ctx, err := client.GetClientQueryContext(cmd)
	if err != nil {
		return err
	}
	label, err := cmd.Flags().GetString(flagLabel)
	if err != nil {
		return err
	}
	at, err := versionTime(cmd)
	if err != nil {
		return err
	}
	describe, err := cmd.Flags().GetBool(flagMetadata)
	if err != nil {
		return err
	}
	queries := types.NewQueryClient(ctx)
	if describe {
		answer, err := queries.NamedMetadata(cmd.Context(), &types.QueryNamedMetadataRequest{
			Did: args[0], Name: args[1], ResourceType: args[2], Version: label, VersionTime: at,
		})
		return printProto(ctx, answer, err)
	}
	answer, err := queries.NamedResource(cmd.Context(), &types.QueryNamedResourceRequest{
		Did: args[0], Name: args[1], ResourceType: args[2], Version: label, VersionTime: at,
	})
	if err != nil {
		return err
	}
	return printBytes(cmd, answer.Data)
}

func newListCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list DID",
		Short: "List the resources of a DID, the latest version of each, a page at a time",
		Long: `List the resources of a DID, the latest version of each, a page at a time. "all" lists every version, "versions" those of one
resource.`,
		Example: `  panacead query resource list did:panacea:…
  panacead query resource list did:panacea:… --type JsonSchema --page-limit 10
  panacead query resource list did:panacea:… --version-time 2026-01-31T12:00:00Z`,
		Args: cobra.ExactArgs(1),
		RunE: runList,
	}
	flags.AddQueryFlagsToCmd(cmd)
	flags.AddPaginationFlagsToCmd(cmd, "resources")
	addVersionTimeFlag(cmd)
	cmd.Flags().String(flagName, "", "list only resources of this name")
	cmd.Flags().String(flagType, "", "list only resources of this type")
	return cmd
}

func runList(cmd *cobra.Command, args []string) error {
	ctx, err := client.GetClientQueryContext(cmd)
	if err != nil {
		return err
	}
	request := &types.QueryLatestRequest{Did: args[0]}
	if request.Name, err = cmd.Flags().GetString(flagName); err != nil {
		return err
	}
	if request.ResourceType, err = cmd.Flags().GetString(flagType); err != nil {
		return err
	}
	if request.VersionTime, err = versionTime(cmd); err != nil {
		return err
	}
	if request.Pagination, err = client.ReadPageRequest(cmd.Flags()); err != nil {
		return err
	}
	answer, err := types.NewQueryClient(ctx).Latest(cmd.Context(), request)
	return printProto(ctx, answer, err)
}

func printProto(ctx client.Context, answer proto.Message, err error) error {
	if err != nil {
		return err
	}
	return ctx.PrintProto(answer)
}

// printBytes prints a resource as it is, without a line end of our own.
func printBytes(cmd *cobra.Command, content []byte) error {
	_, err := cmd.OutOrStdout().Write(content)
	return err
}

// printJSON prints JSON indented.
func printJSON(cmd *cobra.Command, content []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, content, "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), out.String())
	return err
}
