import type { Variables } from "./expression";

/** A CI/CD variable of the project, as `GET /projects/:id/variables` gives it. */
export interface ProjectVariable {
  readonly key: string;
  readonly value: string;
  readonly variable_type: "env_var" | "file";
  readonly protected: boolean;
  readonly masked: boolean;
  readonly raw: boolean;
  readonly environment_scope: string;
}

export interface ScopedTo {
  /** Of the job; undefined where it has none: then only `*` fits. */
  readonly environment?: string | undefined;
  /** Whether the branch or tag is protected; merge requests' pipelines aren't. */
  readonly isProtected: boolean;
}

/** The project's variables that a job gets: of a key the one whose scope says most. */
export function inScope(all: readonly ProjectVariable[], { environment, isProtected }: ScopedTo) {
  const fitting = all.filter(
    (one) => (isProtected || !one.protected) && fits(one.environment_scope, environment),
  );
  const byKey = new Map<string, ProjectVariable>();
  for (const one of fitting.sort((a, b) => weight(a.environment_scope) - weight(b.environment_scope)))
    byKey.set(one.key, one);
  return [...byKey.values()];
}

function fits(scope: string, environment: string | undefined): boolean {
  if (scope === "*") return true;
  if (environment === undefined) return false;
  const escaped = scope.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`).test(environment);
}

/** The longer a scope, the more it says; one without a wildcard says all. */
const weight = (scope: string) => (scope.includes("*") ? scope.length : Number.MAX_SAFE_INTEGER);

/** `$NAME` and `${NAME}` replaced by their values, these too; `$$` is a dollar sign. What is not there is nothing. */
export function expanded(text: string, variables: Variables, within: readonly string[] = []): string {
  return text.replaceAll(/\$(\$|[A-Za-z_]\w*|\{[A-Za-z_]\w*\})/g, (_, match: string) => {
    if (match === "$") return "$";
    const name = match.replace(/^\{|\}$/g, "");
    if (within.includes(name)) return "";
    return expanded(variables[name] ?? "", variables, [...within, name]);
  });
}
