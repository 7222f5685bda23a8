import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findDocker, startDocker } from "../../../sandbox/docker/main-docker";
import { removeTree } from "../../../sandbox/lib/mounts";
import { defaultPlaces, type Places } from "../../../sandbox/lib/places";
import { pathWithSystemFolders } from "../../../sandbox/lib/requirements";
import { messageOf } from "../../../sandbox/lib/sandbox-error";
import { stopService } from "../../../sandbox/lib/service";
import { Steps } from "../../../sandbox/lib/steps";
import { preflight } from "../../../sandbox/preflight";
import { removeNamespace } from "../../../sandbox/server/namespace";
import { dockerdGraceMs } from "../../../sandbox/server/start";
import { freePort } from "../free-port";
import { whyNoSandbox } from "./sandbox";

/** Places of a test's own: folders, ports, names and a network that a running sandbox does not use. */
export async function ownPlaces(): Promise<Places> {
  const root = mkdtempSync(join(tmpdir(), "berth-own-"));
  const id = randomBytes(3).toString("hex");
  const names = [
    "nexus",
    "nexusHosted",
    "nexusGroup",
    "nexusCache",
    "gitlab",
    "gitlabRegistry",
    "upstream",
    "app",
  ] as const;
  const ports = await Promise.all(names.map(freePort));
  const third = 2 + Math.floor(Math.random() * 250);
  const places: Places = {
    home: join(root, "home"),
    run: join(root, "run"),
    imagePrefix: `berth-own-${id}`,
    ports: Object.fromEntries(names.map((name, index) => [name, ports[index]])) as unknown as Places["ports"],
    server: {
      namespace: `berth-own-${id}`,
      hostLink: `bth${id}`,
      serverLink: `bts${id}`,
      hostAddress: `10.78.${third}.1`,
      serverAddress: `10.78.${third}.2`,
      network: `10.78.${third}.0/30`,
    },
  };
  for (const folder of [places.home, places.run]) mkdirSync(folder, { mode: 0o700 });
  return places;
}

/** Ends and removes whatever a test started in its places. */
export async function removeOwnPlaces(places: Places): Promise<void> {
  for (const name of ["relays", "gitlab", "gitlab-registry", "upstream"]) await stopService(places, name);
  await stopService(places, "server", dockerdGraceMs);
  await removeNamespace(places.server);
  await removeTree(join(places.home, ".."));
}

/**
 * Makes this machine able to run the tests of the sandbox, as `up` does: installs what is missing and starts a
 * Docker where none answers. Gives why that cannot be.
 */
export async function prepareMachine(): Promise<string | undefined> {
  const reason = whyNoSandbox();
  if (reason) return reason;
  process.env.PATH = pathWithSystemFolders(process.env.PATH ?? "");
  try {
    const { rest } = await preflight(new Steps((line) => console.error(line)));
    await rest;
    if (!(await findDocker(defaultPlaces))) await startDocker(defaultPlaces);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** For `before`: skips the suite where the machine cannot run it, and says why. */
export async function needsDocker(test: Mocha.Context): Promise<void> {
  test.timeout(600_000);
  const reason = await prepareMachine();
  if (!reason) return;
  console.error(`    skipped: ${reason}`);
  test.skip();
}
