package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/medibloc/panacea/app/localnet"
	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vc"
)

// Options say what is demonstrated.
type Options struct {
	Home       string // where everything is made
	Validators int
	Oracles    int    // at most one for each validator
	Data       string // file with a FHIR resource or bundle; "" for the built-in record
	Schema     string // file with the JSON Schema that Data must satisfy; "" for none
	Out        io.Writer
	Color      bool
}

// Prices of the story, in umed.
const (
	pricePerDatum = 10_000_000
	wanted        = 2
	pocketMoney   = 200_000_000
)

// dealLifetime is how long the story's deals run.
const dealLifetime = 24 * time.Hour

// Story is a demonstration that runs.
type Story struct {
	Options
	Report  Report
	Profile string // file with the network's profile

	tell    teller
	chapter int

	chain   *localnet.Network
	profile party.Profile
	bank    *exchange.Connection // of the local network's own account that pays for beginnings
	funder  exchange.Account
	oracles []*oracle

	hospital, patient, researcher, stranger *party.Party
	issuer                                  *party.Issuer

	record record
	whole  *record // sold as it is, beside the credential
	trades []*trade

	credential *vc.Credential
}

// Run tells the story. What it started keeps running until Close.
func Run(ctx context.Context, o Options) (*Story, error) {
	s := &Story{Options: o, tell: teller{o.Out, o.Color}, Report: Report{
		ProviderPaidUmed: "0", ConsumerRefund: "0", OraclesPaidUmed: map[string]json.Number{}, Refusals: []Refusal{}, Steps: []Step{},
	}}
	if err := s.readData(); err != nil {
		return s, err
	}
	for _, c := range []struct {
		name, title string
		do          func(context.Context) error
	}{
		{"network", fmt.Sprintf("A network of %d validators, each a process of its own, with real consensus", o.Validators), s.startNetwork},
		{"parties", fmt.Sprintf("%d oracles; and a hospital, a patient, a researcher and a stranger", o.Oracles), s.startParties},
		{"issue", "The hospital issues a credential over a health record", s.issue},
		{"exchange", "The exchange", s.exchange},
		{"refusals", "What must not work, does not", s.refuse},
		{"settlement", "The researcher ends the deals; what is left comes back, to the umed", s.settle},
	} {
		if err := s.step(ctx, c.name, c.title, c.do); err != nil {
			return s, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	s.Report.OK = true
	return s, nil
}

// step runs a chapter and notes how long it took.
func (s *Story) step(ctx context.Context, name, title string, do func(context.Context) error) error {
	s.chapter++
	s.tell.chapter(s.chapter, title)
	return s.timed(name, func() error { return do(ctx) })
}

func (s *Story) timed(name string, do func() error) error {
	began := time.Now()
	err := do()
	took := time.Since(began)
	s.Report.Steps = append(s.Report.Steps, Step{name, took.Milliseconds()})
	if err == nil {
		s.tell.took(took)
	}
	return err
}

func (s *Story) readData() (err error) {
	if s.record, err = readRecord(syntheticRecord); err != nil || s.Data == "" {
		return err
	}
	text, err := os.ReadFile(s.Data)
	if err != nil {
		return err
	}
	given, err := readRecord(text)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Data, err)
	}
	s.whole = &given
	if !given.isBundle() {
		s.record = given
	}
	return nil
}

func (s *Story) startNetwork(ctx context.Context) (err error) {
	if s.chain, err = startChain(ctx, s.Home, s.Validators); err != nil {
		return err
	}
	s.Report.ChainID = s.chain.ChainID
	if s.profile, err = profileOf(ctx, s.chain); err != nil {
		return err
	}
	if s.Profile, err = writeProfile(s.Home, s.profile); err != nil {
		return err
	}
	keys, err := networkKeys(s.chain)
	if err != nil {
		return err
	}
	s.funder = exchange.Account{Keys: keys, Name: funder}
	if s.bank, err = party.Connect(ctx, s.profile); err != nil {
		return err
	}
	s.tell.say("chain %s, blocks every second, everything below %s", s.chain.ChainID, s.Home)
	return nil
}

// startParties makes oracles and people at the same time: both wait for blocks most of the time.
func (s *Story) startParties(ctx context.Context) error {
	s.tell.say("The oracles' enclaves are SIMULATED: no hardware protects what is sent to them. Everything else is as on a real network.")
	work, inner := errgroup.WithContext(ctx)
	work.Go(func() error { return s.startOracles(inner) })
	work.Go(func() error { return s.makePeople(inner) })
	if err := work.Wait(); err != nil {
		return err
	}
	for i, o := range s.oracles {
		s.tell.say("oracle %d  %s  %s", i+1, o.address, o.endpoint)
	}
	for _, p := range []struct {
		who   string
		party *party.Party
	}{{"hospital", s.hospital}, {"patient", s.patient}, {"researcher", s.researcher}, {"stranger", s.stranger}} {
		address, err := p.party.Address()
		if err != nil {
			return err
		}
		s.tell.say("%-10s %s  %s", p.who, address, p.party.Config.DID)
	}
	return nil
}

// makePeople makes a home for each party, pays each a beginning, and puts their DIDs on the chain.
func (s *Story) makePeople(ctx context.Context) error {
	var homes errgroup.Group
	for _, p := range []struct {
		name   string
		into   **party.Party
		issuer bool
	}{{"hospital", &s.hospital, true}, {"patient", &s.patient, false}, {"researcher", &s.researcher, false}, {"stranger", &s.stranger, false}} {
		homes.Go(func() (err error) {
			*p.into, err = openParty(ctx, s.Home, p.name, s.profile, p.issuer)
			return err
		})
	}
	if err := homes.Wait(); err != nil {
		return err
	}
	if err := s.fund(ctx); err != nil {
		return err
	}
	var err error
	if s.issuer, err = s.hospital.Issuer(); err != nil {
		return err
	}
	var dids errgroup.Group
	dids.Go(func() error { return s.issuer.Setup(ctx) })
	for _, p := range []*party.Party{s.patient, s.researcher, s.stranger} {
		dids.Go(func() error {
			_, err := p.CreateDID(ctx)
			return err
		})
	}
	return dids.Wait()
}

// issue: the hospital signs, the patient checks and keeps it.
func (s *Story) issue(ctx context.Context) (err error) {
	if s.credential, err = s.issueToPatient(ctx); err != nil {
		return err
	}
	processor, checks, err := s.patient.Processor(ctx)
	if err != nil {
		return err
	}
	result := processor.VerifyIssued(ctx, s.credential, vc.VerifyOptions{Now: time.Now().Add(time.Second), Status: checks.Status})
	if err := result.Err(); err != nil {
		return fmt.Errorf("the patient does not find the credential good: %w", err)
	}
	s.tell.say("a FHIR %s of %d bytes, signed with bbs-2023: the patient can show any part of it, and no two showings can be linked\n"+
		"credential %s\nstatus list, on the chain: %s", s.record.kind, len(s.record.text), s.credential.ID(), s.issuer.ListURL())
	s.tell.say("The patient has verified it, by proofs from the chain, and keeps it in an own vault, encrypted.")
	return nil
}

func (s *Story) issueToPatient(ctx context.Context) (*vc.Credential, error) {
	c, err := s.issuer.Issue(ctx, s.record.text, s.patient.Config.DID)
	if err != nil {
		return nil, err
	}
	return c, s.patient.KeepCredential(ctx, c)
}

// exchange sells the credential and, if data were given, the whole file as well: the latter is what is reported then.
func (s *Story) exchange(ctx context.Context) error {
	study := &trade{Story: s, name: "study", data: exchange.Data{Label: "credential", Credentials: []*vc.Credential{s.credential}}}
	if err := study.run(ctx); err != nil {
		return err
	}
	s.trades = append(s.trades, study)
	if s.whole == nil {
		return nil
	}
	whole := &trade{Story: s, name: "record", whole: s.whole, data: s.wholeData()}
	if s.Schema != "" {
		text, err := os.ReadFile(s.Schema)
		if err != nil {
			return err
		}
		whole.schema, whole.data.Schemas = text, [][]byte{text}
	}
	if err := whole.run(ctx); err != nil {
		return err
	}
	s.trades = append(s.trades, whole)
	return nil
}

func (s *Story) wholeData() exchange.Data {
	return exchange.Data{Label: filepath.Base(s.Data), Open: func() (io.ReadCloser, error) { return os.Open(s.Data) }}
}

// settle ends the deals and counts the money.
func (s *Story) settle(ctx context.Context) error {
	for _, t := range s.trades {
		if err := t.settle(ctx); err != nil {
			return err
		}
	}
	s.trades[len(s.trades)-1].report(&s.Report)
	if s.Report.DeliveredSHA256 != s.Report.DataSHA256 {
		return fmt.Errorf("%w: delivered %s, sold %s", ErrStory, s.Report.DeliveredSHA256, s.Report.DataSHA256)
	}
	return nil
}

// Close stops what the story started, and returns when it is gone.
func (s *Story) Close() error {
	var err error
	for _, p := range []*party.Party{s.hospital, s.patient, s.researcher, s.stranger} {
		if p != nil {
			err = errors.Join(err, p.Close())
		}
	}
	if s.bank != nil {
		err = errors.Join(err, s.bank.Close())
	}
	for _, o := range s.oracles {
		err = errors.Join(err, o.stop())
	}
	if s.chain != nil {
		err = errors.Join(err, s.chain.Stop())
	}
	return err
}

// LeaveHomes closes the parties' homes, so that other programs can use them while the network stays up.
func (s *Story) LeaveHomes() error {
	var err error
	for _, p := range []**party.Party{&s.hospital, &s.patient, &s.researcher, &s.stranger} {
		if *p != nil {
			err = errors.Join(err, (*p).Close())
			*p = nil
		}
	}
	return err
}
