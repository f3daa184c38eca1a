{{/* Where pods of (root, component, values) run. */}}
{{- define "accredit.scheduling" -}}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if .values.topologySpreadConstraints }}
topologySpreadConstraints:
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "accredit.selector" . | fromYaml)) }}
{{- range .values.topologySpreadConstraints }}
- {{ toYaml (merge (dict) . (hasKey . "labelSelector" | ternary (dict) $selector)) | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the operator is told, as a list of variables. */}}
{{- define "accredit.operator.env" -}}
- {name: ACCREDIT_NAMESPACE, value: {{ include "accredit.namespace" . | quote }}}
- {name: ACCREDIT_HTTP, value: {{ printf "%s:8081" .Values.operator.bindAddress | quote }}}
- {name: ACCREDIT_TRUST_DOMAIN, value: {{ .Values.trustDomain | quote }}}
- {name: ACCREDIT_CLUSTER_DOMAIN, value: {{ .Values.clusterDomain | quote }}}
- {name: ACCREDIT_HOST_CLAIMS, value: {{ .Values.hostClaims | quote }}}
- {name: ACCREDIT_RESYNC, value: {{ .Values.operator.resync | quote }}}
{{- with include "accredit.watched" . | fromJsonArray }}
- {name: ACCREDIT_WATCH_NAMESPACES, value: {{ join "," . | quote }}}
{{- end }}
{{- end -}}

{{/* What the data plane is told, as a list of variables. */}}
{{- define "accredit.extauthz.env" -}}
{{- with .Values.extauthz -}}
- {name: ACCREDIT_NAMESPACE, value: {{ include "accredit.namespace" $ | quote }}}
- name: ACCREDIT_POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- {name: ACCREDIT_LISTEN, value: {{ printf "%s:9001" .bindAddress | quote }}}
- {name: ACCREDIT_HTTP, value: {{ printf "%s:8080" .bindAddress | quote }}}
- {name: ACCREDIT_TRUST_DOMAIN, value: {{ $.Values.trustDomain | quote }}}
- {name: ACCREDIT_MAX_BODY, value: {{ int .maxBody | quote }}}
- {name: ACCREDIT_AUDIT, value: {{ .audit | quote }}}
- {name: ACCREDIT_LOG_LEVEL, value: {{ .logLevel | quote }}}
- {name: ACCREDIT_TRANSPORT, value: {{ .transport | quote }}}
{{- with .gatewayIdentities }}
- {name: ACCREDIT_GATEWAY_IDENTITIES, value: {{ join "," . | quote }}}
{{- end }}
{{- if .allowUnaudited }}
- {name: ACCREDIT_ALLOW_UNAUDITED, value: "true"}
{{- end }}
{{- if .tls.enabled }}
- {name: ACCREDIT_TLS_CERT, value: /etc/accredit/tls/tls.crt}
- {name: ACCREDIT_TLS_KEY, value: /etc/accredit/tls/tls.key}
{{- if .tls.clientCASecret }}
- {name: ACCREDIT_TLS_CLIENT_CA, value: /etc/accredit/client-ca/ca.crt}
{{- end }}
{{- else }}
- {name: ACCREDIT_ALLOW_PLAINTEXT, value: "true"}
{{- end }}
{{- end }}
{{- end -}}

{{/* A PodDisruptionBudget's limit, of its values. */}}
{{- define "accredit.disruption" -}}
{{- if or .minAvailable (eq (toString .minAvailable) "0") -}}
minAvailable: {{ .minAvailable }}
{{- else if or .maxUnavailable (eq (toString .maxUnavailable) "0") -}}
maxUnavailable: {{ .maxUnavailable }}
{{- else -}}
maxUnavailable: 1
{{- end }}
unhealthyPodEvictionPolicy: {{ .unhealthyPodEvictionPolicy }}
{{- end -}}
