import { type CopyImageArgs, copyImage } from "../../components/registry/copy";
import type { ScriptedRegistry } from "./scripted-registry";

/** Copies team/blog:1.0 of one registry to blog:1.0 of another, without a journal and with hardly a pause between tries. */
export function copyBetween(
  source: ScriptedRegistry,
  target: ScriptedRegistry,
  more: Partial<CopyImageArgs> = {},
) {
  const args = { source: `${source.host}/team/blog:1.0`, target: `${target.host}/blog:1.0` };
  return copyImage({ ...args, retryDelay: 5, journal: false, ...more });
}
