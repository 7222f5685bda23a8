import type { ChangeSummary, Op } from "../engine/events";
import { OP_STYLES, paint } from "./style";

const ORDER: readonly Op[] = ["create", "update", "delete", "replace", "read"];
const VERBS: { readonly [op in Op]?: { planned: string; done: string } } = {
  create: { planned: "to create", done: "created" },
  update: { planned: "to update", done: "updated" },
  delete: { planned: "to delete", done: "deleted" },
  replace: { planned: "to replace", done: "replaced" },
  read: { planned: "to read", done: "read" },
};

/** The `Resources:` block. */
export function resourceSummary(changes: ChangeSummary, preview: boolean, errored: number): string {
  const lines: string[] = [];
  let kinds = 0;
  let total = 0;
  for (const op of ORDER) {
    const count = changes[op] ?? 0;
    if (count === 0) continue;
    const { sign, colour } = OP_STYLES[op];
    const verb = VERBS[op]!;
    lines.push(`    ${paint(colour, `${sign}${count} ${preview ? verb.planned : verb.done}`)}`);
    kinds++;
    total += count;
  }
  const pieces: string[] = [];
  if (kinds > 1) pieces.push(`${total} changes`);
  if (changes.same) pieces.push(`${changes.same} unchanged`);
  if (pieces.length > 0) lines.push(`    ${pieces.join(". ")}`);
  if (errored > 0) lines.push(`    ${errored} errored`);
  return ["Resources:", ...lines].join("\n");
}
