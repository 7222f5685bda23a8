import type { EngineEvent } from "@pulumi/pulumi/automation";
import { CONTAINER_TYPE } from "../../components/docker/resource-types";
import { compare } from "../change/model/planned-changes";
import { ProgramSecrets } from "../change/secrets/program-secrets";
import { engineFailure } from "../engine/engine-error";
import { readOnly } from "../engine/interruptible";
import { projectName, shortName } from "../engine/project";
import { type KnownNames, resourceWords } from "../engine/resource-words";
import { type Fallen, fallenText, lookAtHosts } from "../stack/look-at-hosts";
import type { OpenStack } from "../stack/open-stack";
import { needProviderToken } from "../stack/provider-token";
import { told } from "../story/told";
import type { Report } from "../terminal/report";
import { colorOf } from "../terminal/report";
import type { Drift, DriftedResource } from "./drift";
import { DriftedResources } from "./drifted-resources";
import { reachable, unseenText } from "./reachable";

/**
 * Looks at everything the stack manages, and says what isn't as its state says. Changes nothing, not even the state. First
 * comes what doesn't run, in seconds; then the rest, but for what is on a host or in a Nexus that doesn't answer.
 * @throws CommandError where something can't be looked at that should be
 */
export async function findDrift(open: OpenStack, report: Report): Promise<Drift> {
  const { stack, name, before } = open;
  needProviderToken(open);
  const drifted = new DriftedResources(open.names);
  const secrets = new ProgramSecrets();
  const { fallen, silent } = await lookAtHosts(before);
  for (const one of fallen) report.say(`The ${fallenText(one)}.`);
  const { urns, unseen } = await reachable(before, silent);
  for (const one of unseen) report.say(unseenText(one));
  // What somebody has changed may hold a copy of a secret. The state knows them all: before the engine says anything.
  secrets.keepState(await stack.exportStack().catch(engineFailure));
  const tale = { kind: "look", meanwhile: "looking at what there is", report } as const;
  await readOnly(open, report, (run) =>
    told(run, tale, ({ signal, onEvent: tell }) => {
      const onEvent = (event: EngineEvent) => {
        drifted.onEvent(event);
        tell(event);
      };
      const asked = { color: colorOf(), onOutput: report.engine, onEvent, signal };
      return stack.previewRefresh({ ...asked, ...(urns && { target: [...urns] }) });
    }),
  );
  const resources = merged(fallen, drifted.resources, open.names);
  return secrets.known.scrubbed({ project: projectName(), stack: shortName(name), resources, unseen });
}

/** The engine finds what is gone, too; that something is stopped is nothing to it. */
function merged(
  fallen: readonly Fallen[],
  found: readonly DriftedResource[],
  names: KnownNames,
): DriftedResource[] {
  const looked = fallen.map(({ urn, name, state, outgoing }): DriftedResource => {
    const what = resourceWords(urn, names);
    const common = { urn, type: CONTAINER_TYPE, name, what, ...(outgoing && { outgoing }) };
    return state === "gone"
      ? { ...common, state, properties: [] }
      : { ...common, state: "changed", properties: [{ path: "state", old: "running", new: "stopped" }] };
  });
  const others = found.filter(({ urn }) => !looked.some((one) => one.urn === urn));
  return [...looked, ...others].sort((one, other) => compare(one.urn, other.urn));
}
