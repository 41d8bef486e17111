package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Report is what a demonstration came to.
type Report struct {
	OK               bool                   `json:"ok"`
	ChainID          string                 `json:"chain_id"`
	DealID           string                 `json:"deal_id"`
	DataSHA256       string                 `json:"data_sha256"`
	DeliveredSHA256  string                 `json:"delivered_sha256"`
	ProviderPaidUmed json.Number            `json:"provider_paid_umed"`
	OraclesPaidUmed  map[string]json.Number `json:"oracles_paid_umed"`
	ConsumerRefund   json.Number            `json:"consumer_refund_umed"`
	Refusals         []Refusal              `json:"refusals"`
	Steps            []Step                 `json:"steps"`
}

// Refusal is something that must not work, and how it was refused.
type Refusal struct {
	Case string `json:"case"`
	Code string `json:"code"`
}

// Step is a part of the story and how long it took.
type Step struct {
	Name string `json:"name"`
	MS   int64  `json:"ms"`
}

// ErrStory says that something did not come out as it must.
var ErrStory = errors.New("the story did not come out as it must")

// teller prints the story.
type teller struct {
	out   io.Writer
	color bool
}

func (t teller) bold(s string) string {
	if t.color {
		return "\033[1m" + s + "\033[0m"
	}
	return s
}

// chapter begins a part.
func (t teller) chapter(n int, title string) {
	fmt.Fprintf(t.out, "\n%s\n", t.bold(fmt.Sprintf("%d. %s", n, title)))
}

// say prints a paragraph, indented.
func (t teller) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintln(t.out, "   "+strings.ReplaceAll(text, "\n", "\n   "))
}

// took prints how long a part took.
func (t teller) took(d time.Duration) { fmt.Fprintf(t.out, "   (%.1f s)\n", d.Seconds()) }
