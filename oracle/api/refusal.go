package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
)

// Code says why an oracle refused. Codes are stable: callers may act on them.
type Code string

// The codes, in the order of docs/protocol/exchange.md.
const (
	TokenInvalid          Code = "token_invalid"
	TokenExpired          Code = "token_expired"
	TokenReplayed         Code = "token_replayed"
	RateLimited           Code = "rate_limited"
	Busy                  Code = "busy"
	ChainUnavailable      Code = "chain_unavailable"
	OracleNotActive       Code = "oracle_not_active"
	DealNotFound          Code = "deal_not_found"
	DealNotActive         Code = "deal_not_active"
	TooLarge              Code = "too_large"
	DigestMismatch        Code = "digest_mismatch"
	SubmissionUnreadable  Code = "submission_unreadable"
	SubmissionMalformed   Code = "submission_malformed"
	MediaTypeMismatch     Code = "media_type_mismatch"
	LastHeightOutOfRange  Code = "last_height_out_of_range"
	ContentNotJSON        Code = "content_not_json"
	SchemaUnknown         Code = "schema_unknown"
	SchemaUnusable        Code = "schema_unusable"
	SchemaViolation       Code = "schema_violation"
	PresentationMalformed Code = "presentation_malformed"
	ProofInvalid          Code = "proof_invalid"
	ChallengeMismatch     Code = "challenge_mismatch"
	CredentialExpired     Code = "credential_expired"
	CredentialRevoked     Code = "credential_revoked"
	StatusUnavailable     Code = "status_unavailable"
	IssuerUntrusted       Code = "issuer_untrusted"
	DefinitionUnusable    Code = "definition_unusable"
	DefinitionUnanswered  Code = "definition_unanswered"
	UniquenessUndisclosed Code = "uniqueness_undisclosed"
	Duplicate             Code = "duplicate"
	AlreadyVouched        Code = "already_vouched"
	StorageFull           Code = "storage_full"
	ConsentNotFound       Code = "consent_not_found"
	RequestMalformed      Code = "request_malformed"
	TooSlow               Code = "too_slow"
	Internal              Code = "internal"
)

// known says of each code the gRPC status and the HTTP status that it travels with.
var known = map[Code]struct {
	rpc  codes.Code
	http int
}{
	TokenInvalid: {codes.Unauthenticated, http.StatusUnauthorized}, TokenExpired: {codes.Unauthenticated, http.StatusUnauthorized},
	TokenReplayed: {codes.Unauthenticated, http.StatusUnauthorized},
	RateLimited:   {codes.ResourceExhausted, http.StatusTooManyRequests}, Busy: {codes.ResourceExhausted, http.StatusServiceUnavailable},
	ChainUnavailable: {codes.Unavailable, http.StatusServiceUnavailable}, OracleNotActive: {codes.Unavailable, http.StatusServiceUnavailable},
	DealNotFound: {codes.NotFound, http.StatusNotFound}, DealNotActive: {codes.FailedPrecondition, http.StatusConflict},
	TooLarge: {codes.InvalidArgument, http.StatusRequestEntityTooLarge}, DigestMismatch: {codes.InvalidArgument, http.StatusBadRequest},
	SubmissionUnreadable: {codes.InvalidArgument, http.StatusBadRequest}, SubmissionMalformed: {codes.InvalidArgument, http.StatusBadRequest},
	MediaTypeMismatch: {codes.InvalidArgument, http.StatusUnprocessableEntity}, LastHeightOutOfRange: {codes.OutOfRange, http.StatusUnprocessableEntity},
	ContentNotJSON: {codes.InvalidArgument, http.StatusUnprocessableEntity}, SchemaUnknown: {codes.FailedPrecondition, http.StatusConflict},
	SchemaUnusable: {codes.FailedPrecondition, http.StatusUnprocessableEntity}, SchemaViolation: {codes.InvalidArgument, http.StatusUnprocessableEntity},
	PresentationMalformed: {codes.InvalidArgument, http.StatusUnprocessableEntity}, ProofInvalid: {codes.InvalidArgument, http.StatusUnprocessableEntity},
	ChallengeMismatch: {codes.InvalidArgument, http.StatusUnprocessableEntity}, CredentialExpired: {codes.InvalidArgument, http.StatusUnprocessableEntity},
	CredentialRevoked: {codes.InvalidArgument, http.StatusUnprocessableEntity}, StatusUnavailable: {codes.FailedPrecondition, http.StatusUnprocessableEntity},
	IssuerUntrusted: {codes.InvalidArgument, http.StatusUnprocessableEntity}, DefinitionUnusable: {codes.FailedPrecondition, http.StatusUnprocessableEntity},
	DefinitionUnanswered: {codes.InvalidArgument, http.StatusUnprocessableEntity}, UniquenessUndisclosed: {codes.InvalidArgument, http.StatusUnprocessableEntity},
	Duplicate: {codes.AlreadyExists, http.StatusConflict}, AlreadyVouched: {codes.AlreadyExists, http.StatusConflict},
	StorageFull: {codes.ResourceExhausted, http.StatusInsufficientStorage}, ConsentNotFound: {codes.NotFound, http.StatusNotFound},
	RequestMalformed: {codes.InvalidArgument, http.StatusBadRequest}, TooSlow: {codes.DeadlineExceeded, http.StatusRequestTimeout}, Internal: {codes.Internal, http.StatusInternalServerError},
}

// Codes lists all codes.
func Codes() []Code {
	out := make([]Code, 0, len(known))
	for c := range known {
		out = append(out, c)
	}
	return out
}

// HTTPStatus is the status that a refusal with the code has over REST.
func (c Code) HTTPStatus() int {
	if k, ok := known[c]; ok {
		return k.http
	}
	return http.StatusInternalServerError
}

// RetryAfter is how long to wait before asking again; zero where asking again does not help.
func (c Code) RetryAfter() time.Duration {
	switch c {
	case Busy, RateLimited:
		return 2 * time.Second
	case ChainUnavailable, OracleNotActive:
		return 10 * time.Second
	case StorageFull:
		return time.Minute
	}
	return 0
}

// MaxMessage bounds the message of a refusal, in bytes. A refusal travels in headers, which many servers on the way bound to 16 KiB, and
// over gRPC twice.
const MaxMessage = 2 << 10

// Refuse makes a refusal. What the message says goes to whoever asked: it names requirements and places, never what stands in the data.
func Refuse(code Code, requirement, format string, args ...any) *Refusal {
	message := fmt.Sprintf(format, args...)
	if len(message) > MaxMessage {
		message = strings.ToValidUTF8(message[:MaxMessage-len("…")], "") + "…"
	}
	return &Refusal{Code: string(code), Requirement: requirement, Message: message}
}

// Error makes a refusal an error.
func (r *Refusal) Error() string {
	text := r.Code
	if r.Requirement != "" {
		text += " (" + r.Requirement + ")"
	}
	if r.Message != "" {
		text += ": " + r.Message
	}
	return text
}

// Is makes a refusal equal to another of its code, for errors.Is.
func (r *Refusal) Is(target error) bool {
	other, ok := target.(*Refusal)
	return ok && other.Code == r.Code
}

// refusalType is the type URL of a Refusal in the details of a status.
const refusalType = "type.googleapis.com/panacea.oracleapi.v1.Refusal"

// GRPCStatus makes a refusal the status that it travels as over gRPC, with itself as detail.
func (r *Refusal) GRPCStatus() *status.Status {
	rpc := codes.Internal
	if k, ok := known[Code(r.Code)]; ok {
		rpc = k.rpc
	}
	out := &spb.Status{Code: int32(rpc), Message: r.Error()}
	if detail, err := r.Marshal(); err == nil {
		out.Details = []*anypb.Any{{TypeUrl: refusalType, Value: detail}}
	}
	return status.FromProto(out)
}

// RefusalOf returns the refusal in an error of a client or of a server, or nil.
func RefusalOf(err error) *Refusal {
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return r
	}
	s, ok := status.FromError(err)
	if !ok || s == nil {
		return nil
	}
	for _, detail := range s.Proto().GetDetails() {
		if r := new(Refusal); detail.TypeUrl == refusalType && r.Unmarshal(detail.Value) == nil {
			return r
		}
	}
	return nil
}
