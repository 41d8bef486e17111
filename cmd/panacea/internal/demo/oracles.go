package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
)

// oracle is an oracled process.
type oracle struct {
	home, program, address, key string
	sender                      string // account that pays for its transactions
	endpoint                    string

	process *exec.Cmd
	log     *os.File
}

// oracleHome is that of the oracle of validator i.
func oracleHome(home string, i int) string { return filepath.Join(home, fmt.Sprintf("oracle%d", i)) }

// startOracles makes an oracle for each of the first validators, registers them, and returns when all are active.
func (s *Story) startOracles(ctx context.Context) error {
	program, err := binary("oracled")
	if err != nil {
		return err
	}
	keys, err := networkKeys(s.chain)
	if err != nil {
		return err
	}
	for i := range s.Options.Oracles {
		o := &oracle{home: oracleHome(s.Home, i), program: program, key: fmt.Sprintf("validator%d", i)}
		record, err := keys.Key(o.key)
		if err != nil {
			return err
		}
		address, err := record.GetAddress()
		if err != nil {
			return err
		}
		o.address = address.String()
		s.oracles = append(s.oracles, o)
	}
	var made errgroup.Group
	for _, o := range s.oracles {
		made.Go(func() error { return o.init(ctx, s) })
	}
	if err := made.Wait(); err != nil {
		return err
	}
	var senders []string
	for _, o := range s.oracles {
		senders = append(senders, o.sender)
	}
	if err := s.pay(ctx, senders...); err != nil {
		return err
	}
	// The first makes the secret that all share; it lets the others in, so it has to run.
	if err := s.oracles[0].command(ctx, "genesis-key"); err != nil {
		return err
	}
	for i, o := range s.oracles {
		wait := "--wait=false"
		if i == 0 {
			wait = "--wait"
		}
		if err := o.command(ctx, "register", "--from", o.key, "--keyring-backend", "test", "--keyring-dir", s.chain.Home, wait); err != nil {
			return err
		}
		if err := o.start(ctx); err != nil {
			return err
		}
	}
	return s.awaitOracles(ctx)
}

// init makes the oracle's home, unless there is one.
func (o *oracle) init(ctx context.Context, s *Story) error {
	card := filepath.Join(o.home, "demo.json")
	if raw, err := os.ReadFile(card); err == nil {
		return json.Unmarshal(raw, &struct{ Sender *string }{&o.sender})
	}
	args := []string{"init", "--home", o.home, "--output", "json", "--enclave", "simulated", "--keyring-backend", "test", "--chain-id", s.chain.ChainID,
		"--operator", o.address, "--trusted-height", strconv.FormatInt(s.profile.TrustedHeight, 10), "--trusted-hash", s.profile.TrustedHash,
		"--api-listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--vault-listen", "/ip4/127.0.0.1/tcp/0", "--poll-interval", "500ms"}
	for _, node := range s.chain.Nodes {
		args = append(args, "--node", node.RPC)
	}
	out, err := o.output(ctx, args...)
	if err != nil {
		return err
	}
	var made struct{ Sender string }
	if err := json.Unmarshal(out, &made); err != nil || made.Sender == "" {
		return fmt.Errorf("oracled init answered %q: %w", out, err)
	}
	o.sender = made.Sender
	return os.WriteFile(card, out, 0o600)
}

func (o *oracle) output(ctx context.Context, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, o.program, args...)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("oracled %s: %w: %s", args[0], err, strings.TrimSpace(problems.String()))
	}
	return out, nil
}

func (o *oracle) command(ctx context.Context, args ...string) error {
	_, err := o.output(ctx, append(args, "--home", o.home, "--output", "json")...)
	return err
}

// start starts the process and returns when it listens.
func (o *oracle) start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(o.home, "oracle.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	command := exec.Command(o.program, "start", "--home", o.home)
	command.Stderr = log
	command.SysProcAttr = childAttributes()
	out, err := command.StdoutPipe()
	if err != nil {
		return errors.Join(err, log.Close())
	}
	if err := command.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	o.process, o.log = command, log
	lines := bufio.NewReader(out)
	type answer struct {
		line string
		err  error
	}
	ready := make(chan answer, 1)
	go func() {
		line, err := lines.ReadString('\n')
		ready <- answer{line, err}
		_, _ = io.Copy(io.Discard, lines)
	}()
	select {
	case <-ctx.Done():
		return errors.Join(ctx.Err(), o.stop())
	case a := <-ready:
		var at struct{ Endpoint string }
		if a.err != nil || json.Unmarshal([]byte(a.line), &at) != nil {
			return errors.Join(fmt.Errorf("oracled did not start: see %s", log.Name()), o.stop())
		}
		o.endpoint = at.Endpoint
		return nil
	}
}

// stop ends the process and waits until it is gone.
func (o *oracle) stop() error {
	if o.process == nil {
		return nil
	}
	_ = o.process.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	done := make(chan error, 1)
	go func() { done <- o.process.Wait() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = o.process.Process.Kill()
		<-done
	}
	o.process = nil
	return o.log.Close()
}

// activationTime bounds how long oracles may take to be active.
const activationTime = 2 * time.Minute

// awaitOracles returns when the chain has all oracles as active, at the endpoints where they are.
func (s *Story) awaitOracles(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, activationTime)
	defer cancel()
	for height := int64(0); ; {
		head, err := s.bank.WaitForBlock(ctx, height)
		if err != nil {
			return fmt.Errorf("waiting for the oracles to be approved: %w: see %s", err, filepath.Join(oracleHome(s.Home, 0), "oracle.log"))
		}
		height = head.Height
		active, err := s.bank.ActiveOracles(ctx)
		if err != nil {
			return err
		}
		there := 0
		for _, hint := range active {
			for _, o := range s.oracles {
				if o.address != hint.Address {
					continue
				}
				if record, err := s.bank.Oracle(ctx, o.address); err == nil && record.Oracle.Endpoint == o.endpoint {
					there++
				}
			}
		}
		if there == len(s.oracles) {
			return nil
		}
	}
}

// pay gives accounts a beginning, out of the local network's own funds.
func (s *Story) pay(ctx context.Context, addresses ...string) error {
	from, err := s.funder.Address()
	if err != nil {
		return err
	}
	var messages []sdk.Msg
	for _, a := range addresses {
		to, err := sdk.AccAddressFromBech32(a)
		if err != nil {
			return err
		}
		messages = append(messages, banktypes.NewMsgSend(from, to, sdk.NewCoins(umed(pocketMoney))))
	}
	_, err = s.bank.Send(ctx, s.funder, messages...)
	return err
}

// fund pays the people's beginning.
func (s *Story) fund(ctx context.Context) error {
	var addresses []string
	for _, p := range []*party.Party{s.hospital, s.patient, s.researcher, s.stranger} {
		address, err := p.Address()
		if err != nil {
			return err
		}
		addresses = append(addresses, address.String())
	}
	return s.pay(ctx, addresses...)
}
