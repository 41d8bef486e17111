package server

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/cosmos/gogoproto/jsonpb"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/medibloc/panacea/oracle/api"
)

// postData is POST /v1/deals/{deal_id}/data: the body is the sealed submission.
func (s *Server) postData(w http.ResponseWriter, r *http.Request) {
	answer, err := s.validate(r.Context(), r.PathValue("deal_id"), r.Header.Get("Authorization"), uint64(max(r.ContentLength, 0)), r.Body)
	if err != nil {
		writeProblem(w, err)
		return
	}
	text, err := (&jsonpb.Marshaler{OrigName: true, EmitDefaults: true}).MarshalToString(answer)
	if err != nil {
		writeProblem(w, s.conceal("data", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(text)) // a client that has gone is no error
}

// putSchema is PUT /v1/deals/{deal_id}/schemas/{digest}: the body is the schema.
func (s *Server) putSchema(w http.ResponseWriter, r *http.Request) {
	digest, ok := digestOf(r.PathValue("digest"))
	if !ok {
		writeProblem(w, api.Refuse(api.RequestMalformed, "", "digest is not 64 lower-case hexadecimal characters"))
		return
	}
	if err := s.provide(r.Context(), r.PathValue("deal_id"), digest, r.Body); err != nil {
		writeProblem(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}"))
}

// problem is a problem details object (RFC 9457) with the members of a Refusal.
type problem struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	Status      int    `json:"status"`
	Detail      string `json:"detail,omitempty"`
	Code        string `json:"code"`
	Requirement string `json:"requirement,omitempty"`
}

// writeProblem answers with a refusal. The gateway's own errors are about requests that are not of the API's form.
func writeProblem(w http.ResponseWriter, err error) {
	refusal := api.RefusalOf(err)
	if refusal == nil {
		refusal = api.Refuse(api.RequestMalformed, "", "%s", status.Convert(err).Message())
	}
	code := api.Code(refusal.Code)
	if wait := code.RetryAfter(); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Panacea-Code", refusal.Code)
	w.WriteHeader(code.HTTPStatus())
	_ = json.NewEncoder(w).Encode(problem{ // a client that has gone is no error
		Type: "urn:panacea:oracle:" + refusal.Code, Title: http.StatusText(code.HTTPStatus()), Status: code.HTTPStatus(),
		Detail: refusal.Message, Code: refusal.Code, Requirement: refusal.Requirement,
	})
}

// writeStatus answers a gRPC request before it reaches the gRPC server.
func writeStatus(w http.ResponseWriter, r *api.Refusal) {
	s := r.GRPCStatus()
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Status", strconv.Itoa(int(s.Code())))
	h.Set("Grpc-Message", s.Message())
	if details, err := proto.Marshal(s.Proto()); err == nil {
		h.Set("Grpc-Status-Details-Bin", base64.RawStdEncoding.EncodeToString(details))
	}
	w.WriteHeader(http.StatusOK)
}
