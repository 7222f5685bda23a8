import type { Change, PlannedChange, PropertyChange, ReleaseChange } from "./change";
import { canonical } from "./change-hash";

/** What a fresh preview would do that was not reviewed, and the other way round: a line each. */
export function differenceOf(
  reviewed: Pick<Change, "resources">,
  fresh: Pick<Change, "resources">,
): string[] {
  const [before, now] = [byKey(reviewed.resources), byKey(fresh.resources)];
  const keys = [...new Set([...before.keys(), ...now.keys()])].sort();
  return keys.flatMap((key) => {
    const [old, next] = [before.get(key), now.get(key)];
    if (old && next) return resourceDifference(old, next);
    if (next) return [`not reviewed: ${title(next)}`];
    return old ? [`reviewed, no longer planned: ${title(old)}`] : [];
  });
}

/** Apps that would run another release than was reviewed, as where the tag of an image has moved since: a line each, by name. */
export function releaseDifference(
  reviewed: Pick<Change, "releases">,
  fresh: Pick<Change, "releases">,
): string[] {
  const of = (app: string, { releases }: Pick<Change, "releases">) => releases.find((one) => one.app === app);
  const apps = [...new Set([...reviewed.releases, ...fresh.releases].map(({ app }) => app))].sort();
  return apps.flatMap((app) => {
    const [old, next] = [of(app, reviewed), of(app, fresh)];
    if (canonical(old?.after ?? null) === canonical(next?.after ?? null)) return [];
    const [before, now] = [old, next].map((one) => releaseName(one, old?.after?.tag === next?.after?.tag));
    return [`${app}: reviewed ${before}, now ${now}`];
  });
}

function releaseName(change: ReleaseChange | undefined, isSameTag: boolean): string {
  if (!change) return "unchanged";
  const { tag, digest } = change.after ?? {};
  const name = tag ?? digest ?? "not deployed";
  return isSameTag && digest !== undefined ? `${name} (${digest})` : name;
}

/** What a change would do, a line for each resource: for where the reviewed one isn't at hand. */
export function changeLines({ resources }: Pick<Change, "resources">): string[] {
  return resources.map(title);
}

function resourceDifference(old: PlannedChange, next: PlannedChange): string[] {
  const told = (change: PlannedChange) => new Map(change.properties.map((one) => [one.path, one]));
  const [before, now] = [told(old), told(next)];
  const lines = [...new Set([...before.keys(), ...now.keys()])].sort().flatMap((path) => {
    const [reviewed, fresh] = [before.get(path), now.get(path)];
    if (canonical(reviewed ?? null) === canonical(fresh ?? null)) return [];
    return [`${title(next)}: ${path}: reviewed ${valueText(reviewed)}, now ${valueText(fresh)}`];
  });
  if (old.secrets !== next.secrets) lines.push(`${title(next)}: a secret in it has another value`);
  return lines;
}

/** Several deletions may be of one name: what replacements left. */
function byKey(resources: readonly PlannedChange[]): Map<string, PlannedChange> {
  const counts = new Map<string, number>();
  return new Map(
    resources.map((change) => {
      const key = `${change.urn} ${change.operation}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return [`${key} ${count}`, change];
    }),
  );
}

function title({ operation, type, name, what = `${name} (${type})` }: PlannedChange): string {
  return `${operation} ${what}`;
}

function valueText(change: PropertyChange | undefined): string {
  if (!change) return "unchanged";
  const side = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));
  return `${side(change.old)} → ${side(change.new)}`;
}
