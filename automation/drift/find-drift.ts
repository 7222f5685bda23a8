import { colorOf } from "../apply";
import { ProgramSecrets } from "../change/program-secrets";
import { engineFailure, type OpenStack } from "../open-stack";
import { projectName } from "../project";
import type { Report } from "../report";
import { shortName } from "../stack-name";
import type { Drift } from "./drift";
import { DriftedResources } from "./drifted-resources";

/**
 * Looks at everything the stack manages, and says what isn't as its state says. Changes nothing, not even the state.
 * @throws CommandError where something can't be looked at: then nothing is known
 */
export async function findDrift({ stack, name }: OpenStack, report: Report): Promise<Drift> {
  const drifted = new DriftedResources();
  const secrets = new ProgramSecrets();
  // What somebody has changed may hold a copy of a secret. The state knows them all: before the engine says anything.
  secrets.keepState(await stack.exportStack().catch(engineFailure));
  await stack
    .previewRefresh({ color: colorOf(), onOutput: report.engine, onEvent: drifted.onEvent })
    .catch(engineFailure);
  return secrets.scrubbed({ project: projectName(), stack: shortName(name), resources: drifted.resources });
}
