{{/* The chart's name, as labels have it. */}}
{{- define "accredit.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The prefix of names. Short enough for the longest suffix. */}}
{{- define "accredit.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 44 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "accredit.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 44 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 44 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "accredit.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "accredit.operator.name" -}}
{{- include "accredit.fullname" . }}-operator
{{- end -}}

{{- define "accredit.extauthz.name" -}}
{{- include "accredit.fullname" . }}-extauthz
{{- end -}}

{{- define "accredit.leases.name" -}}
{{- include "accredit.fullname" . }}-leases
{{- end -}}

{{- define "accredit.operator.account" -}}
{{- default (include "accredit.operator.name" .) .Values.operator.serviceAccount.name -}}
{{- end -}}

{{- define "accredit.extauthz.account" -}}
{{- default (include "accredit.extauthz.name" .) .Values.extauthz.serviceAccount.name -}}
{{- end -}}

{{/* The Secret that port 9001 takes its certificate from. */}}
{{- define "accredit.extauthz.tlsSecret" -}}
{{- default (printf "%s-tls" (include "accredit.extauthz.name" .)) .Values.extauthz.tls.existingSecret -}}
{{- end -}}

{{/* The namespaces whose objects count, as JSON; empty: all. The operator's own is always among them. */}}
{{- define "accredit.watched" -}}
{{- $watched := list -}}
{{- if .Values.watchNamespaces -}}
{{- $watched = append .Values.watchNamespaces (include "accredit.namespace" .) | uniq -}}
{{- end -}}
{{- toJson $watched -}}
{{- end -}}

{{/* image of (root, image) */}}
{{- define "accredit.image" -}}
{{- $shared := .root.Values.image -}}
{{- $path := .image.repository -}}
{{- with $shared.registry }}{{ $path = printf "%s/%s" . $path }}{{ end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $path .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $path (default .root.Chart.AppVersion $shared.tag) -}}
{{- end -}}
{{- end -}}
