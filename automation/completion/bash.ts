import type { Values } from "../terminal/command";
import { SHELL_NAMES } from "./shell-names";
import type { Place } from "./words";

/** Completion for bash, and by its \`bashcompinit\` for zsh. */
export function bashCompletion(places: readonly Place[]): string {
  const groups = places.filter(({ command, commands }) => command !== "" && commands.length > 0);
  return `# Completion of berth for bash; made by: berth completion bash
${SHELL_NAMES}
_berth() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= count=0 i word words=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in -*) continue ;; esac
    case "$command \${COMP_WORDS[i-1]}" in
${caseOf(optionsWithValue(places), "continue")}
    esac
    case $command in
      ${["''", ...groups.map(({ command }) => command)].join("|")}) command="\${command:+$command }$word" ;;
      *) count=$((count + 1)) ;;
    esac
  done
  COMPREPLY=()
  case "$command $prev" in
${valueCases(places)}
  esac
  case $cur in
    -*)
      case $command in
${places.map(({ command, options }) => `        ${quoted(command)}) words='${options.flatMap(({ words }) => words).join(" ")}' ;;`).join("\n")}
      esac ;;
    *)
      case "$command:$count" in
${places.flatMap(argumentCases).join("\n")}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _berth berth
`;
}

export function zshCompletion(places: readonly Place[]): string {
  const script = bashCompletion(places).replace(
    "for bash; made by: berth completion bash",
    "for zsh; made by: berth completion zsh",
  );
  return script.replace("\n", "\nautoload -Uz +X compinit bashcompinit && compinit && bashcompinit\n");
}

const quoted = (words: string) => `'${words}'`;

/** Each option that has a value, behind its command. */
function optionsWithValue(places: readonly Place[], values?: (one: Values | undefined) => boolean): string[] {
  return places.flatMap(({ command, options }) =>
    options
      .filter((one) => one.hasValue && (values?.(one.values) ?? true))
      .flatMap(({ words }) => words.map((word) => quoted(`${command} ${word}`))),
  );
}

function caseOf(patterns: readonly string[], action: string): string {
  return patterns.length === 0 ? "" : `      ${patterns.join("|")}) ${action} ;;`;
}

/** What comes behind an option: names, files, or nothing that anybody could know. */
function valueCases(places: readonly Place[]): string {
  const known = [...new Set(places.flatMap(({ options }) => options.map(({ values }) => values)))];
  const ofNames = known
    .filter((one) => one !== undefined && one !== "files")
    .map((one) =>
      caseOf(
        optionsWithValue(places, (values) => values === one),
        `COMPREPLY=($(compgen -W "${wordsOf(one)}" -- "$cur")); return`,
      ),
    );
  const files = caseOf(
    optionsWithValue(places, (values) => values === "files"),
    "local IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$cur\")); return",
  );
  const unknown = caseOf(
    optionsWithValue(places, (values) => values === undefined),
    "return",
  );
  return [...ofNames, files, unknown].filter(Boolean).join("\n");
}

function argumentCases({ command, commands, args, isVariadic }: Place): string[] {
  if (commands.length > 0)
    return [`        ${quoted(`${command}:0`)}) words='${commands.map(({ name }) => name).join(" ")}' ;;`];
  return args.flatMap((values, index) => {
    if (values === undefined || values === "files") return [];
    const goesOn = isVariadic && index === args.length - 1;
    const pattern = goesOn ? `${quoted(`${command}:`)}*` : quoted(`${command}:${index}`);
    return [
      `        ${pattern}) words=${typeof values === "string" ? `$(_berth_${values})` : quoted(values.join(" "))} ;;`,
    ];
  });
}

function wordsOf(values: Values | undefined): string {
  return typeof values === "string" ? `$(_berth_${values})` : (values ?? []).join(" ");
}
