import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tlsProblem } from "../edge/probe";
import { OWN_ROOT } from "../edge/software/places";
import { adminOf, establishAdmin, firstPasswordOf, unreadable } from "../nexus/admin-login";
import { providers } from "../nexus/registry-ready";
import { whatIsMissing } from "../nexus/rest/writable";
import { UI_PORT } from "../settings/nexus/nexus-addresses";
import { type Applied, ApplyError, applyPlan, type Memory } from "./apply-plan";
import { relayLoopback } from "./loopback-relay";
import type { NexusPlan } from "./nexus-plan";
import { ADMIN_PASSWORD } from "./secret-names";
import { PLACES, SERVICES } from "./services";

/** Says a line. */
type Say = (line: string) => void;

export interface ConfigureArgs {
  readonly plan: NexusPlan;
  /** Nexus itself, without what stands in front. @default the service's */
  readonly nexus?: string;
  /** @default those of the containers */
  readonly places?: Pick<typeof PLACES, "secrets" | "data" | "memory">;
  readonly say: Say;
}

const PAUSE_MS = 500;
const WRITE_AGAIN = "write it again by the `berth compose --out` that wrote this folder";

/**
 * Waits for Nexus, gives it the settings, and ends when it is ready: when its registries serve those accounts that use them.
 * @throws Error with what is missing and what to do
 */
export async function configure({
  plan,
  nexus: url = `http://${SERVICES.nexus}:${UI_PORT}`,
  places = PLACES,
  say,
}: ConfigureArgs): Promise<void> {
  const secrets = readSecrets(plan, places.secrets);
  await untilWritable(url, plan, say);
  const password = secrets[ADMIN_PASSWORD] ?? "";
  const isFirst = await establishAdmin({
    url,
    password,
    first: async () => firstPassword(join(places.data, "admin.password")),
    name: `the one in the file secrets/${ADMIN_PASSWORD}`,
    cure: `Write what it is now into the file secrets/${ADMIN_PASSWORD} beside the compose file, and start it again.`,
  });
  if (isFirst) say("admin has the password of the file secrets/adminPassword.");
  await apply({
    plan,
    secrets,
    server: adminOf({ url }, password),
    memory: join(places.memory, "applied.json"),
    say,
  });
  await untilServed(plan, secrets, url);
  say(`Nexus is ready at ${plan.address}.`);
}

interface Apply {
  readonly plan: NexusPlan;
  readonly secrets: Readonly<Record<string, string>>;
  readonly server: ReturnType<typeof adminOf>;
  /** File of what was asked for the last time. */
  readonly memory: string;
  readonly say: Say;
}

async function apply({ memory, say, ...what }: Apply): Promise<void> {
  try {
    const done = await applyPlan({ ...what, before: remembered(memory) });
    remember(memory, done.memory);
    tell(done, say);
  } catch (error) {
    if (error instanceof ApplyError) {
      remember(memory, error.done.memory);
      tell(error.done, say);
    }
    throw error;
  }
}

function tell({ created, changed, same, left }: Applied, say: Say): void {
  for (const title of created) say(`created: ${title}`);
  for (const title of changed) say(`changed: ${title}`);
  for (const name of left) say(`left alone, as the settings no longer have it: ${name}`);
  say(
    created.length + changed.length === 0
      ? `Nothing to change: all ${same} objects are as they are to be.`
      : `${created.length} created, ${changed.length} changed, ${same} as they were.`,
  );
}

/** @throws Error that names every secret that is missing */
function readSecrets({ secrets }: NexusPlan, folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of secrets) {
    const text = textOf(join(folder, name));
    if (text) found[name] = text.replace(/\r?\n$/, "");
    else missing.push(`secrets/${name} ${text === undefined ? "is not there" : "is empty"}`);
  }
  if (missing.length > 0)
    throw new Error(
      `${missing.join(", ")}: ${missing.length > 1 ? WRITE_AGAIN.replace("it", "them") : WRITE_AGAIN}`,
    );
  return found;
}

/** Undefined where it is no file, or can't be read: Docker makes folders of what isn't there. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function firstPassword(file: string) {
  try {
    return firstPasswordOf(readFileSync(file, "utf8"));
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isAbsent ? firstPasswordOf(undefined) : unreadable(error);
  }
}

async function untilWritable(url: string, { readyTimeout }: NexusPlan, say: Say): Promise<void> {
  const deadline = Date.now() + readyTimeout * 1000;
  say(`Waiting for Nexus, up to ${readyTimeout} s.`);
  for (;;) {
    const missing = await whatIsMissing({ url });
    if (missing === undefined) return;
    if (Date.now() > deadline)
      throw new Error(
        `Nexus is not ready after ${readyTimeout} s (limit: berth:nexus.readyTimeout): ${missing}. ` +
          `Its log says more: docker compose logs ${SERVICES.nexus}`,
      );
    await sleep(PAUSE_MS);
  }
}

/** What was said last time, undefined where it can't be had: then everything is looked at anew. */
function remembered(file: string): Memory | undefined {
  const text = textOf(file);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Memory);
  } catch {
    return undefined;
  }
}

function remember(file: string, memory: Memory): void {
  writeFileSync(`${file}.next`, JSON.stringify(memory), { mode: 0o600 });
  renameSync(`${file}.next`, file);
}

/** By the addresses that clients use, and with the accounts that do. */
async function untilServed(
  { registries, front, host, ports, readyTimeout }: NexusPlan,
  secrets: Readonly<Record<string, string>>,
  nexus: string,
): Promise<void> {
  const relay = await relayLoopback(host, ports, front ? SERVICES.edge : new URL(nexus).hostname);
  try {
    const ca = front && (await untilFront(front, readyTimeout));
    for (const { password, ...registry } of registries)
      await providers.RegistryReady.create({
        ...registry,
        password: secrets[password],
        nexus,
        container: SERVICES.nexus,
        timeout: readyTimeout,
        tls: front !== undefined,
        ...(ca !== undefined && { ca }),
      });
  } finally {
    relay.close();
  }
}

/** @returns PEM of the authority of its certificates, undefined where that is a public one */
async function untilFront(
  { own, ca: given, addresses }: NonNullable<NexusPlan["front"]>,
  limit: number,
): Promise<string | undefined> {
  const deadline = Date.now() + limit * 1000;
  for (;;) {
    const ca = own ? textOf(OWN_ROOT) : given;
    const problems = await Promise.all(addresses.map((address) => tlsProblem(address, ca)));
    const problem =
      own && ca === undefined
        ? "it has not made its authority's certificate"
        : problems.find((one) => one !== undefined);
    if (problem === undefined) return ca;
    if (Date.now() > deadline)
      throw new Error(
        `The proxy in front is not ready after ${limit} s: ${problem}. Its log says more: docker compose logs ${SERVICES.edge}`,
      );
    await sleep(PAUSE_MS);
  }
}
