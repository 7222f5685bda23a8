import type { StepMetadata } from "../engine/events";
import { renderChanges } from "./render-value";

/**
 * The stack's outputs, before and after: `key: new`, `~ key: old => new`, `+`, `-`. A preview lists only what
 * changes.
 */
export function renderOutputs(step: StepMetadata, preview: boolean, showSecrets: boolean, deleted = false): string[] {
  const created = step.op === "create";
  const olds = created ? {} : (step.old?.outputs ?? {});
  const news = deleted ? {} : (step.new?.outputs ?? {});
  const options = { showSecrets, unchanged: !preview };
  // Everything of a new stack is new: marking each line would say nothing.
  return renderChanges(created ? news : olds, news, "    ", created ? { ...options, unchanged: true } : options);
}
