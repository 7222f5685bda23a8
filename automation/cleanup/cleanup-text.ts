import { bytesText } from "../../components/values/bytes-text";
import { plural } from "../../components/values/plain-words";
import { type StoreSpace, spaceText } from "../nexus/blob-stores";
import { widthOf } from "../terminal/screen";
import { wrapped } from "../terminal/text-table";
import type { StorePlan, TagPlan } from "./cleanup";

/** What is, or would be, deleted in each registry; what stays, and why. */
export function cleanupText(
  plans: readonly StorePlan[],
  isPlan: boolean,
  columns = Number.POSITIVE_INFINITY,
): string {
  const lines = plans.flatMap((plan) => ["", ...storeLines(plan, isPlan, columns)]).slice(1);
  return [...lines, ...(isPlan ? ["", "Nothing is deleted yet."] : [])].join("\n");
}

function storeLines({ store, remove, kept, foreign }: StorePlan, isPlan: boolean, columns: number): string[] {
  const verb = isPlan ? "would be deleted" : "deleted";
  const bytes = remove.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  const size = bytes > 0 ? `, ${bytesText(bytes)} with layers that others share` : "";
  return [
    ...wrapped(
      `${store.where}, ${store.repository}: ${plural(remove.length, "tag")} ${verb}${size}`,
      columns,
      "  ",
    ),
    ...tagLines(remove, columns),
    ...kept.flatMap(({ tag, why }) => wrapped(`  ${tag} stays: ${why}`, columns, "    ")),
    ...(foreign.length > 0
      ? wrapped(
          `  ${plural(foreign.length, "tag")} left, no release of a stack: ${some(foreign)}`,
          columns,
          "    ",
        )
      : []),
  ];
}

/** The whole digests where all of them fit; 12 digits are enough to tell releases apart. */
function tagLines(remove: readonly TagPlan[], columns: number): string[] {
  const lines = (digestOf: (digest: string) => string) =>
    remove.map(
      ({ tag, digest, bytes }) => `  ${tag} ${digestOf(digest)}${bytes ? ` ${bytesText(bytes)}` : ""}`,
    );
  const whole = lines((digest) => digest);
  return whole.every((line) => widthOf(line) <= columns)
    ? whole
    : lines((digest) => digest.replace(/(?<=:[0-9a-f]{12})[0-9a-f]+$/, ""));
}

/** Enough to see what they are. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${shown}, …` : shown;
}

/** How full Nexus is, or why that isn't known. */
export type Space = { readonly blobStores: readonly StoreSpace[] } | { readonly blobStoresUnknown: string };

/** How full Nexus's blob stores are, and how what was deleted there comes free. */
export function spaceLines(space: Space, stack: string, columns = Number.POSITIVE_INFINITY): string[] {
  if ("blobStoresUnknown" in space)
    return [
      "",
      ...wrapped(`How full Nexus is could not be asked: ${space.blobStoresUnknown}`, columns, "  "),
    ];
  const exceeded = space.blobStores.flatMap(({ name, quota }) =>
    quota?.exceeded === undefined
      ? []
      : wrapped(`${name} is over its quota: ${quota.exceeded}`, columns, "  "),
  );
  return [
    "",
    "How full Nexus is:",
    spaceText(space.blobStores),
    ...exceeded,
    `The space of what is deleted in Nexus comes free by: berth nexus gc ${stack}`,
  ];
}
