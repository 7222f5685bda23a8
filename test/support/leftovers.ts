import { execFileSync } from "node:child_process";
import type Docker from "dockerode";
import { dockerAt, standardSocket } from "../../sandbox/docker/client";
import { TEST_OWNERS, TEST_PROJECTS } from "./identity";

type Labels = Record<string, string>;

/** What Docker Compose says of a project's folder. */
const FOLDER = "com.docker.compose.project.working_dir";
const PROJECT = "com.docker.compose.project";
const COMPOSE_FOLDER = /\/berth-compose-(nexus|page)-/;

/** Made without Berth, by ../sandbox/nexus/harness. */
const NEXUS_STAGE = /^berthnx[0-9a-f]{8}\b/;

/**
 * Removes what killed runs of the tests have left: network namespaces, and things in the main Docker. Containers come up again
 * with it, hold ports and are counted by the tests of the next run. Known by names, owners and projects that nobody has but
 * these tests. No other run may be under way.
 */
export async function removeLeftovers(): Promise<void> {
  const namespaces = execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).match(/^berth-own-\w+/gm);
  for (const name of namespaces ?? []) execFileSync("ip", ["netns", "delete", name]);
  const docker = dockerAt(standardSocket);
  const projects = new Set<string>();
  for (const { Id, Names, Labels } of await docker.listContainers({ all: true })) {
    const name = Names[0]?.slice(1) ?? Id;
    if (!isLeft(name, Labels)) continue;
    await docker.getContainer(Id).remove({ force: true, v: true });
    if (COMPOSE_FOLDER.test(Labels[FOLDER] ?? "")) projects.add(Labels[PROJECT]!);
    console.log(`removed the container ${name} of a run before`);
  }
  await removeRest(docker, (name, labels) => isLeft(name, labels) || projects.has(labels[PROJECT]!));
}

/** Networks and volumes, once nothing uses them any more. Of a compose project they don't say the folder. */
async function removeRest(docker: Docker, isOurs: (name: string, labels: Labels) => boolean): Promise<void> {
  for (const { Id, Name, Labels } of await docker.listNetworks())
    if (isOurs(Name, Labels ?? {})) await docker.getNetwork(Id).remove();
  const { Volumes } = await docker.listVolumes();
  for (const { Name, Labels } of Volumes ?? [])
    if (isOurs(Name, Labels ?? {})) await docker.getVolume(Name).remove();
}

function isLeft(name: string, labels: Labels): boolean {
  const is = (known: readonly string[], value: string | undefined) => known.includes(value ?? "");
  return (
    is(TEST_OWNERS, labels["berth.owner"]) ||
    is(TEST_PROJECTS, labels["berth.project"]) ||
    COMPOSE_FOLDER.test(labels[FOLDER] ?? "") ||
    NEXUS_STAGE.test(name)
  );
}
