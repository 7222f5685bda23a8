import { CommandError, Exit } from "./exit";

/** What a deployed app's outputs say that a pipeline's later jobs and GitLab's environments want to know. */
export interface DeployedApp {
  readonly url?: string;
  readonly release?: { readonly tag: string; readonly digest: string };
}

/**
 * Lines for GitLab's dotenv report: BERTH_<APP>_DIGEST, _TAG and _URL of every app that has a release, and BERTH_DIGEST,
 * BERTH_TAG, BERTH_URL of the one that is meant: the only app, or the one named.
 * @throws CommandError for what such a report can't hold
 */
export function dotenvLines(apps: Readonly<Record<string, DeployedApp>>, meant: string | undefined): string {
  const names = Object.keys(apps);
  if (meant !== undefined && !names.includes(meant)) {
    throw new CommandError(
      `There is no app "${meant}" that is deployed; there is ${names.join(", ") || "none"}.`,
      Exit.usage,
    );
  }
  const short = meant ?? (names.length === 1 ? names[0] : undefined);
  const values = new Map<string, string>();
  for (const name of names) {
    const prefixes = [`BERTH_${variableOf(name)}_`, ...(name === short ? ["BERTH_"] : [])];
    for (const prefix of prefixes) {
      for (const [suffix, value] of valuesOf(apps[name]!)) add(values, prefix + suffix, value, name);
    }
  }
  return [...values].map(([key, value]) => `${key}=${value}\n`).join("");
}

/** Letters, digits and underscores, as GitLab has it for keys of such a report. */
function variableOf(app: string): string {
  return app.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
}

function valuesOf({ release, url }: DeployedApp): [string, string][] {
  const { digest, tag } = release ?? {};
  const all: [string, string | undefined][] = [
    ["DIGEST", digest],
    ["TAG", tag],
    ["URL", url],
  ];
  return all.filter((one): one is [string, string] => one[1] !== undefined);
}

/** GitLab's reports know no quotes and no escapes: a value with a space or a line break would be another one. */
function add(values: Map<string, string>, key: string, value: string, app: string): void {
  if (values.has(key)) {
    throw new CommandError(
      `Two apps would be ${key} in the dotenv report, ${app} is one of them: rename one of them.`,
    );
  }
  if (/[\s"'\\#$`]/.test(value)) {
    throw new CommandError(
      `${key} can't be in a dotenv report, which has no quoting: ${JSON.stringify(value)}.`,
    );
  }
  values.set(key, value);
}
