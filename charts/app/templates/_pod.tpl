{{- /* What the pods of processes and of the migration have in common. A list of the root and the name of the files' ConfigMap. */ -}}
{{- define "app.pod" -}}
{{- $root := index . 0 -}}
{{- with $root.Values -}}
{{- /* A Service named blog would put BLOG_PORT into every environment, which programs take for their own. */}}
enableServiceLinks: false
automountServiceAccountToken: {{ not (empty .serviceAccountName) }}
{{- with .serviceAccountName }}
serviceAccountName: {{ . | quote }}
{{- end }}
{{- with .imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if or .volumes .files }}
volumes:
  {{- range $path, $source := .volumes }}
  - name: {{ include "app.volume" $path }}
    {{- toYaml $source | nindent 4 }}
  {{- end }}
  {{- if .files }}
  - name: files
    configMap: { name: {{ index $ 1 }} }
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A list of the root and the process. */ -}}
{{- define "app.container" -}}
{{- $root := index . 0 -}}
{{- $process := index . 1 -}}
image: {{ include "app.image" $root }}
{{- with $process.command }}
command: {{ toJson . }}
{{- end }}
{{- with $process.args }}
args: {{ toJson . }}
{{- end }}
{{- with mustMergeOverwrite dict ($root.Values.env | default dict) ($process.env | default dict) }}
env:
  {{- range $name, $value := . }}
  - name: {{ $name | quote }}
    {{- if kindIs "string" $value }}
    value: {{ $value | quote }}
    {{- else }}
    valueFrom: {{ toJson $value }}
    {{- end }}
  {{- end }}
{{- end }}
{{- with $root.Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $process.resources | default $root.Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if or $root.Values.volumes $root.Values.files }}
volumeMounts:
  {{- range $path, $source := $root.Values.volumes }}
  - name: {{ include "app.volume" $path }}
    mountPath: {{ $path }}
  {{- end }}
  {{- range $path, $text := $root.Values.files }}
  - name: files
    mountPath: {{ $path }}
    subPath: {{ include "app.fileKey" $path }}
    readOnly: true
  {{- end }}
{{- end }}
{{- end }}

{{- define "app.volume" -}}
{{ regexReplaceAll "[^a-z0-9]+" (lower .) "-" | trimAll "-" | trunc 40 }}-{{ sha256sum . | trunc 8 }}
{{- end }}

{{- define "app.fileKey" -}}
{{ sha256sum . | trunc 8 }}-{{ base . }}
{{- end }}

{{- define "app.fileData" -}}
{{- range $path, $text := .Values.files -}}
{{ include "app.fileKey" $path }}: {{ $text | quote }}
{{ end }}
{{- end }}

{{- /* A list of the process, and its health or liveness. */ -}}
{{- define "app.check" -}}
{{- $process := index . 0 -}}
{{- $check := index . 1 -}}
{{- if $check.command -}}
exec: { command: {{ toJson $check.command }} }
{{- else if $check.path -}}
httpGet:
  path: {{ $check.path | quote }}
  port: http
  {{- with $process.ingress }}
  {{- $host := first .hosts }}
  {{- if not (hasPrefix "*" $host) }}
  {{- /* As people ask for it: programs refuse other hosts, and send http on to https. */}}
  httpHeaders:
    - { name: Host, value: {{ $host | quote }} }
    {{- if .tlsSecret }}
    - { name: X-Forwarded-Proto, value: https }
    {{- end }}
  {{- end }}
  {{- end }}
{{- else -}}
tcpSocket: { port: http }
{{- end }}
timeoutSeconds: {{ $check.timeoutSeconds | default 5 }}
{{- end }}

{{- define "app.probes" -}}
{{- $process := . -}}
{{- with .health }}
startupProbe:
  {{- include "app.check" (list $process .) | nindent 2 }}
  periodSeconds: 2
  failureThreshold: {{ div (add (.startupSeconds | default 120) 1) 2 }}
{{- end }}
{{- if or .health .port }}
readinessProbe:
  {{- include "app.check" (list . (.health | default dict)) | nindent 2 }}
  periodSeconds: 5
{{- end }}
{{- with .liveness }}
livenessProbe:
  {{- include "app.check" (list $process .) | nindent 2 }}
  periodSeconds: 10
  failureThreshold: 6
{{- end }}
{{- end }}
