import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { builderAddress } from "../../components/docker/builder-address";
import { providers } from "../../components/docker/published-ports";
import { publishedPorts } from "../../components/settings/nexus/nexus-addresses";
import type { MadeNexus } from "../../components/settings/nexus/nexus-settings";
import { messageOf } from "../../components/values/error-facts";

/** The first Docker Compose that has all that the file uses: `name` and `up --wait` with services that end. */
export const COMPOSE_SINCE = "2.17";

/**
 * What is in the way of a start with this machine's Docker, one sentence each; that Docker itself can't be asked is no
 * obstacle, as the file may be for another machine.
 * @param project name of the compose project, whose own containers may have the ports
 */
export async function startObstacles(project: string, settings: MadeNexus): Promise<string[]> {
  const version = await composeVersion();
  const old = version === undefined ? undefined : tooOld(version);
  return [...(old === undefined ? [] : [old]), ...(await takenPorts(project, settings))];
}

/** As `docker compose version --short` says it; undefined where there is none here. */
async function composeVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("docker", ["compose", "version", "--short"], {
      timeout: 10_000,
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** @param version `v2.20.1`, `5.1.0` */
export function tooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const [needMajor = 0, needMinor = 0] = COMPOSE_SINCE.split(".").map(Number);
  if (Number.isNaN(major) || major > needMajor || (major === needMajor && minor >= needMinor))
    return undefined;
  return (
    `Docker Compose here is ${version}, and the file needs ${COMPOSE_SINCE} or newer: its \`up --wait\` would not wait until ` +
    "Nexus is configured. Install a newer one: https://docs.docker.com/compose/install/"
  );
}

async function takenPorts(project: string, settings: MadeNexus): Promise<string[]> {
  try {
    const { failures = [] } = await providers.PublishedPorts.check(
      {},
      {
        docker: builderAddress(),
        bind: settings.bind,
        ports: publishedPorts(settings),
        owner: project,
        identity: project,
      },
    );
    return failures.map(({ reason }) => `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`);
  } catch (error) {
    return [`Whether its ports are free could not be found out: ${messageOf(error)}`];
  }
}
