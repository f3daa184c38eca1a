# What the policy of the benchmark asks, for OPA's Envoy plugin. KEYS is a JWK set, put in by the harness.
package accredit

import rego.v1

default allow := {"allowed": false, "http_status": 403}

keys := `KEYS`

request := input.attributes.request.http

token := split(request.headers.authorization, " ")[1]

verified := io.jwt.decode_verify(token, {
	"cert": keys,
	"alg": "ES256",
	"iss": "https://idp.example",
	"aud": "https://crm.example",
})

claims := verified[2] if verified[0]

allow := {
	"allowed": true,
	"headers": {
		"x-user-uid": claims.sub,
		"x-agent-id": claims.act.sub,
		"x-agent-scopes": claims.scope,
	},
} if {
	request.method == "GET"
	request.host == "crm.example"
	startswith(request.path, "/v1/contacts/")
	claims.sub == "alice"
	claims.act.sub == "agent:searcher"
	claims.act.act.sub == "agent:planner"
	"tool:crm:read" in split(claims.scope, " ")
}
