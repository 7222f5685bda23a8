import { accessSync, constants, existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../components/values/error-facts";
import { objectOf } from "../../components/values/json-object";
import { thisUser } from "../../components/values/plain-words";
import { isRunning } from "../../components/values/running-process";
import { engineError } from "../engine/engine-error";
import { folderOf, locksOf } from "../engine/file-backend";
import { ask, saidOf } from "./ask-program";
import { ENGINE } from "./engine";
import { type Finding, fail, ok, warn } from "./finding";
import { PASSPHRASE, passphraseFinding } from "./passphrase";
import type { Check } from "./run-checks";
import type { Subject } from "./subject";
import { ownFolder } from "./this-machine";

export const BACKEND = "state backend";
/** Who needs it has the stack's state and outputs, or knows that there are none yet. */
export const STATE = "state";

/** Milliseconds: what makes a key of a passphrase is slow on purpose, half a second here and more on a busy machine. */
const SLOW_MS = 60_000;

/** Where the state is kept, what keeps its secrets, and what it says. */
export function backendChecks(subject: Subject): Check[] {
  const { stack, root, file } = subject;
  const backend: Check = { name: BACKEND, needs: [ENGINE], run: () => backendFinding(root) };
  if (file === undefined) return [backend];
  return [
    backend,
    { name: PASSPHRASE, limit: SLOW_MS, run: () => passphraseFinding(file.path, stack) },
    { name: STATE, needs: [BACKEND, PASSPHRASE], run: () => stateFinding(subject) },
    { name: "lock", needs: [BACKEND], run: () => lockFinding(stack) },
  ];
}

/** The address that the engine keeps states at. @throws Error with the engine's own words */
async function backendUrl(root: string | undefined): Promise<string> {
  const asked = await ask("pulumi", ["whoami", "--json", "--non-interactive"], root);
  if (asked.code !== 0) throw new Error(saidOf(asked));
  return String(objectOf(JSON.parse(asked.stdout))["url"]);
}

export async function backendFinding(root: string | undefined): Promise<Finding> {
  let url: string;
  try {
    url = await backendUrl(root);
  } catch (error) {
    return noBackend(messageOf(error));
  }
  const shown = url.replace(/\/\/[^/@]*@/, "//").replace(/\?.*$/, "");
  const folder = folderOf(url);
  if (folder === undefined)
    return ok(BACKEND, `${shown} answers; whether it takes writes, only an update finds out`);
  const states = join(folder, ".pulumi");
  const place = existsSync(states) ? states : folder;
  try {
    accessSync(place, constants.W_OK);
    return ok(BACKEND, `${shown} can be written`);
  } catch (error) {
    const why = `${thisUser()} can't write there (${messageOf(error)})`;
    return fail(BACKEND, `${place}: ${why}`, `${ownFolder(states)} # or do it as its owner`);
  }
}

function noBackend(said: string): Finding {
  if (/requires logging in|PULUMI_ACCESS_TOKEN/.test(said))
    return fail(
      BACKEND,
      `the Pulumi CLI is logged in nowhere (${said})`,
      'pulumi login "file://$HOME" # states on this machine; or s3://BUCKET, or an address of yours; in a job PULUMI_BACKEND_URL',
    );
  const [, folder] = /state directory "file:\/\/([^"?]*).*no such file/.exec(said) ?? [];
  if (folder !== undefined)
    return fail(BACKEND, `there is no folder ${folder} for states`, `mkdir -p ${folder}`);
  return fail(BACKEND, said, "pulumi whoami --verbose");
}

/** That the state can be read, with its secrets, and is this project's. */
async function stateFinding({ stack, state, outputs }: Subject): Promise<Finding> {
  try {
    const known = await state();
    if (known.resources.length === 0)
      return ok(STATE, `${stack} was never updated: berth up ${stack} makes what the settings name`);
    await outputs();
    return ok(STATE, `${known.resources.length} resources, secrets can be read`);
  } catch (error) {
    return fail(STATE, engineError(error));
  }
}

export async function lockFinding(stack: string, root?: string): Promise<Finding> {
  const folder = folderOf(await backendUrl(root));
  if (folder === undefined)
    return ok("lock", "this backend shows its locks to nobody; an update would say who holds it");
  const [lock] = locksOf(folder, stack);
  if (lock === undefined) return ok("lock", "nobody holds it");
  const { pid = 0, username = "?", hostname: host = "?", timestamp: since = "?" } = lock;
  const who = `${username}@${host} (process ${pid}, since ${since})`;
  if (host === hostname() && isRunning(pid))
    return warn("lock", `${who} holds it, and runs now`, "Wait for it");
  const gone =
    host === hostname() ? "there is no such process here any more" : "what it is can't be seen from here";
  return warn(
    "lock",
    `${who} holds it; ${gone}`,
    `pulumi cancel --yes --stack ${stack} # if that run is gone for good`,
  );
}
