// Command openapi prints the OpenAPI 2.0 document of everything that a node serves over REST: the Cosmos SDK's modules, IBC's and ours.
//
// It compiles the .proto files of the versions in go.mod, out of the module cache, and hands them to protoc-gen-swagger. It is a
// module of its own so that its dependencies stay out of the chain's.
//
//	go run . DIR-OF-PLUGIN PROTO-DIR... > ../../app/openapi.json
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	gogoproto "github.com/cosmos/gogoproto/proto"
	_ "github.com/cosmos/ics23/go" // registers proofs.proto, which stands in no Go module as a file
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

// served says whether the node serves the services of a file.
func served(path string) bool {
	for _, prefix := range []string{
		"cosmos/auth/", "cosmos/authz/", "cosmos/bank/", "cosmos/base/node/", "cosmos/base/tendermint/", "cosmos/consensus/",
		"cosmos/distribution/", "cosmos/evidence/", "cosmos/feegrant/", "cosmos/gov/v1/", "cosmos/mint/", "cosmos/slashing/",
		"cosmos/staking/", "cosmos/tx/v1beta1/service.proto", "cosmos/upgrade/",
		"ibc/core/client/v1/", "ibc/core/connection/", "ibc/core/channel/", "ibc/applications/transfer/v1/",
		"ibc/applications/interchain_accounts/", "panacea/did/", "panacea/resource/", "panacea/oracle/", "panacea/datadeal/",
	} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func run(plugin string, dirs []string) error {
	var files []string
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".proto") {
				return err
			}
			relative, err := filepath.Rel(dir, path)
			if err != nil || !served(relative) {
				return err
			}
			text, err := os.ReadFile(path)
			if bytes.Contains(text, []byte("google.api.http")) {
				files = append(files, relative)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	slices.Sort(files)

	registered, err := gogoproto.MergedRegistry()
	if err != nil {
		return err
	}
	compiler := protocompile.Compiler{
		SourceInfoMode: protocompile.SourceInfoStandard,
		Resolver: protocompile.CompositeResolver{
			protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: dirs}),
			protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
				file, err := registered.FindFileByPath(path)
				if err != nil {
					return protocompile.SearchResult{}, err
				}
				return protocompile.SearchResult{Proto: protodesc.ToFileDescriptorProto(file)}, nil
			}),
		},
	}
	compiled, err := compiler.Compile(context.Background(), files...)
	if err != nil {
		return err
	}
	request := &pluginpb.CodeGeneratorRequest{
		FileToGenerate: files,
		Parameter:      proto.String("logtostderr=true,allow_merge=true,merge_file_name=openapi,json_names_for_fields=false,fqn_for_swagger_name=true"),
	}
	seen := map[string]bool{}
	var add func(file protoreflect.FileDescriptor)
	add = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true
		imports := file.Imports()
		for i := range imports.Len() {
			add(imports.Get(i).FileDescriptor)
		}
		descriptor := protodesc.ToFileDescriptorProto(file)
		if descriptor.Options == nil {
			descriptor.Options = &descriptorpb.FileOptions{}
		}
		descriptor.Options.GoPackage = proto.String("example.org/api;api") // the plugin wants one package for one document
		if descriptor.SourceCodeInfo == nil {
			descriptor.SourceCodeInfo = &descriptorpb.SourceCodeInfo{}
		}
		request.ProtoFile = append(request.ProtoFile, descriptor)
	}
	for _, file := range compiled {
		add(file)
	}
	raw, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	command := exec.Command(plugin)
	command.Stdin, command.Stderr = bytes.NewReader(raw), os.Stderr
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", plugin, err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return fmt.Errorf("%s: %s", plugin, *response.Error)
	}
	return write(response.File[0].GetContent())
}

// write prints the document with what the generator cannot know.
func write(content string) error {
	var document map[string]any
	if err := json.Unmarshal([]byte(content), &document); err != nil {
		return err
	}
	document["info"] = map[string]any{
		"title":       "Panacea node",
		"description": "Everything that a Panacea node serves over REST. GET /1.0/identifiers/{did} is W3C DID Resolution over HTTPS.",
		"version":     "2",
		"license":     map[string]any{"name": "Apache-2.0"},
	}
	paths := document["paths"].(map[string]any)
	parameter := func(name, in, about string) map[string]any {
		return map[string]any{"name": name, "in": in, "description": about, "required": in == "path", "type": "string"}
	}
	paths["/1.0/identifiers/{did}"] = map[string]any{"get": map[string]any{
		"operationId": "ResolveDID", "tags": []string{"DID Resolution"},
		"summary":  "Resolves a DID, or dereferences a DID URL (percent-encoded, with its query and fragment), as W3C DID Resolution 1.0 says.",
		"produces": []string{"application/did", "application/did-resolution", "application/did+json", "application/did+ld+json"},
		"parameters": []any{
			parameter("did", "path", "A DID or DID URL."),
			parameter("versionId", "query", "The version with this id."),
			parameter("versionTime", "query", "The version in force at this time, such as 2026-01-01T00:00:00Z."),
			parameter("service", "query", "Selects a service by the fragment of its id."),
			parameter("relativeRef", "query", "A relative reference below the selected service's endpoint."),
			parameter("resourceName", "query", "Selects resources of the DID by name; docs/protocol/resources.md lists all parameters of resources."),
			parameter("resourceType", "query", "Selects resources of the DID by type."),
		},
		"responses": map[string]any{
			"200": map[string]any{"description": "The document, the resolution result, or the dereferenced resource."},
			"303": map[string]any{"description": "The selected service endpoint."},
			"400": map[string]any{"description": "Not a valid DID or DID URL, or options that contradict each other (RFC 9457 problem details)."},
			"404": map[string]any{"description": "No such DID, version or part of the document."},
			"406": map[string]any{"description": "No representation that the Accept header allows."},
			"410": map[string]any{"description": "The DID is deactivated."},
			"501": map[string]any{"description": "A DID method that this node does not know."},
		},
	}}
	return writeLines(os.Stdout, document)
}

// writeLines writes a document with one line for each path and definition, in order, so that changes show as such.
func writeLines(out io.Writer, document map[string]any) error {
	var lines bytes.Buffer
	for i, name := range slices.Sorted(maps.Keys(document)) {
		lines.WriteString([]string{"{\n", ",\n"}[min(i, 1)])
		members, isObject := document[name].(map[string]any)
		if !isObject || name == "info" {
			raw, err := json.Marshal(document[name])
			if err != nil {
				return err
			}
			fmt.Fprintf(&lines, "%q: %s", name, raw)
			continue
		}
		fmt.Fprintf(&lines, "%q: {", name)
		for j, member := range slices.Sorted(maps.Keys(members)) {
			raw, err := json.Marshal(members[member])
			if err != nil {
				return err
			}
			fmt.Fprintf(&lines, "%s%q: %s", []string{"\n", ",\n"}[min(j, 1)], member, raw)
		}
		lines.WriteString("\n}")
	}
	lines.WriteString("\n}\n")
	_, err := out.Write(lines.Bytes())
	return err
}
