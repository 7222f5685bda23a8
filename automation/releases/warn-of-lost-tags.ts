import { lookAtTags, type ReleaseTag } from "../../components/release/kept-tags";
import { CommandError } from "../terminal/exit";
import type { Report } from "../terminal/report";

/**
 * Says before a deployment which registry has lost the release's own tag. One of the two is enough to deploy it from; an image of somebody else is in Nexus alone.
 * @throws CommandError where both are sure not to have it
 */
export async function warnOfLostTags(want: Omit<ReleaseTag, "built">, report: Report): Promise<void> {
  const findings = await lookAtTags({ ...want, built: false });
  const lost = findings.filter(({ problem }) => problem !== undefined);
  if (lost.length === findings.length && lost.every(({ unknown }) => !unknown)) {
    const places = lost.map(({ where, reference, problem }) => `${where} (${reference}: ${problem})`);
    throw new CommandError(
      want.origin === undefined
        ? `${want.app} ${want.tag} is gone: it is not in ${places.join()}. Choose another release.`
        : `${want.app} ${want.tag} is gone: it is neither in ${places.join(" nor in ")}. Build it again, or choose another release.`,
    );
  }
  for (const { where, reference, problem, unknown } of lost) {
    if (unknown) report.say(`${where} can't be asked for ${reference}: ${problem}`);
    else report.say(`${where} has no tag of this release any more (${reference}: ${problem}).`);
  }
}
