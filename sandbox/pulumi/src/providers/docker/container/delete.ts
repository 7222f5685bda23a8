import { setTimeout as sleep } from "node:timers/promises";
import type { DeleteRequest } from "../../provider";
import { count, text } from "../../schema/value";
import type { Connection } from "../connection";
import { dockerReason, isNotFound } from "../docker-error";

/** A removal that somebody else began (`rm`, say) is waited for, this long at most. */
const REMOVAL_MILLISECONDS = 30_000;
const POLL_MILLISECONDS = 100;

/** Stops the container, `destroyGraceSeconds` (0 unless given) before it is killed, and removes it. */
export async function deleteContainer(request: DeleteRequest, connection: Connection): Promise<void> {
  const { id, outputs } = request;
  const container = connection.docker.getContainer(id);
  const name = text(outputs["name"]) || id;
  if (outputs["attach"] !== true) {
    await gone(connection, `Unable to stop container ${name}`, () =>
      container.stop({ t: Math.max(0, count(outputs["destroyGraceSeconds"])) }),
    );
  }
  await gone(connection, `Unable to remove container ${name}`, () =>
    container.remove({ force: true, v: outputs["removeVolumes"] === true }),
  );
  const end = Date.now() + REMOVAL_MILLISECONDS;
  while (await exists(connection, id)) {
    if (Date.now() >= end)
      throw new Error(`Container ${name} is still there 30 seconds after it was removed`);
    await sleep(POLL_MILLISECONDS, undefined, { signal: request.signal });
  }
}

/** The call's failure counts only where there is still something to stop or remove. */
async function gone(connection: Connection, what: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    // 304: it had stopped before.
    if (isNotFound(error) || (error as { statusCode?: number }).statusCode === 304) return;
    if (/is already in progress/.test(dockerReason(error))) return;
    await connection.attempt(what, () => Promise.reject(error));
  }
}

async function exists(connection: Connection, id: string): Promise<boolean> {
  try {
    await connection.docker.getContainer(id).inspect();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    return connection.attempt(`Unable to inspect container ${id}`, () => Promise.reject(error));
  }
}
