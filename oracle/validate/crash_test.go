package validate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/oracle/validate"
)

// A process that is killed finds what to do in these variables: the oracle's directory, where it is to die, and a submission with its token.
const (
	crashDir   = "PANACEA_TEST_DIR"
	crashAt    = "PANACEA_TEST_DIE_AFTER"
	crashToken = "PANACEA_TEST_TOKEN"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := crashing(dir, os.Getenv(crashAt), os.Getenv(crashToken)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crashing validates the submission in dir, and dies of SIGKILL at a place. If it comes to an answer, it writes it down.
func crashing(dir, at, token string) error {
	die := func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
	w, closeWorld, err := fixture.OpenWorld(dir, func(c *validate.Config) {
		c.After = func(step string) {
			if step == at {
				die()
			}
		}
		c.Objects = &fragile{c.Objects, at, die}
		c.Journal = &fragileJournal{c.Journal, at, die}
	})
	if err != nil {
		return err
	}
	sealed, err := os.Open(filepath.Join(dir, "sealed"))
	if err != nil {
		return err
	}
	answer, err := w.Validator.Validate(context.Background(), validate.Request{DealID: fixture.DealID, Token: token, Body: sealed})
	if err != nil {
		return err
	}
	encoded, err := answer.Marshal()
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, "answer"), encoded, 0o600), closeWorld())
}

// fragile is a vault whose process dies in the middle of an object.
type fragile struct {
	validate.Objects
	at  string
	die func()
}

func (f *fragile) Put(ctx context.Context, deal string, r io.Reader) (string, error) {
	if f.at == "half of the object" {
		r = io.MultiReader(io.LimitReader(r, 1<<20), deadly{f.die})
	}
	return f.Objects.Put(ctx, deal, r)
}

type deadly struct{ die func() }

func (d deadly) Read([]byte) (int, error) { d.die(); return 0, io.EOF }

// fragileJournal dies before or after its entry is durable.
type fragileJournal struct {
	validate.Journal
	at  string
	die func()
}

func (f *fragileJournal) PutIfAbsent(ctx context.Context, name string, record []byte) ([]byte, error) {
	if f.at == "before the entry" {
		f.die()
	}
	kept, err := f.Journal.PutIfAbsent(ctx, name, record)
	if f.at == "after the entry" {
		f.die()
	}
	return kept, err
}

// Whatever step an oracle is killed after, it gives the same certificate when it is asked again, its object is there, and another provider
// cannot have a certificate of the same datum once one has been recorded.
func TestAnOracleThatIsKilledNeverContradictsItself(t *testing.T) {
	program, err := os.Executable()
	require.NoError(t, err)
	content := bytes.Repeat([]byte("a datum of 3 megabytes "), 3<<20/23)
	places := []string{"token", "active", "deal", "receive", "digest", "open", "content", "schemas", "presentation", "uniqueness", "duplicate",
		"half of the object", "object", "before the entry", "after the entry", "journal", "sign"}
	for _, place := range places {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plan := fixture.NewWorld(t)
			s := plan.NewSubmission(t, content)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "sealed"), s.Sealed, 0o600))
			run := func(at string) ([]byte, error) {
				c := exec.Command(program)
				c.Env = append(os.Environ(), crashDir+"="+dir, crashAt+"="+at, crashToken+"="+s.NewToken())
				return c.CombinedOutput()
			}
			out, err := run(place)
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, "%s", out)
			require.True(t, exit.Sys().(syscall.WaitStatus).Signaled(), "%s", out)
			require.NoFileExists(t, filepath.Join(dir, "answer"))

			out, err = run("nowhere")
			require.NoError(t, err, "%s", out)
			encoded, err := os.ReadFile(filepath.Join(dir, "answer"))
			require.NoError(t, err)
			var answer api.ValidateDataResponse
			require.NoError(t, answer.Unmarshal(encoded))
			undisturbed, err := plan.Validator.Validate(t.Context(), validate.Request{DealID: fixture.DealID, Token: s.NewToken(), Body: bytes.NewReader(s.Sealed)})
			require.NoError(t, err)
			require.Equal(t, undisturbed, &answer)

			w, closeWorld, err := fixture.OpenWorld(dir)
			require.NoError(t, err)
			defer func() { require.NoError(t, closeWorld()) }()
			require.Equal(t, content, buy(t, w, &answer))
			w.Provider = fixture.NewProvider(2)
			_, err = w.Submit(t, content, func(again *fixture.Submission) { again.Header.Salt = s.Salt[:] })
			require.Equal(t, string(api.AlreadyVouched), api.RefusalOf(err).GetCode(), "%v", err)
			nothingIsLeft(t, w)
		})
	}
}

// Two providers who race for one datum: one gets a certificate.
func TestOfManyAtTheSameTimeOneIsVouchedFor(t *testing.T) {
	w := fixture.NewWorld(t)
	s := w.NewSubmission(t, []byte("x"))
	var requests []validate.Request
	for i := range 16 {
		w.Provider = fixture.NewProvider(byte(1 + i%4))
		again := w.NewSubmission(t, []byte("x"), func(again *fixture.Submission) { again.Header.Salt = bytes.Clone(s.Salt[:]) })
		requests = append(requests, validate.Request{DealID: fixture.DealID, Token: again.Token, Body: bytes.NewReader(again.Sealed)})
	}
	var wg sync.WaitGroup
	answers := make([]*api.ValidateDataResponse, len(requests))
	errs := make([]error, len(requests))
	for i, r := range requests {
		wg.Go(func() { answers[i], errs[i] = w.Validator.Validate(t.Context(), r) })
	}
	wg.Wait()
	providers := map[string]bool{}
	for i := range requests {
		if errs[i] == nil {
			providers[answers[i].Certificate.Provider] = true
		} else {
			require.Equal(t, string(api.AlreadyVouched), api.RefusalOf(errs[i]).GetCode(), "%v", errs[i])
		}
	}
	require.Len(t, providers, 1)
}
