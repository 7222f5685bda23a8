import { bytesText } from "../../components/values/bytes-text";
import { plural } from "../../components/values/plain-words";
import type { StorePlan } from "./cleanup";

/** What is, or would be, deleted in each registry; what stays, and why. */
export function cleanupText(plans: readonly StorePlan[], isPlan: boolean): string {
  const lines = plans.flatMap((plan) => ["", ...storeLines(plan, isPlan)]).slice(1);
  return [...lines, ...(isPlan ? ["", "Nothing is deleted yet."] : [])].join("\n");
}

function storeLines({ store, remove, kept, foreign }: StorePlan, isPlan: boolean): string[] {
  const verb = isPlan ? "would be deleted" : "deleted";
  const bytes = remove.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  const size = bytes > 0 ? `, ${bytesText(bytes)} with layers that others share` : "";
  return [
    `${store.where}, ${store.repository}: ${plural(remove.length, "tag")} ${verb}${size}`,
    ...remove.map(({ tag, digest, bytes }) => `  ${tag} ${digest}${bytes ? ` ${bytesText(bytes)}` : ""}`),
    ...kept.map(({ tag, why }) => `  ${tag} stays: ${why}`),
    ...(foreign.length > 0
      ? [`  ${plural(foreign.length, "tag")} left, no release of a stack: ${some(foreign)}`]
      : []),
  ];
}

/** Enough to see what they are. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${shown}, …` : shown;
}
