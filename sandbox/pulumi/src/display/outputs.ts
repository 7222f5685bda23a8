import type { StepMetadata } from "../engine/events";
import { containsUnknown, type PropertyMap } from "../values/value";
import { renderChanges } from "./render-value";

/**
 * The stack's outputs, before and after: `key: new`, `~ key: old => new`, `+`, `-`. A preview lists only what
 * changes.
 */
export function renderOutputs(step: StepMetadata, preview: boolean, showSecrets: boolean): string[] {
  const created = step.op === "create";
  const olds = created ? {} : (step.old?.outputs ?? {});
  const planned = step.new?.outputs ?? {};
  const news = preview && !created ? withoutUnknowns(planned, olds) : planned;
  const options = { showSecrets, unchanged: !preview };
  // Everything of a new stack is new: marking each line would say nothing.
  return renderChanges(
    created ? news : olds,
    news,
    "    ",
    created ? { ...options, unchanged: true } : options,
  );
}

/** Of an output that only an update will know, nothing can be said: it stays as it is. */
function withoutUnknowns(news: PropertyMap, olds: PropertyMap): PropertyMap {
  const known: PropertyMap = {};
  for (const [key, value] of Object.entries(news)) {
    if (!containsUnknown(value)) known[key] = value;
    else if (olds[key] !== undefined) known[key] = olds[key];
  }
  return known;
}
