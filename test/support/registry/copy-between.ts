import type { CopyImageArgs } from "../../../components/registry/copy/copy-args";
import { copyImage } from "../../../components/registry/copy/copy-image";
import { parseReference } from "../../../components/registry/reference";
import type { ScriptedRegistry } from "./scripted-registry";

/** What `copyImage` takes, with its references as people write them. */
export type WrittenCopy = Omit<CopyImageArgs, "source" | "target"> & { source: string; target: string };

export async function copyWritten({ source, target, ...more }: WrittenCopy) {
  return copyImage({ ...more, source: parseReference(source), target: parseReference(target) });
}

/** Copies team/blog:1.0 of one registry to blog:1.0 of another, without a journal and with hardly a pause between tries. */
export function copyBetween(
  source: ScriptedRegistry,
  target: ScriptedRegistry,
  more: Partial<WrittenCopy> = {},
) {
  const args = { source: `${source.host}/team/blog:1.0`, target: `${target.host}/blog:1.0` };
  return copyWritten({ ...args, retryDelay: 5, journal: false, ...more });
}
