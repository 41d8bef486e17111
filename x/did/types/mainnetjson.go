package types

import (
	"bytes"
	"encoding/json"
)

// FromMainnetJSON returns a genesis state whose documents read as this module's JSON does, given one in which they may look as
// mainnet exports them: @context and controller as a string or a list, a verification relationship as the id that it refers to or
// as the method that it embeds. What looks like neither is left as it is, for the decoder to judge.
func FromMainnetJSON(raw json.RawMessage) (json.RawMessage, error) {
	return rewriteMember(raw, []string{"documents"}, func(documents json.RawMessage) (json.RawMessage, error) {
		return rewriteMembers(documents, func(entry json.RawMessage) (json.RawMessage, error) {
			return rewriteMember(entry, []string{"document"}, documentFromMainnet)
		})
	})
}

func documentFromMainnet(raw json.RawMessage) (json.RawMessage, error) {
	var err error
	for _, strings := range [][]string{{"contexts", "@context"}, {"controller"}} {
		if raw, err = rewriteMember(raw, strings, stringsFromMainnet); err != nil {
			return nil, err
		}
	}
	for _, relationship := range [][]string{
		{"authentications", "authentication"}, {"assertion_methods", "assertionMethod"}, {"key_agreements", "keyAgreement"},
		{"capability_invocations", "capabilityInvocation"}, {"capability_delegations", "capabilityDelegation"},
	} {
		if raw, err = rewriteMember(raw, relationship, relationshipsFromMainnet); err != nil {
			return nil, err
		}
	}
	return raw, nil
}

func stringsFromMainnet(raw json.RawMessage) (json.RawMessage, error) {
	switch firstByte(raw) {
	case '"':
		raw = append(append(json.RawMessage{'['}, raw...), ']')
	case '[':
	default:
		return raw, nil
	}
	return json.Marshal(map[string]json.RawMessage{"values": raw})
}

func relationshipsFromMainnet(raw json.RawMessage) (json.RawMessage, error) {
	if firstByte(raw) != '[' {
		return raw, nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, err
	}
	for i, item := range items {
		name := ""
		switch firstByte(item) {
		case '"':
			name = "verification_method_id"
		case '{':
			var method map[string]json.RawMessage
			if err := json.Unmarshal(item, &method); err != nil {
				return nil, err
			}
			if _, embedded := method["id"]; embedded { // our own form has no id at this level
				name = "verification_method"
			}
		}
		if name == "" {
			continue
		}
		wrapped, err := json.Marshal(map[string]json.RawMessage{name: item})
		if err != nil {
			return nil, err
		}
		items[i] = wrapped
	}
	return json.Marshal(items)
}

// rewriteMember rewrites the members of an object that have one of the names. What is no object is returned as it is.
func rewriteMember(raw json.RawMessage, names []string, rewrite func(json.RawMessage) (json.RawMessage, error)) (json.RawMessage, error) {
	if firstByte(raw) != '{' {
		return raw, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	for _, name := range names {
		member, ok := members[name]
		if !ok {
			continue
		}
		written, err := rewrite(member)
		if err != nil {
			return nil, err
		}
		members[name] = written
	}
	return json.Marshal(members)
}

// rewriteMembers rewrites every member of an object.
func rewriteMembers(raw json.RawMessage, rewrite func(json.RawMessage) (json.RawMessage, error)) (json.RawMessage, error) {
	if firstByte(raw) != '{' {
		return raw, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	for name, member := range members {
		written, err := rewrite(member)
		if err != nil {
			return nil, err
		}
		members[name] = written
	}
	return json.Marshal(members) // in the order of names
}

func firstByte(raw json.RawMessage) byte {
	if trimmed := bytes.TrimLeft(raw, " \t\r\n"); len(trimmed) > 0 {
		return trimmed[0]
	}
	return 0
}
