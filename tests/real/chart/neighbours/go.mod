// Modules whose CRDs the chart's objects are tried against; nothing is compiled.
module accredit.dev/neighbours

go 1.25.0

require (
	github.com/cert-manager/cert-manager v1.19.1
	github.com/prometheus-operator/prometheus-operator v0.85.0
)
