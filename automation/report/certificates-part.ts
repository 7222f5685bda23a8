import { placeFindings, placesOf } from "../doctor/certificates";
import { runChecks } from "../doctor/run-checks";
import { plainOutputs } from "../engine/outputs";
import type { OpenStack } from "../stack/open-stack";
import type { ReportedCertificate } from "./stack-report";

/** The certificate of each place that speaks https, with the days that it is good for. */
export async function lookAtCertificates(open: OpenStack): Promise<ReportedCertificate[]> {
  const subject = {
    settings: open.file.settings(),
    state: async () => open.before,
    outputs: () => plainOutputs(open.name),
  };
  const found = await Promise.all(
    placesOf(subject.settings).map(async (place) => {
      const what = place.whose;
      const findings = await runChecks([{ name: what, run: () => placeFindings(subject, place, what) }]);
      return findings.map(({ state, text }) => ({ what, state, text, address: place.url }));
    }),
  );
  return found.flat();
}
