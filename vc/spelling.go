package vc

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/rdfc"
)

// credentialsNS is where both data models define the properties that a credential is judged by.
const credentialsNS = "https://www.w3.org/2018/credentials#"

// checkSpelling compares the statements of a credential that it is judged by with what stands under their names in the
// JSON. A proof covers statements, and each can be written in several ways: under a full or prefixed IRI, another term, or
// at another object with the same id. A status or an end of validity under another name would be signed and not seen;
// an id in another spelling would pass for another credential or subject.
func (p *operation) checkSpelling(ctx context.Context, c *Credential) error {
	quads, err := p.jsonld.ToRDF(ctx, without(c.doc, "proof"), nil)
	if err != nil {
		return err
	}
	if len(quads) == 0 {
		return fmt.Errorf("%w: nothing is said", ErrSpelling)
	}
	root := quads[0].S // of the credential's type, which is written first
	said := map[string][]rdfc.Term{}
	for _, q := range quads {
		if name, ok := strings.CutPrefix(q.P.Value, credentialsNS); ok && q.S == root && q.G == (rdfc.Term{}) {
			said[name] = append(said[name], q.O)
		}
	}
	if err := sameNode("id", c.doc, root); err != nil {
		return err
	}
	for _, name := range append(slices.Clone(alwaysMandatory[:]), "credentialSubject") {
		if len(said[name]) != len(jsondoc.AsArray(c.doc[name])) {
			return fmt.Errorf("%w: %s", ErrSpelling, name)
		}
	}
	if said["issuer"][0].Value != c.Issuer() {
		return fmt.Errorf("%w: the id of issuer", ErrSpelling)
	}
	for i, s := range c.Subjects() {
		if err := sameNode("credentialSubject", s, said["credentialSubject"][i]); err != nil {
			return err
		}
	}
	for _, entry := range slices.Concat(c.Status(), c.Schemas()) {
		for name := range entry {
			if strings.Contains(name, ":") {
				return fmt.Errorf("%w: a member of credentialStatus or credentialSchema", ErrSpelling)
			}
		}
	}
	return nil
}

// sameNode compares the id of an object with the node that it is.
func sameNode(what string, object map[string]any, node rdfc.Term) error {
	if id, ok := object["id"].(string); ok != (node.Kind == rdfc.IRI) || ok && id != node.Value {
		return fmt.Errorf("%w: the id of %s", ErrSpelling, what)
	}
	return nil
}
