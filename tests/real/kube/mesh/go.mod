// Modules whose CRDs the recipes' objects are tried against; nothing is compiled.
module accredit.dev/mesh

go 1.25.0

require (
	github.com/envoyproxy/gateway v1.9.1
	istio.io/api v1.31.4
	sigs.k8s.io/gateway-api v1.6.1
)
