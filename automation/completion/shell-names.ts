/**
 * Functions of a POSIX shell that print names out of the project's stack files: a TAB is no time to start Node. They see files as
 * people and Pulumi write them, with the apps by name below `berth:apps:`.
 */
export const SHELL_NAMES = String.raw`_berth_stack_files() (
  folder=$PWD
  while [ -n "$folder" ] && [ ! -e "$folder/Pulumi.yaml" ]; do folder=${"$"}{folder%/*}; done
  for file in "$folder"/Pulumi.*.yaml; do
    if [ -e "$file" ]; then printf '%s\n' "$file"; fi
  done
)
_berth_stacks() (
  _berth_stack_files | sed 's#.*/Pulumi\.##; s#\.yaml$##'
)
_berth_apps() (
  _berth_stack_files | while IFS= read -r file; do
    awk '
      /^ *berth:apps: *(#.*)?$/ { match($0, /[^ ]/); base = RSTART; within = 1; depth = 0; next }
      /^ *(#|$)/ { next }
      within {
        match($0, /[^ ]/)
        if (RSTART <= base) { within = 0; next }
        if (depth == 0) depth = RSTART
        if (RSTART == depth) { sub(/:.*/, ""); gsub(/[" ]/, ""); print }
      }' "$file"
  done | sort -u
)
_berth_services() (
  echo nexus
  _berth_apps
)
`;
