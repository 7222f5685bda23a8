{{- /* Names fit into the 63 characters of a label: 40 of the release, 20 of the process. */ -}}
{{- define "app.release" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "app.name" -}}
{{- $root := index . 0 -}}
{{ include "app.release" $root }}-{{ index . 1 }}
{{- end }}

{{- define "app.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ include "app.release" $root | quote }}
app.kubernetes.io/component: {{ index . 1 | quote }}
{{- end }}

{{- define "app.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "app.selector" . }}
{{- with $root.Values.image.tag | default "" | trunc 63 | trimAll "-_." }}
app.kubernetes.io/version: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "app.labels" -}}
{{- $root := index . 0 -}}
{{ include "app.podLabels" . }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "app.image" -}}
{{- $byHand := "berth up and berth promote write repository, tag and digest into the values file (docs/kubernetes.md); by hand: --set image.repository=HOST/NAME,image.digest=sha256:…" -}}
{{- if not .Values.image.digest }}
{{- fail (printf "image.digest is empty, and what runs is said by the digest alone: %s" $byHand) }}
{{- end }}
{{- if not .Values.image.repository }}
{{- fail (printf "image.repository is empty: %s" $byHand) }}
{{- end -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- end }}

{{- define "app.replicas" -}}
{{- if hasKey . "replicas" }}{{ .replicas }}
{{- else }}{{ ternary 2 1 (and (hasKey . "port") (ne .strategy "Recreate")) }}
{{- end }}
{{- end }}

{{- /* How few there may be: what a disruption budget is made for. */ -}}
{{- define "app.leastReplicas" -}}
{{- if .autoscaling }}{{ .autoscaling.minReplicas | default 2 }}
{{- else }}{{ include "app.replicas" . }}
{{- end }}
{{- end }}
