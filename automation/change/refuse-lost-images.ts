import { resourceName } from "../engine/resource-words";
import { kindOf } from "../nexus/managed";
import type { Unresolved } from "../stack/resolved-images";
import { CommandError } from "../terminal/exit";

/**
 * Refuses an update that would find out half-way that Nexus doesn't give it an image of somebody else.
 * @param planned what it would change; where Nexus is among that, as by another login at its upstream, it may find the image
 * @throws CommandError with what to do
 */
export function refuseLostImages(
  { lost }: Unresolved,
  planned: readonly { readonly urn: string; readonly type: string }[],
): void {
  if (lost.length === 0 || planned.some(isOfNexus)) return;
  const texts = lost.map(({ text }) => text).sort();
  const settings = lost.map(({ app }) => `berth:apps.${app}.image`).sort();
  throw new CommandError(
    `${texts.join("\n")}\nNothing was changed. Correct ${settings.join(" and ")}, or run this again once the registry has it and answers.`,
  );
}

function isOfNexus({ urn, type }: { readonly urn: string; readonly type: string }): boolean {
  return kindOf(type) !== undefined || /^nexus(-|$)/.test(resourceName(urn));
}
