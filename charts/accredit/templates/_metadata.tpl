{{/* Labels of (root, component). */}}
{{- define "accredit.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "accredit.selector" . }}
app.kubernetes.io/part-of: accredit
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What selects pods of (root, component). It never changes in the life of a release. */}}
{{- define "accredit.selector" -}}
app.kubernetes.io/name: {{ include "accredit.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* metadata of (root, component, name), with namespace (false: cluster-scoped), labels and annotations to add. */}}
{{- define "accredit.metadata" -}}
name: {{ .name }}
{{- if not (eq (toString .namespace) "false") }}
namespace: {{ default (include "accredit.namespace" .root) .namespace }}
{{- end }}
labels:
  {{- include "accredit.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (default (dict) .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
