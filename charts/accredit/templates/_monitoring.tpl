{{/* "yes" where a kind of the Prometheus operator is to be rendered: of (root, values, kind, at). */}}
{{- define "accredit.monitored" -}}
{{- if .values.enabled -}}
{{- if or (eq .values.renderMode "alwaysRender") (.root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind)) (.root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") -}}
yes
{{- else if eq .values.renderMode "failIfMissing" -}}
{{- fail (printf "%s.enabled is true and the cluster does not know %s; install the Prometheus operator's CRDs, or set %s.renderMode=skipIfMissing" .at .kind .at) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A ServiceMonitor's spec, of (root, component). */}}
{{- define "accredit.servicemonitor" -}}
{{- with .root.Values.serviceMonitor -}}
selector:
  matchLabels:
    {{- include "accredit.selector" $ | nindent 4 }}
namespaceSelector:
  matchNames: [{{ include "accredit.namespace" $.root }}]
endpoints:
- port: http
  path: /metrics
  interval: {{ .interval }}
  scrapeTimeout: {{ .scrapeTimeout }}
  honorLabels: {{ .honorLabels }}
  {{- with .relabelings }}
  relabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
