import type { StepMetadata } from "../engine/events";
import { sameValue } from "../values/value";

/** `[diff: +added-removed~changed]` by top-level properties; empty where the step changes none. */
export function diffSummary(step: StepMetadata): string {
  const { added, removed, changed } = step.detailedDiff ? fromDetails(step.detailedDiff) : fromInputs(step);
  const part = (sign: string, keys: Set<string>) => (keys.size > 0 ? sign + [...keys].sort().join(",") : "");
  const text = part("+", added) + part("-", removed) + part("~", changed);
  return text === "" ? "" : `[diff: ${text}]`;
}

function sets() {
  return { added: new Set<string>(), removed: new Set<string>(), changed: new Set<string>() };
}

function fromDetails(details: NonNullable<StepMetadata["detailedDiff"]>) {
  const result = sets();
  for (const [path, { kind }] of Object.entries(details)) {
    const key = path.split(/[.[]/)[0] ?? path;
    if (key !== path) result.changed.add(key);
    else if (kind.startsWith("add")) result.added.add(key);
    else if (kind.startsWith("delete")) result.removed.add(key);
    else result.changed.add(key);
  }
  return result;
}

function fromInputs(step: StepMetadata) {
  const result = sets();
  const olds = step.old?.inputs;
  const news = step.new?.inputs;
  if (!olds || !news) return result;
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    if (key.startsWith("__") && key !== "__provider") continue;
    if (!(key in olds)) result.added.add(key);
    else if (!(key in news)) result.removed.add(key);
    else if (!sameValue(olds[key], news[key])) result.changed.add(key);
  }
  return result;
}
