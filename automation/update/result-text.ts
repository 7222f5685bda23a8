import type { AppSettings } from "../../components/settings/settings";
import { objectOf } from "../../components/values/json-object";
import type { ToldRelease } from "../change/model/change";
import { releasesIn } from "../change/model/planned-changes";
import { shown } from "../change/model/shown";
import { oneLine } from "../change/note/markdown";
import { type Replaced, replacedLines } from "../change/told-replacements";
import { describeChanges } from "../engine/changed-resources";

export interface UpdateResult {
  /** As it was asked for. */
  readonly stack: string;
  readonly apps: readonly Pick<AppSettings, "name" | "was" | "servers">[];
  /** The stack's outputs before the update, and after it without its secrets. */
  readonly before: unknown;
  readonly after: unknown;
  readonly changes: Readonly<Record<string, number>>;
  readonly replaced?: readonly Replaced[];
}

/**
 * How an update has ended, for people: what was replaced and why, what runs where, and the way back. The rest of the outputs is
 * another command's.
 */
export function resultText(
  { stack, apps, before, after, changes, replaced = [] }: UpdateResult,
  columns = Number.POSITIVE_INFINITY,
): string {
  const [had, has] = [releasesIn(shown(before)), releasesIn(shown(after))];
  const outputs = objectOf(after);
  const lines = apps.map(({ name, was, servers }) => {
    const old = had[name] ?? (was === undefined ? undefined : had[was]);
    const back = `berth rollback ${stack}${apps.length > 1 ? ` --app ${name}` : ""}`;
    return appLines(name, servers, { old, now: has[name], back }, objectOf(objectOf(outputs["apps"])[name]));
  });
  const { nexusUrl } = outputs;
  const nexus = typeof nexusUrl === "string" ? [`Nexus: ${nexusUrl}`] : [];
  const more = Object.keys(outputs).length > 0 ? [`all outputs: berth outputs ${stack}`] : [];
  const why = replacedLines(replaced, columns);
  return [describeChanges(changes), ...why, ...lines.flat(), [...nexus, ...more].join(" · ")]
    .filter((line) => line !== "")
    .map(oneLine)
    .join("\n");
}

interface Releases {
  readonly old: ToldRelease | undefined;
  readonly now: ToldRelease | undefined;
  readonly back: string;
}

function appLines(
  app: string,
  servers: readonly string[],
  { old, now, back }: Releases,
  { url, gitops }: Readonly<Record<string, unknown>>,
): string[] {
  const release = [app, now?.tag].filter(Boolean).join(" ");
  const isNew = old?.tag !== undefined && old.digest !== now?.digest;
  const parts = [
    servers.length > 0 ? `${release} runs on ${servers.join(", ")}` : release,
    ...(typeof url === "string" ? [url] : []),
    ...(isNew ? [`before: ${old.tag} (${back})`] : []),
  ];
  const files = Object.entries(objectOf(gitops)).map(([file, outcome]) => `  ${file}: ${String(outcome)}`);
  return [parts.join(" · "), ...files];
}
