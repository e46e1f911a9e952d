{{- define "keyservice.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- /* The audit log wants a volume of each replica's own, which a Deployment cannot give. */ -}}
{{- define "keyservice.kind" -}}
{{- ternary "StatefulSet" "Deployment" .Values.audit.enabled -}}
{{- end }}

{{- define "keyservice.selector" -}}
app.kubernetes.io/name: keyservice
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "keyservice.metadata" -}}
name: {{ include "keyservice.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "keyservice.selector" . | nindent 2 }}
  app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
  helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* The values' settings, under what the chart itself decides: a wrong Listen would miss the probes and the policy. */ -}}
{{- define "keyservice.settings" -}}
{{- $tls := dict "CertificateFile" "/run/secrets/keyservice/tls/tls.crt" "KeyFile" "/run/secrets/keyservice/tls/tls.key" -}}
{{- if .Values.tls.clientCa.configMap }}{{ $_ := set $tls "ClientCaFile" "/run/certificates/keyservice-callers/ca.pem" }}{{ end -}}
{{- $own := dict
  "Listen" (dict "Https" "https://0.0.0.0:8443" "Metrics" "http://0.0.0.0:9464")
  "Tls" $tls
  "Auth" (dict "PolicyFile" "/etc/keyservice/policy.json")
  "ShutdownTimeout" (printf "%ds" (int .Values.shutdownTimeout)) -}}
{{- if .Values.audit.enabled }}{{ $_ := set $own "Audit" (dict "Path" "/var/lib/keyservice/audit/log") }}
{{- else if .Values.settings.KeyService.Audit }}{{ fail "settings.KeyService.Audit needs audit.enabled: each replica has a volume of its own then" }}{{ end -}}
{{- mergeOverwrite (deepCopy .Values.settings) (dict "KeyService" $own) | toPrettyJson -}}
{{- end }}
