// Command gofloor is the least that a Go authorizer can be: grpc-go, Envoy's messages, and either nothing or one
// verified token with the claims and the request compared to what the benchmark sends.
//
//	gofloor empty ADDRESS
//	gofloor verify ADDRESS KEY.pem
//
// It prints the address it listens on.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	envoytype "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

const (
	issuer   = "https://idp.example"
	audience = "https://crm.example"
	host     = "crm.example"
	prefix   = "/v1/contacts/"
	scope    = "tool:crm:read"
	user     = "alice"
	current  = "agent:searcher"
	root     = "agent:planner"
)

type actor struct {
	Subject string `json:"sub"`
	Actor   *actor `json:"act"`
}

type claims struct {
	jwt.RegisteredClaims
	Scope string `json:"scope"`
	Actor *actor `json:"act"`
}

// areGranted tells whether the user, the chain of two agents and the scope are those of the policy.
func (c *claims) areGranted() bool {
	return c.Subject == user && c.Actor != nil && c.Actor.Subject == current &&
		c.Actor.Actor != nil && c.Actor.Actor.Subject == root && slices.Contains(strings.Fields(c.Scope), scope)
}

// empty allows everything: what is left is the cost of the transport and of Envoy's messages.
type empty struct {
	auth.UnimplementedAuthorizationServer
}

func (empty) Check(context.Context, *auth.CheckRequest) (*auth.CheckResponse, error) {
	return allowed(), nil
}

// verifying checks the signature of every token, remembering none.
type verifying struct {
	auth.UnimplementedAuthorizationServer
	parser *jwt.Parser
	key    any
}

func newVerifying(path string) (*verifying, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := jwt.ParseECPublicKeyFromPEM(text)
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithIssuer(issuer),
		jwt.WithAudience(audience), jwt.WithExpirationRequired())
	return &verifying{parser: parser, key: key}, nil
}

func (s *verifying) Check(_ context.Context, request *auth.CheckRequest) (*auth.CheckResponse, error) {
	http := request.GetAttributes().GetRequest().GetHttp()
	bearer, found := strings.CutPrefix(http.GetHeaders()["authorization"], "Bearer ")
	if !found {
		return denied(envoytype.StatusCode_Unauthorized, "no bearer token"), nil
	}
	var proved claims
	if _, err := s.parser.ParseWithClaims(bearer, &proved, func(*jwt.Token) (any, error) { return s.key, nil }); err != nil {
		return denied(envoytype.StatusCode_Unauthorized, err.Error()), nil
	}
	asked := http.GetMethod() == "GET" && http.GetHost() == host && strings.HasPrefix(http.GetPath(), prefix)
	if !asked || !proved.areGranted() {
		return denied(envoytype.StatusCode_Forbidden, "not granted"), nil
	}
	return allowed(
		header("x-user-uid", proved.Subject), header("x-agent-id", proved.Actor.Subject), header("x-agent-scopes", proved.Scope),
	), nil
}

func allowed(headers ...*core.HeaderValueOption) *auth.CheckResponse {
	return &auth.CheckResponse{
		Status:       &status.Status{},
		HttpResponse: &auth.CheckResponse_OkResponse{OkResponse: &auth.OkHttpResponse{Headers: headers}},
	}
}

func denied(code envoytype.StatusCode, why string) *auth.CheckResponse {
	answer := &auth.DeniedHttpResponse{Status: &envoytype.HttpStatus{Code: code}}
	return &auth.CheckResponse{
		Status:       &status.Status{Code: int32(codes.PermissionDenied), Message: why},
		HttpResponse: &auth.CheckResponse_DeniedResponse{DeniedResponse: answer},
	}
}

func header(name, value string) *core.HeaderValueOption {
	return &core.HeaderValueOption{Header: &core.HeaderValue{Key: name, Value: value}}
}

func authorizer(arguments []string) (auth.AuthorizationServer, error) {
	if arguments[1] == "empty" {
		return empty{}, nil
	}
	return newVerifying(arguments[3])
}

func run(arguments []string) error {
	service, err := authorizer(arguments)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", arguments[2])
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	auth.RegisterAuthorizationServer(server, service)
	fmt.Println(listener.Addr())
	return server.Serve(listener)
}

func main() {
	if err := run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "gofloor:", err)
		os.Exit(1)
	}
}
