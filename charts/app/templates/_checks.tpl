{{- /* What values.schema.json can't say, or not in words. */ -}}
{{- define "app.checks" -}}
{{- if not .Values.processes }}
{{- fail "processes is empty: name what runs of the image, such as processes: { web: { port: 8000 } }" }}
{{- end }}
{{- range $name, $process := .Values.processes }}
{{- $at := printf "processes.%s" $name }}
{{- if or (not (regexMatch "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$" $name)) (eq $name "migrate") }}
{{- fail (printf "%s: a process is named with up to 20 small letters, digits and dashes, such as web, and not migrate, as the migration is" $at) }}
{{- end }}
{{- if and $process.ingress (not $process.port) }}
{{- fail (printf "%s.ingress leads to the process's port, which is missing" $at) }}
{{- end }}
{{- range $key := list "health" "liveness" }}
{{- with get $process $key }}
{{- if eq (hasKey . "path") (hasKey . "command") }}
{{- fail (printf "%s.%s is either a path, which is asked by http, or a command" $at $key) }}
{{- end }}
{{- if and .path (not $process.port) }}
{{- fail (printf "%s.%s.path is asked on the process's port, which is missing: give it port, or command in the place of path" $at $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- with $process.autoscaling }}
{{- if hasKey $process "replicas" }}
{{- fail (printf "%s has replicas and autoscaling: take one of them out" $at) }}
{{- end }}
{{- if gt (int (.minReplicas | default 2)) (int .maxReplicas) }}
{{- fail (printf "%s.autoscaling.maxReplicas is below minReplicas (2, where it isn't given)" $at) }}
{{- end }}
{{- if not (dig "requests" "cpu" "" ($process.resources | default $.Values.resources)) }}
{{- fail (printf "%s.autoscaling goes by the share of the requested CPU that is in use, and none is requested: set resources.requests.cpu" $at) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.migration (not .Values.migration.args) (not .Values.migration.command) }}
{{- fail "migration has no args: say what runs, such as migration: { args: [python, manage.py, migrate] }" }}
{{- end }}
{{- range $key := list "files" "volumes" }}
{{- range $path := keys (get $.Values $key | default dict) | sortAlpha }}
{{- if not (regexMatch "^(/[A-Za-z0-9._-]+)+$" $path) }}
{{- fail (printf "%s: %q is no path from the root, such as /data" $key $path) }}
{{- end }}
{{- if and $.Values.serviceAccountName (regexMatch "^(/var)?/run/secrets$" $path) }}
{{- fail (printf "%s: %s is where Kubernetes puts the token of serviceAccountName, too: take another path, such as /run/%s" $key $path $.Release.Name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
