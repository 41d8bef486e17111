package exchange

// Stage names what an operation is at.
type Stage string

// Stages of a sale, then of a delivery.
const (
	StageChoose  Stage = "choose"  // oracles are looked up and their enclaves verified
	StageSeal    Stage = "seal"    // the data are encrypted to the enclaves' key
	StageSubmit  Stage = "submit"  // oracles validate
	StageConsent Stage = "consent" // the consent is on its way into a block
	StagePaid    Stage = "paid"

	StageFetch Stage = "fetch" // the object comes from an oracle's vault
	StageKey   Stage = "key"   // an oracle is asked for the content key
	StageOpen  Stage = "open"  // the object is decrypted and compared with its commitment
	StageDone  Stage = "done"
)

// Progress tells how far an operation is. Oracle is who it is about, or empty; Have and Total are bytes, Total 0 if nothing
// is counted; Err is why something did not work that is tried again or elsewhere.
type Progress struct {
	Stage       Stage
	Oracle      string
	Have, Total int64
	Err         error
}

// report calls a callback that may be nil.
func report(f func(Progress), p Progress) {
	if f != nil {
		f(p)
	}
}
