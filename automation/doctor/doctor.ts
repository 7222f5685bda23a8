import { platformOf } from "../../components/image/image-kinds";
import { messageOf } from "../../components/values/error-facts";
import { projectName } from "../engine/project";
import { BACKEND, backendChecks } from "./backend";
import { certificateChecks } from "./certificates";
import { hostChecks, hostsOf } from "./docker-hosts";
import { hostRegistryChecks } from "./docker-registries";
import { engineChecks } from "./engine";
import { type Finding, fail } from "./finding";
import { gitlabChecks } from "./gitlab";
import { machineChecks } from "./machine";
import { nameChecks } from "./names";
import { nexusChecks } from "./nexus";
import { registryChecks } from "./registries";
import { type Check, runChecks } from "./run-checks";
import { SETTINGS, type Subject } from "./subject";
import { berthCommand } from "./this-machine";

/** Everything that the stack's commands need, looked at at once. */
export function lookAtAll(subject: Subject): Promise<Finding[]> {
  return runChecks(checksOf(subject)).then((findings) => findings.map(asCalledHere(berthCommand())));
}

/** Advice says `berth`, and is pasted where that is called otherwise. */
function asCalledHere(berth: string): (finding: Finding) => Finding {
  return ({ advice, ...rest }) => ({
    ...rest,
    ...(advice !== undefined && { advice: advice.replace(/(^|; |&& |run )berth /gm, `$1${berth} `) }),
  });
}

/** In the order in which they are shown; what a check needs stands before it. */
export function checksOf(subject: Subject): Check[] {
  const groups: Readonly<Record<string, (subject: Subject) => Check[]>> = {
    "this machine": machineChecks,
    Pulumi: engineChecks,
    [SETTINGS]: ({ finding }) => [{ name: SETTINGS, run: async () => finding }],
    [BACKEND]: backendChecks,
    Docker: dockerChecks,
    names: nameChecks,
    certificates: certificateChecks,
    GitLab: gitlabChecks,
    Nexus: nexusChecks,
    registries: registryChecks,
  };
  return Object.entries(groups).flatMap(([name, checks]) => orWhyNot(name, () => checks(subject)));
}

/** Of settings with mistakes in them it may not be known what there is to look at. */
function orWhyNot(name: string, checks: () => Check[]): Check[] {
  try {
    return checks();
  } catch (error) {
    const said = messageOf(error);
    const why = `what there is to look at can't be told: ${said}`;
    return [{ name, run: async () => fail(name, why, wayOut(said)) }];
  }
}

/** It is a mistake of the environment, or of docker's own configuration: those of settings are told by then. */
function wayOut(said: string): string {
  if (/DOCKER_HOST is/.test(said)) return "unset DOCKER_HOST # then it is this machine's own Docker";
  if (/context/i.test(said)) return "docker context use default && unset DOCKER_CONTEXT";
  return "Correct the settings, or what the environment says of it";
}

function dockerChecks(subject: Subject): Check[] {
  const hosts = hostsOf(subject.settings);
  const builder = hosts.find(({ roles }) => roles.includes("builder"));
  const identity = () => identityOf(subject);
  const platform = async () => builder && platformOf(builder.address);
  return hosts.flatMap((host) => [
    ...hostChecks(host, identity, platform),
    ...hostRegistryChecks(host, subject, identity),
  ]);
}

/** On what looks, and by which the stack's own ports are told from others'; of one without a state nobody has any. */
async function identityOf({ stack, root, state }: Subject): Promise<string> {
  const known = root === undefined ? undefined : await state().catch(() => undefined);
  return known?.identity?.identity ?? `${root === undefined ? "none" : projectName()}/${stack}`;
}
