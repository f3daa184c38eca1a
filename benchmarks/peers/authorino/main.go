// Command authorino serves Authorino's own packages with the gRPC options of its own main, and one AuthConfig that is
// built here instead of read from a cluster: the token verified against a key set, patterns for what the policy of the
// benchmark asks, and three headers for the service.
//
//	authorino ADDRESS KEY.pem
//
// It prints the address it listens on.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	envoy "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	jose "github.com/go-jose/go-jose/v4"
	prometheus "github.com/grpc-ecosystem/go-grpc-prometheus"
	"github.com/kuadrant/authorino/pkg/auth"
	"github.com/kuadrant/authorino/pkg/evaluators"
	"github.com/kuadrant/authorino/pkg/evaluators/authorization"
	"github.com/kuadrant/authorino/pkg/evaluators/identity"
	"github.com/kuadrant/authorino/pkg/evaluators/response"
	"github.com/kuadrant/authorino/pkg/index"
	values "github.com/kuadrant/authorino/pkg/json"
	"github.com/kuadrant/authorino/pkg/jsonexp"
	"github.com/kuadrant/authorino/pkg/log"
	"github.com/kuadrant/authorino/pkg/service"
	otel "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
)

const (
	host       = "crm.example"
	maxStreams = 10_000
	maxBody    = 8192
)

// keySet returns the JWK set of the public key in a PEM file.
func keySet(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New(path + " holds no PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	curve, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New(path + " holds no ECDSA key")
	}
	jwk := jose.JSONWebKey{Key: curve, KeyID: "k1", Algorithm: "ES256", Use: "sig"}
	return json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk}})
}

// discovery serves the metadata and the keys of an issuer on a free port, and returns its address: Authorino reads keys
// in no other way.
func discovery(keys []byte) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	issuer := "http://" + listener.Addr().String()
	metadata, err := json.Marshal(map[string]any{
		"issuer": issuer, "jwks_uri": issuer + "/jwks", "authorization_endpoint": issuer + "/authorize",
		"token_endpoint": issuer + "/token", "id_token_signing_alg_values_supported": []string{"ES256"},
	})
	if err != nil {
		return "", err
	}
	answer := func(body []byte) http.HandlerFunc {
		return func(writer http.ResponseWriter, _ *http.Request) {
			writer.Header().Set("content-type", "application/json")
			_, _ = writer.Write(body)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/jwks", answer(keys))
	mux.Handle("/.well-known/openid-configuration", answer(metadata))
	go func() { _ = http.Serve(listener, mux) }()
	return issuer, nil
}

func pattern(selector, operator, value string) jsonexp.Expression {
	return jsonexp.Pattern{Selector: selector, Operator: jsonexp.OperatorFromString(operator), Value: value}
}

func header(name, selector string) *evaluators.ResponseConfig {
	config := evaluators.NewResponseConfig(name, 0, nil, "httpHeader", name, false)
	config.Plain = &response.Plain{Value: &values.JSONValue{Pattern: selector}}
	return config
}

// authConfig asks what the benchmark's policy asks. Issuer and audience are patterns, because Authorino's verifier
// compares neither.
func authConfig(issuer string) evaluators.AuthConfig {
	verifier := identity.NewOIDCProviderVerifier(context.Background(), issuer, 0, nil)
	rules := jsonexp.All(
		pattern("auth.identity.iss", "eq", "https://idp.example"),
		pattern("auth.identity.aud", "eq", "https://crm.example"),
		pattern("auth.identity.scope", "matches", `(^| )tool:crm:read( |$)`),
		pattern("auth.identity.sub", "eq", "alice"),
		pattern("auth.identity.act.sub", "eq", "agent:searcher"),
		pattern("auth.identity.act.act.sub", "eq", "agent:planner"),
		pattern("context.request.http.method", "eq", "GET"),
		pattern("context.request.http.path", "matches", `^/v1/contacts/`),
	)
	return evaluators.AuthConfig{
		Labels: map[string]string{"namespace": "tools", "name": "crm"},
		IdentityConfigs: []auth.AuthConfigEvaluator{&evaluators.IdentityConfig{
			Name: "token", JWTAuthentication: identity.NewJWTAuthentication(verifier, auth.NewAuthCredential("", "")),
		}},
		AuthorizationConfigs: []auth.AuthConfigEvaluator{&evaluators.AuthorizationConfig{
			Name: "policy", JSON: &authorization.JSONPatternMatching{Rules: rules},
		}},
		ResponseConfigs: []auth.AuthConfigEvaluator{
			header("x-user-uid", "auth.identity.sub"),
			header("x-agent-id", "auth.identity.act.sub"),
			header("x-agent-scopes", "auth.identity.scope"),
		},
	}
}

func run(arguments []string) error {
	options := log.Options{Level: log.ToLogLevel("error"), Mode: log.ToLogMode("production")}
	log.SetLogger(log.NewLogger(options), options)
	keys, err := keySet(arguments[2])
	if err != nil {
		return err
	}
	issuer, err := discovery(keys)
	if err != nil {
		return err
	}
	configs := index.NewIndex()
	if err := configs.Set("tools/crm", host, authConfig(issuer), true); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", arguments[1])
	if err != nil {
		return err
	}
	server := grpc.NewServer(
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.ChainStreamInterceptor(prometheus.StreamServerInterceptor),
		grpc.ChainUnaryInterceptor(prometheus.UnaryServerInterceptor),
		grpc.StatsHandler(otel.NewServerHandler()),
	)
	envoy.RegisterAuthorizationServer(server, service.NewAuthService(configs, time.Duration(0), maxBody))
	prometheus.Register(server)
	prometheus.EnableHandlingTimeHistogram()
	fmt.Println(listener.Addr())
	return server.Serve(listener)
}

func main() {
	if err := run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "authorino:", err)
		os.Exit(1)
	}
}
