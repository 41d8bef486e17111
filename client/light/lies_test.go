package light_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/client/internal/testnet"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/internal/rpcproxy"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

// object is a JSON object that a lie changes.
type object map[string]any

// at returns the object at a path.
func (o object) at(path ...string) object {
	for _, name := range path {
		o = o[name].(map[string]any)
	}
	return o
}

// lie makes a change to a result of a method.
func lie(t *testing.T, method string, change func(o object)) func(p *rpcproxy.Proxy) {
	return func(p *rpcproxy.Proxy) {
		p.Alter(method, func(result json.RawMessage) json.RawMessage {
			o := object{}
			if err := json.Unmarshal(result, &o); err != nil {
				t.Errorf("the node's answer is no object: %v", err)
			}
			change(o)
			altered, err := json.Marshal(o)
			if err != nil {
				t.Error(err)
			}
			return altered
		})
	}
}

// replay makes the proxy change the parameters of a method before the node sees them, as if it answered another question.
func replay(method string, change func(params object)) func(p *rpcproxy.Proxy) {
	return func(p *rpcproxy.Proxy) {
		p.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
			if c.Method == method {
				params := object{}
				if err := json.Unmarshal(c.Params, &params); err == nil {
					change(params)
					c = c.With(params)
				}
			}
			result, failed := c.Forward()
			return rpcproxy.Answer{Result: result, Error: failed}
		})
	}
}

func flip(t *testing.T, o object, name string, at int) {
	raw, err := base64.StdEncoding.DecodeString(fmt.Sprint(o[name]))
	if err != nil || len(raw) == 0 {
		t.Errorf("%s is not what it was: %v", name, err)
		return
	}
	raw[at%len(raw)] ^= 1
	o[name] = base64.StdEncoding.EncodeToString(raw)
}

func ops(o object) []any { return o.at("response", "proofOps")["ops"].([]any) }

// TestALyingNodeNeverChangesAnAnswer runs a light client over a node that alters its answers, and reads a DID that exists, one that
// does not, and one's list: each answer is the truth or an error.
func TestALyingNodeNeverChangesAnAnswer(t *testing.T) {
	alice := account(t, "alice")
	ctx := testnet.Context(t)
	there, another, absent := apptest.NewDID(t, t.Name()), apptest.NewDID(t, "another of "+t.Name()), apptest.NewDID(t, "absent of "+t.Name())
	created, err := alice.Send(ctx, there.Create(alice.Address()), another.Create(alice.Address()))
	require.NoError(t, err)
	changed, err := alice.Send(ctx, there.AddService(alice.Address()))
	require.NoError(t, err)
	truth := there.Document
	trust := trusted(t)
	require.NoError(t, testnet.Network.Nodes[0].WaitForHeight(ctx, changed.Height+1))

	header := func(change func(header object)) func(*rpcproxy.Proxy) {
		return lie(t, "commit", func(o object) { change(o.at("signed_header", "header")) })
	}
	commit := func(change func(commit object)) func(*rpcproxy.Proxy) {
		return lie(t, "commit", func(o object) { change(o.at("signed_header", "commit")) })
	}
	validator := func(change func(validator object)) func(*rpcproxy.Proxy) {
		return lie(t, "validators", func(o object) { change(object(o["validators"].([]any)[0].(map[string]any))) })
	}
	response := func(change func(response object)) func(*rpcproxy.Proxy) {
		return lie(t, "abci_query", func(o object) { change(o.at("response")) })
	}
	op := func(i int, change func(op object)) func(*rpcproxy.Proxy) {
		return lie(t, "abci_query", func(o object) { change(object(ops(o)[i].(map[string]any))) })
	}
	olderHeight := strconv.FormatInt(created.Height-1, 10)
	staleHeight := strconv.FormatInt(changed.Height-1, 10)

	for name, c := range map[string]struct {
		alter func(*rpcproxy.Proxy)
		// headers says that the lie is about headers, so that no new one is trusted.
		headers bool
	}{
		"another value":  {alter: response(func(r object) { r["value"] = base64.StdEncoding.EncodeToString([]byte("lie")) })},
		"value left out": {alter: response(func(r object) { r["value"] = "" })},
		"one bit of the value": {alter: response(func(r object) {
			if r["value"] != nil && r["value"] != "" {
				flip(t, r, "value", 9)
			}
		})},
		"value and its proof":     {alter: lie(t, "abci_query", func(o object) { o.at("response")["value"] = "AAAA"; flip(t, ops(o)[0].(map[string]any), "data", 40) })},
		"proof left out":          {alter: response(func(r object) { delete(r, "proofOps") })},
		"nothing at all":          {alter: response(func(r object) { clear(r) })},
		"absence without a proof": {alter: response(func(r object) { r["value"] = ""; delete(r, "proofOps") })},
		"store proof left out":    {alter: lie(t, "abci_query", func(o object) { o.at("response", "proofOps")["ops"] = ops(o)[:1] })},
		"key proof left out":      {alter: lie(t, "abci_query", func(o object) { o.at("response", "proofOps")["ops"] = ops(o)[1:] })},
		"proofs in wrong order":   {alter: lie(t, "abci_query", func(o object) { ops(o)[0], ops(o)[1] = ops(o)[1], ops(o)[0] })},
		"proof twice":             {alter: lie(t, "abci_query", func(o object) { o.at("response", "proofOps")["ops"] = append(ops(o), ops(o)...) })},
		"other proof type":        {alter: op(0, func(o object) { o["type"] = "ics23:smt" })},
		"key proof altered":       {alter: op(0, func(o object) { flip(t, o, "data", 30) })},
		"key proof's end altered": {alter: op(0, func(o object) { flip(t, o, "data", -1+len(fmt.Sprint(o["data"]))/2) })},
		"store proof altered":     {alter: op(1, func(o object) { flip(t, o, "data", 20) })},
		"a proof that is none":    {alter: op(0, func(o object) { o["data"] = "AA==" })},
		"an older state":          {alter: replay("abci_query", func(p object) { p["height"] = olderHeight })},
		"the state before":        {alter: replay("abci_query", func(p object) { p["height"] = staleHeight })},
		"another key":             {alter: replay("abci_query", func(p object) { p["data"] = fmt.Sprintf("%X", append([]byte{1}, another.ID...)) })},
		"another store":           {alter: replay("abci_query", func(p object) { p["path"] = "/store/bank/key" })},
		"without proof":           {alter: replay("abci_query", func(p object) { p["prove"] = false })},

		"app hash": {headers: true, alter: header(func(h object) { h["app_hash"] = fmt.Sprintf("%064d", 7) })},
		"height":   {headers: true, alter: header(func(h object) { h["height"] = "999999" })},
		"height of both": {headers: true, alter: lie(t, "commit", func(o object) {
			o.at("signed_header", "header")["height"] = "999999"
			o.at("signed_header", "commit")["height"] = "999999"
		})},
		"time":                  {headers: true, alter: header(func(h object) { h["time"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339Nano) })},
		"time in the future":    {headers: true, alter: header(func(h object) { h["time"] = time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano) })},
		"chain id":              {headers: true, alter: header(func(h object) { h["chain_id"] = "another" })},
		"validators' hash":      {headers: true, alter: header(func(h object) { h["validators_hash"] = fmt.Sprintf("%064d", 7) })},
		"next validators' hash": {headers: true, alter: header(func(h object) { h["next_validators_hash"] = fmt.Sprintf("%064d", 7) })},
		"last block":            {headers: true, alter: header(func(h object) { object(h).at("last_block_id")["hash"] = fmt.Sprintf("%064d", 7) })},
		"block hash signed for": {headers: true, alter: commit(func(c object) { c.at("block_id")["hash"] = fmt.Sprintf("%064d", 7) })},
		"signature":             {headers: true, alter: commit(func(c object) { flip(t, c["signatures"].([]any)[0].(map[string]any), "signature", 5) })},
		"no signature":          {headers: true, alter: commit(func(c object) { c["signatures"] = []any{} })},
		"signature of nobody": {headers: true, alter: commit(func(c object) {
			object(c["signatures"].([]any)[0].(map[string]any))["validator_address"] = fmt.Sprintf("%040d", 7)
		})},
		"vote for nothing": {headers: true, alter: commit(func(c object) { object(c["signatures"].([]any)[0].(map[string]any))["block_id_flag"] = 3 })},
		"no header":        {headers: true, alter: lie(t, "commit", func(o object) { o.at("signed_header")["header"] = nil })},
		"no commit":        {headers: true, alter: lie(t, "commit", func(o object) { o.at("signed_header")["commit"] = nil })},
		"voting power":     {headers: true, alter: validator(func(v object) { v["voting_power"] = "1" })},
		"validator's key":  {headers: true, alter: validator(func(v object) { flip(t, object(v).at("pub_key"), "value", 3) })},
		"no validator":     {headers: true, alter: lie(t, "validators", func(o object) { o["validators"] = []any{} })},
		"a validator more": {headers: true, alter: lie(t, "validators", func(o object) {
			o["validators"] = append(o["validators"].([]any), o["validators"].([]any)...)
			o["total"], o["count"] = "2", "2"
		})},
		"voting power beyond all bounds": {headers: true, alter: validator(func(v object) { v["voting_power"] = "9223372036854775807" })},
		"negative voting power":          {headers: true, alter: validator(func(v object) { v["voting_power"] = "-5" })},
		"no key":                         {headers: true, alter: validator(func(v object) { v["pub_key"] = nil })},
		"validators without end":         {headers: true, alter: lie(t, "validators", func(o object) { o["total"] = "1000000000" })},
		"the header before": {headers: true, alter: replay("commit", func(p object) {
			if p["height"] != nil {
				p["height"] = staleHeight
			}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
			var faults atomic.Int64
			setup := config(t)
			setup.Trusted, setup.Nodes, setup.OnFault = trust, []string{proxy.URL}, func(string, error) { faults.Add(1) }
			setup.WitnessLag = 100 * time.Millisecond
			client, err := light.New(ctx, setup)
			require.NoError(t, err)
			if !c.headers {
				// The header is true, and what is proven from it is not.
				snapshot, err := client.At(ctx, changed.Height)
				require.NoError(t, err)
				c.alter(proxy)
				requireTruthOrError(t, snapshot, there.ID, absent.ID, truth)
				require.Positive(t, faults.Load(), "the lie went unnoticed")
				return
			}
			c.alter(proxy)
			_, err = client.At(ctx, changed.Height)
			require.ErrorIs(t, err, light.ErrUnverified)
			require.NotErrorIs(t, err, light.ErrDivergence)
			proxy.Honest()
			snapshot, err := client.At(ctx, changed.Height)
			require.NoError(t, err, "a lie spoils nothing for when the node is honest again")
			record, err := snapshot.DIDRecord(ctx, there.ID)
			require.NoError(t, err)
			require.Equal(t, truth, record.Current.Document)
		})
	}
}

func requireTruthOrError(t *testing.T, snapshot *light.Snapshot, there, absent string, truth *didtypes.DIDDocument) {
	t.Helper()
	ctx := testnet.Context(t)
	record, err := snapshot.DIDRecord(ctx, there)
	if err == nil {
		require.Equal(t, truth, record.Current.Document)
	} else {
		require.ErrorIs(t, err, light.ErrUnavailable)
		require.NotErrorIs(t, err, didtypes.ErrDIDNotFound)
		require.Empty(t, record)
	}
	_, err = snapshot.DIDRecord(ctx, absent)
	if !errors.Is(err, didtypes.ErrDIDNotFound) {
		require.ErrorIs(t, err, light.ErrUnavailable)
	}
	list, err := snapshot.DIDs().Versions(ctx, &didtypes.QueryVersionsRequest{Did: there})
	if err == nil {
		require.Len(t, list.Versions, 2)
	}
}

func TestAnHonestNodeAnswersInPlaceOfALyingOne(t *testing.T) {
	alice := account(t, "alice")
	ctx := testnet.Context(t)
	d := apptest.NewDID(t, t.Name())
	created, err := alice.Send(ctx, d.Create(alice.Address()))
	require.NoError(t, err)
	require.NoError(t, testnet.Network.Nodes[0].WaitForHeight(ctx, created.Height+1))

	for name, alter := range map[string]func(*rpcproxy.Proxy){
		"about values": func(p *rpcproxy.Proxy) {
			lie(t, "abci_query", func(o object) { o.at("response")["value"] = "" })(p)
		},
		"about headers": func(p *rpcproxy.Proxy) {
			lie(t, "commit", func(o object) { o.at("signed_header", "header")["app_hash"] = fmt.Sprintf("%064d", 7) })(p)
		},
		"not answering": func(p *rpcproxy.Proxy) {
			p.Handle(func(rpcproxy.Call) rpcproxy.Answer { return rpcproxy.Answer{Drop: true} })
		},
	} {
		for _, position := range []string{"first", "second"} {
			t.Run(name+" as the "+position, func(t *testing.T) {
				liar := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
				honest := testnet.Network.Nodes[0].RPC
				setup := config(t)
				setup.Nodes = []string{liar.URL, honest}
				if position == "second" {
					setup.Nodes = []string{honest, liar.URL}
				}
				// A third, so that the one that is honest has a witness.
				setup.Nodes = append(setup.Nodes, rpcproxy.New(t, honest).URL)
				var blamed atomic.Bool
				setup.OnFault = func(node string, _ error) {
					if node == liar.URL {
						blamed.Store(true)
					}
				}
				client, err := light.New(ctx, setup)
				require.NoError(t, err)
				alter(liar)
				snapshot, err := client.At(ctx, created.Height)
				require.NoError(t, err)
				record, err := snapshot.DIDRecord(ctx, d.ID)
				require.NoError(t, err)
				require.Equal(t, d.Document, record.Current.Document)
				if position == "first" {
					require.True(t, blamed.Load())
				}
			})
		}
	}
}
