import type Docker from "dockerode";
import type { ContainerInfo } from "dockerode";
import { atMost } from "../../values/at-most";
import { statusOf } from "../../values/error-facts";

/**
 * Containers of processes that have been asked to end. Labels can't be changed, so that their names say it: with the second, since 1970,
 * in which they are killed.
 */
const MARK = /-drains-until-(\d+)$/;
/** Milliseconds that an update waits for a process: most end at once, and nothing is left to be seen of them. */
const PATIENCE_MS = 5000;
/** Seconds, as Docker has it for a container that says nothing. */
const STOP_SECONDS = 10;
/** Seconds after which nobody else is about to kill it. */
const KILL_SLACK = 10;

type Named = Pick<ContainerInfo, "Id" | "Names">;

/** When a container that drains is killed; undefined for any other one. */
export function drainsUntil({ Names }: Pick<ContainerInfo, "Names">): Date | undefined {
  const [, seconds] = MARK.exec(Names[0] ?? "") ?? [];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
}

/** Whether it is to be removed: it has ended, or has had its time and nobody killed it. */
export function hasDrained(container: Pick<ContainerInfo, "Names" | "State">): boolean {
  const until = drainsUntil(container);
  if (until === undefined) return false;
  const runs = ["running", "restarting", "paused"].includes(container.State);
  return !runs || until.getTime() + KILL_SLACK * 1000 < Date.now();
}

/**
 * Asks a container to end, and removes it where it does soon. Otherwise it goes on, Berth or not: Docker kills it after its own
 * time to stop (`drainTimeout`), doesn't start it again, and the next update removes it.
 */
export async function beginDrain(docker: Docker, info: Named & Pick<ContainerInfo, "State">): Promise<void> {
  const container = docker.getContainer(info.Id);
  if (hasDrained(info)) return remove(container);
  if (drainsUntil(info) === undefined) await ask(docker, container);
  if (await hasEnded(container, PATIENCE_MS)) await remove(container);
}

/** The same to the end. */
export async function endDrain(docker: Docker, info: Named & Pick<ContainerInfo, "State">): Promise<void> {
  const container = docker.getContainer(info.Id);
  const until = drainsUntil(info) ?? (await ask(docker, container));
  await hasEnded(container, Math.max(0, until.getTime() - Date.now()));
  await remove(container);
}

/** @returns when it is killed */
async function ask(docker: Docker, container: Docker.Container): Promise<Date> {
  const { Name, Config } = await container.inspect();
  const { StopTimeout = STOP_SECONDS, StopSignal = "SIGTERM" } = Config as StopConfig;
  await container.update({ RestartPolicy: { Name: "no" } });
  const until = Math.ceil(Date.now() / 1000) + StopTimeout;
  // Nobody waits for its answer: it comes when the container has ended.
  const asked = (await goesOnAlone(docker)) ? container.stop() : container.kill({ signal: StopSignal });
  const refused = asked.then(
    () => undefined,
    (error: Error) => (hadEnded(error) ? undefined : error),
  );
  await container.rename({ name: `${Name.replace(/^\//, "")}-drains-until-${until}` });
  const error = await atMost(refused, PATIENCE_MS / 10, undefined);
  if (error) throw error;
  return new Date(until * 1000);
}

/** What the client's types leave out. */
type StopConfig = Docker.ContainerInspectInfo["Config"] & {
  readonly StopTimeout?: number;
  readonly StopSignal?: string;
};

/**
 * Whether a stop goes on when the one who asked for it has left. In Docker 23 and 24 it kills at once then: there the container gets
 * its signal alone, and the next update kills it if it has to be.
 */
async function goesOnAlone(docker: Docker): Promise<boolean> {
  const { ApiVersion } = await docker.version();
  return !["1.42", "1.43"].includes(ApiVersion);
}

async function hasEnded(container: Docker.Container, ms: number): Promise<boolean> {
  const ended = container.wait().then(
    () => true,
    (error: Error) => {
      if (statusOf(error) === 404) return true;
      throw error;
    },
  );
  ended.catch(() => undefined); // it may fail when nobody waits any more
  return atMost(ended, ms, false);
}

/** Docker's answers where there is nothing to stop or to signal any more. */
function hadEnded(error: Error): boolean {
  return [304, 404, 409].includes(statusOf(error) ?? 0);
}

async function remove(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch((error: Error) => {
    if (!hadEnded(error)) throw error; // somebody else removes it
  });
}
