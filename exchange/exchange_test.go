package exchange_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

const marker = "the content that nobody but the consumer may see"

func data() exchange.Data {
	return exchange.Data{Label: "file", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(marker)), nil }}
}

// providerOf reads who a token says submits.
func providerOf(authorization string) (string, error) {
	parts := strings.Split(strings.TrimPrefix(authorization, "Bearer "), ".")
	if len(parts) != 3 {
		return "", errors.New("no token")
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var claims struct{ Iss string }
	return claims.Iss, json.Unmarshal(body, &claims)
}

func sell(t *testing.T, p *exchange.Provider) (*exchange.Sale, error) {
	t.Helper()
	offer, err := p.Prepare(t.Context(), "0102030405060708090a0b0c0d0e0f10", data())
	require.NoError(t, err)
	return p.Sell(t.Context(), offer, nil)
}

// TestASale: the cheapest oracles that make the quorum vouch, the chain pays, and the consumer gets the exact bytes.
func TestASale(t *testing.T) {
	w := newWorld(t, 10, 10, 10)
	p := w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider"))
	sale, err := sell(t, p)
	require.NoError(t, err)
	require.Equal(t, exchange.SalePaid, sale.State)
	require.Equal(t, "900", sale.RewardUmed)
	require.Len(t, sale.Signatures, 2)
	require.Less(t, sale.Signatures[0].Oracle, sale.Signatures[1].Oracle)
	require.Zero(t, w.oracles[2].asked, "the dearest is not needed")

	again, err := sell(t, p)
	require.NoError(t, err)
	require.Equal(t, sale.Commitment, again.Commitment)
	require.Equal(t, 1, w.sent, "sold already: nothing is sent")

	folder := t.TempDir()
	c := &exchange.Consumer{Chain: w, Account: accounts(t, "consumer"), Vault: newVault(w), Dir: t.TempDir(), Key: w.consumerKey, Patience: time.Millisecond}
	var got exchange.Delivery
	require.NoError(t, c.Watch(t.Context(), folder, func(d exchange.Delivery, err error) bool {
		require.NoError(t, err)
		got = d
		return true
	}))
	content, err := os.ReadFile(got.File)
	require.NoError(t, err)
	require.Equal(t, marker, string(content))
	require.Equal(t, sale.Digest, got.SHA256)
}

// TestNoOracleCanPreventASale, nor spoil it, whatever it answers, as long as others make the quorum.
func TestNoOracleCanPreventASale(t *testing.T) {
	for name, spoil := range map[string]func(*fakeOracle){
		"refuses": func(o *fakeOracle) { o.refuse = "schema_violation" },
		"is gone": func(o *fakeOracle) { o.server.Close() },
		"other object": func(o *fakeOracle) {
			o.spoil = func(a *api.ValidateDataResponse) { a.Certificate.UniquenessTag = bytes.Repeat([]byte{7}, 32) }
		},
		"other data": func(o *fakeOracle) {
			o.spoil = func(a *api.ValidateDataResponse) { a.Certificate.DataCommitment = bytes.Repeat([]byte{7}, 32) }
		},
		"other provider": func(o *fakeOracle) {
			o.spoil = func(a *api.ValidateDataResponse) { a.Certificate.Provider = o.address }
		},
		"other last height": func(o *fakeOracle) { o.spoil = func(a *api.ValidateDataResponse) { a.Certificate.LastHeight++ } },
		"other oracle": func(o *fakeOracle) {
			o.spoil = func(a *api.ValidateDataResponse) { a.Signature.Oracle = a.Certificate.Provider }
		},
		"forged evidence": func(o *fakeOracle) { o.forged = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 10, 10, 10)
			spoil(w.oracles[0])
			sale, err := sell(t, w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider")))
			require.NoError(t, err)
			require.Len(t, sale.Signatures, 2)
			for _, s := range sale.Signatures {
				require.NotEqual(t, w.oracles[0].address, s.Oracle)
			}
			if name == "forged evidence" {
				require.Zero(t, w.oracles[0].asked, "nothing is sent to an enclave that proves nothing")
			}
		})
	}
}

func TestARefusalIsTold(t *testing.T) {
	w := newWorld(t, 10, 10, 10)
	for _, o := range w.oracles {
		o.refuse = "duplicate"
	}
	_, err := sell(t, w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider")))
	require.ErrorIs(t, err, exchange.ErrQuorum)
	require.Equal(t, "duplicate", exchange.RefusalCode(err))
	require.Zero(t, w.sent)
}

func TestSimulatedEnclavesAreRefusedUnlessAllowed(t *testing.T) {
	w := newWorld(t, 10)
	p := w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider"))
	p.AllowSimulated = false
	_, err := sell(t, p)
	require.ErrorIs(t, err, exchange.ErrSimulated)
	require.Zero(t, w.oracles[0].asked)
}

// TestASaleGoesOnAfterACrash at any of its steps, under the same salt, and is paid once.
func TestASaleGoesOnAfterACrash(t *testing.T) {
	t.Run("before enough oracles vouched", func(t *testing.T) {
		w := newWorld(t, 10, 10)
		w.oracles[1].refuse = "busy"
		dir, v, account := t.TempDir(), newVault(w), accounts(t, "provider")
		_, err := sell(t, w.provider(t, dir, v, account))
		require.ErrorIs(t, err, exchange.ErrQuorum)
		w.oracles[1].refuse = ""
		sales, err := w.provider(t, dir, v, account).Sales()
		require.NoError(t, err)
		require.Len(t, sales, 1)
		sale, err := w.provider(t, dir, v, account).Resume(t.Context(), sales[0].ID)
		require.NoError(t, err)
		require.Equal(t, exchange.SalePaid, sale.State)
		require.Len(t, w.oracles[0].salts, 1)
		require.Equal(t, w.oracles[0].salts, w.oracles[1].salts)
	})
	t.Run("the answer to the consent got lost", func(t *testing.T) {
		w := newWorld(t, 10)
		w.loseAnswers = true
		sale, err := sell(t, w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider")))
		require.NoError(t, err)
		require.Equal(t, exchange.SalePaid, sale.State)
		require.Equal(t, 1, w.sent)
	})
	t.Run("it was the last that the deal took", func(t *testing.T) {
		w := newWorld(t, 10)
		dir, v, account := t.TempDir(), newVault(w), accounts(t, "provider")
		p := w.provider(t, dir, v, account)
		journals := func() string {
			paths, err := filepath.Glob(filepath.Join(dir, "sales", "*.json"))
			require.NoError(t, err)
			require.Len(t, paths, 1)
			return paths[0]
		}
		var killed []byte // what is known when the consent is sent
		p.Progress = func(g exchange.Progress) {
			if g.Stage == exchange.StageConsent {
				var err error
				killed, err = os.ReadFile(journals())
				require.NoError(t, err)
			}
		}
		_, err := sell(t, p)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(journals(), killed, 0o600))
		w.deal.Status = datadealtypes.DEAL_STATUS_COMPLETED
		sale, err := sell(t, w.provider(t, dir, v, account))
		require.NoError(t, err)
		require.Equal(t, exchange.SalePaid, sale.State)
		require.Equal(t, 1, w.sent)
		_, err = w.provider(t, dir, v, account).Prepare(t.Context(), w.deal.Id, exchange.Data{Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("new")), nil }})
		require.ErrorIs(t, err, exchange.ErrDealNotActive)
	})
	t.Run("the certificate is over", func(t *testing.T) {
		w := newWorld(t, 10)
		dir, v, account := t.TempDir(), newVault(w), accounts(t, "provider")
		w.oracles[0].refuse = "busy"
		_, err := sell(t, w.provider(t, dir, v, account))
		require.Error(t, err)
		w.oracles[0].refuse, w.height = "", 1_000_000
		sale, err := sell(t, w.provider(t, dir, v, account))
		require.NoError(t, err)
		require.Greater(t, sale.LastHeight, int64(1_000_000))
		require.Len(t, w.oracles[0].salts, 1)
	})
	t.Run("two processes", func(t *testing.T) {
		w := newWorld(t, 10)
		dir, v, account := t.TempDir(), newVault(w), accounts(t, "provider")
		p := w.provider(t, dir, v, account)
		var inner error
		p.Progress = func(g exchange.Progress) {
			if g.Stage == exchange.StageConsent {
				_, inner = sell(t, w.provider(t, dir, v, account))
			}
		}
		_, err := sell(t, p)
		require.NoError(t, err)
		require.ErrorIs(t, inner, exchange.ErrBusy)
	})
}

// TestNothingOfTheDataLeavesTheVault: journals and the sealed submission hold none of it.
func TestNothingOfTheDataLeavesTheVault(t *testing.T) {
	w := newWorld(t, 10)
	dir := t.TempDir()
	p := w.provider(t, dir, newVault(w), accounts(t, "provider"))
	look := func() {
		require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			if bytes.Contains(content, []byte(marker)) {
				return fmt.Errorf("%s holds the content", path)
			}
			return err
		}))
	}
	p.Progress = func(exchange.Progress) { look() }
	_, err := sell(t, p)
	require.NoError(t, err)
	look()
}

func TestTermsAreAnswered(t *testing.T) {
	w := newWorld(t, 10)
	w.deal.Terms = []datadealtypes.AgreementTerm{{Id: 1, Required: true, Title: "Use"}, {Id: 2, Title: "Contact"}}
	p := w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider"))
	offer, err := p.Prepare(t.Context(), w.deal.Id, data())
	require.NoError(t, err)
	for _, answers := range [][]datadealtypes.TermAnswer{nil, {{TermId: 1, Agreed: true}}, {{TermId: 1}, {TermId: 2}}} {
		_, err := p.Sell(t.Context(), offer, answers)
		require.ErrorIs(t, err, exchange.ErrTerms)
	}
	require.Zero(t, w.oracles[0].asked)
	sale, err := p.Sell(t.Context(), offer, []datadealtypes.TermAnswer{{TermId: 2}, {TermId: 1, Agreed: true}})
	require.NoError(t, err)
	require.Equal(t, []datadealtypes.TermAnswer{{TermId: 1, Agreed: true}, {TermId: 2}}, sale.Answers)
}

// TestASaleGoesOnWithTheAnswersOfNow: what a try that came to nothing was told is not what the provider agrees to.
func TestASaleGoesOnWithTheAnswersOfNow(t *testing.T) {
	w := newWorld(t, 10)
	w.deal.Terms = []datadealtypes.AgreementTerm{{Id: 1, Title: "Contact"}}
	dir, v, account := t.TempDir(), newVault(w), accounts(t, "provider")
	offer, err := w.provider(t, dir, v, account).Prepare(t.Context(), w.deal.Id, data())
	require.NoError(t, err)
	w.oracles[0].refuse = "busy"
	_, err = w.provider(t, dir, v, account).Sell(t.Context(), offer, []datadealtypes.TermAnswer{{TermId: 1, Agreed: true}})
	require.Error(t, err)
	w.oracles[0].refuse, w.refusal = "", &client.TxError{Log: "no"}
	_, err = w.provider(t, dir, v, account).Sell(t.Context(), offer, []datadealtypes.TermAnswer{{TermId: 1}})
	require.Error(t, err)
	sales, err := w.provider(t, dir, v, account).Sales()
	require.NoError(t, err)
	require.Equal(t, []datadealtypes.TermAnswer{{TermId: 1}}, sales[0].Answers)
	w.refusal = nil
	sale, err := w.provider(t, dir, v, account).Resume(t.Context(), sales[0].ID)
	require.NoError(t, err)
	require.Equal(t, []datadealtypes.TermAnswer{{TermId: 1}}, sale.Answers)
	for _, consent := range w.consents {
		require.Equal(t, sale.Answers, consent.Answers)
	}
}

// TestWhatTheChainRefusesIsVouchedForAnew: an oracle that signed may be one no more.
func TestWhatTheChainRefusesIsVouchedForAnew(t *testing.T) {
	w := newWorld(t, 10, 10)
	dir, v, account := t.TempDir(), newVault(w), accounts(t, "provider")
	w.refusal = &client.TxError{Codespace: "oracle", Code: 2, Log: "not active"}
	_, err := sell(t, w.provider(t, dir, v, account))
	require.ErrorIs(t, err, w.refusal)
	w.refusal = nil
	sale, err := sell(t, w.provider(t, dir, v, account))
	require.NoError(t, err)
	require.Equal(t, exchange.SalePaid, sale.State)
	require.Equal(t, 2, w.oracles[0].asked)
	require.Len(t, w.oracles[0].salts, 1)
}

// TestWhatIsSoldIsWhatWasShown: a file that changes after the provider's yes is not sold.
func TestWhatIsSoldIsWhatWasShown(t *testing.T) {
	w := newWorld(t, 10)
	p := w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider"))
	text := "shown"
	offer, err := p.Prepare(t.Context(), w.deal.Id, exchange.Data{Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }})
	require.NoError(t, err)
	text = "other"
	_, err = p.Sell(t.Context(), offer, nil)
	require.ErrorIs(t, err, exchange.ErrChanged)
	require.Zero(t, w.oracles[0].asked)
	sales, err := p.Sales()
	require.NoError(t, err)
	require.Empty(t, sales)
}

func TestADealThatIsOverTakesNothing(t *testing.T) {
	w := newWorld(t, 10)
	p := w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider"))
	w.deal.Status = datadealtypes.DEAL_STATUS_DEACTIVATED
	_, err := p.Prepare(t.Context(), w.deal.Id, data())
	require.ErrorIs(t, err, exchange.ErrDealNotActive)
	w.deal.Status, w.deal.ExpiresAt = datadealtypes.DEAL_STATUS_ACTIVE, time.Now().Add(-time.Second)
	_, err = p.Prepare(t.Context(), w.deal.Id, data())
	require.ErrorIs(t, err, exchange.ErrDealNotActive)
	_, err = p.Prepare(t.Context(), "ff", data())
	require.ErrorIs(t, err, exchange.ErrNotFound)
}

// TestDelivery: another key opens nothing, and a changed object makes no file.
func TestDelivery(t *testing.T) {
	w := newWorld(t, 10)
	sale, err := sell(t, w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider")))
	require.NoError(t, err)
	var commitment seal.Commitment
	_, err = hex.Decode(commitment[:], []byte(sale.Commitment))
	require.NoError(t, err)
	consumer := func(v *memoryVault) *exchange.Consumer {
		return &exchange.Consumer{Chain: w, Account: accounts(t, "consumer"), Vault: v, Dir: t.TempDir(), Key: w.consumerKey, Patience: time.Millisecond}
	}
	t.Run("another key", func(t *testing.T) {
		c := consumer(newVault(w))
		c.Key, err = seal.GenerateKey(seal.X25519)
		require.NoError(t, err)
		_, err := c.ContentKey(t.Context(), w.deal.Id, commitment)
		require.ErrorIs(t, err, seal.ErrOpen)
	})
	t.Run("a changed object", func(t *testing.T) {
		v, folder := newVault(w), t.TempDir()
		object := bytes.Clone(w.objects[sale.Certificate.ObjectCid])
		object[len(object)-1] ^= 1
		v.records[sale.Certificate.ObjectCid] = object
		_, err := consumer(v).Deliver(t.Context(), w.deal.Id, commitment, folder)
		require.ErrorIs(t, err, seal.ErrChunk)
		entries, err := filepath.Glob(filepath.Join(folder, "*", "*"))
		require.NoError(t, err)
		require.Empty(t, entries)
	})
	t.Run("no place for the file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		c := consumer(newVault(w))
		c.Patience = time.Hour
		_, err := c.Deliver(t.Context(), w.deal.Id, commitment, file)
		require.Error(t, err)
		require.NotErrorIs(t, err, exchange.ErrUndelivered, "no oracle can mend that")
	})
	t.Run("no consent", func(t *testing.T) {
		_, err := consumer(newVault(w)).Deliver(t.Context(), w.deal.Id, seal.Commitment{}, t.TempDir())
		require.ErrorIs(t, err, exchange.ErrNotFound)
	})
	t.Run("twice", func(t *testing.T) {
		c, folder := consumer(newVault(w)), t.TempDir()
		first, err := c.Deliver(t.Context(), w.deal.Id, commitment, folder)
		require.NoError(t, err)
		second, err := c.Deliver(context.Background(), w.deal.Id, commitment, folder)
		require.NoError(t, err)
		require.Equal(t, first.Delivered, second.Delivered)
		require.NoError(t, os.Remove(first.File))
		third, err := c.Deliver(context.Background(), w.deal.Id, commitment, folder)
		require.NoError(t, err)
		require.FileExists(t, third.File)
	})
}

// TestNoOracleCanPreventADelivery with a content key that is another's.
func TestNoOracleCanPreventADelivery(t *testing.T) {
	w := newWorld(t, 10, 10, 10)
	sale, err := sell(t, w.provider(t, t.TempDir(), newVault(w), accounts(t, "provider")))
	require.NoError(t, err)
	var commitment seal.Commitment
	_, err = hex.Decode(commitment[:], []byte(sale.Commitment))
	require.NoError(t, err)
	c := &exchange.Consumer{Chain: w, Account: accounts(t, "consumer"), Vault: newVault(w), Dir: t.TempDir(), Key: w.consumerKey, Patience: time.Hour}
	w.oracles[0].bogus = true
	d, err := c.Deliver(t.Context(), w.deal.Id, commitment, t.TempDir())
	require.NoError(t, err)
	require.Equal(t, w.oracles[1].address, d.KeyFrom)
	require.Equal(t, sale.Digest, d.SHA256)
	_, digest, err := c.Decrypt(t.Context(), w.deal.Id, commitment, bytes.NewReader(w.objects[sale.Certificate.ObjectCid]), filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	require.Equal(t, sale.Digest, digest)

	w.oracles[1].bogus, w.oracles[2].bogus = true, true
	_, _, err = c.Decrypt(t.Context(), w.deal.Id, commitment, bytes.NewReader(w.objects[sale.Certificate.ObjectCid]), filepath.Join(t.TempDir(), "file"))
	require.ErrorIs(t, err, exchange.ErrUndelivered, "they would give the same again: nothing to wait for")
}

// TestADealIsMadeOnce, although the process that made it died before any block had it; and the same request makes another after that, unless it
// has a name.
func TestADealIsMadeOnce(t *testing.T) {
	for _, name := range []string{"", "study"} {
		w := newWorld(t)
		dir, account := t.TempDir(), accounts(t, "consumer")
		create := func(budget int64) (datadealtypes.Deal, error) {
			c := &exchange.Consumer{Chain: w, Account: account, Dir: dir, Key: w.consumerKey, Patience: time.Millisecond}
			return c.CreateDeal(t.Context(), exchange.DealRequest{Name: name, Budget: sdk.NewInt64Coin("umed", budget), DataCount: 1, ExpiresAt: time.Now().Add(time.Hour)})
		}
		w.refusal = &client.TxError{Log: "no funds"}
		_, err := create(20)
		require.ErrorIs(t, err, w.refusal)
		w.refusal, w.killed = nil, true
		_, err = create(10)
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, w.made)
		w.killed = false
		deal, err := create(10)
		require.NoError(t, err)
		require.Equal(t, "10umed", deal.Budget.String(), "what the chain refused is forgotten")
		require.Len(t, w.made, 1)
		again, err := create(10)
		require.NoError(t, err)
		require.Equal(t, name != "", again.Id == deal.Id)
	}
}

// TestAFileIsWholeOrNotThere, and nothing of what a killed process had written of it stays.
func TestAFileIsWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".file.part"), []byte(marker), 0o644))
	write := func(text string, err error) error {
		return exchange.WriteFile(path, func(f *os.File) error {
			_, failed := f.WriteString(text)
			return errors.Join(failed, err)
		})
	}
	require.NoError(t, write("new", nil))
	require.ErrorIs(t, write("half", errLost), errLost)
	done := make(chan error)
	for range 8 {
		go func() { done <- write("newer", nil) }()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "newer", string(content))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.ErrorContains(t, exchange.WriteFile(dir, nil), "no file")
}
