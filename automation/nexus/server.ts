import { ownNexusServer } from "../../components/nexus/own-nexus";
import type { NexusServer } from "../../components/nexus/rest/nexus-server";
import { objectOf } from "../../components/values/json-object";
import { engineConfig } from "../engine/engine-config";
import { plainOutputs } from "../engine/outputs";
import type { OpenStack } from "../stack/open-stack";
import { CommandError } from "../terminal/exit";
import { knownSecrets } from "../terminal/known-secrets";

interface Outputs {
  readonly nexusUrl?: string;
  readonly nexusCa?: string;
  readonly accounts?: { readonly admin?: { readonly username: string; readonly password: string } };
}

/** Milliseconds to keep trying where somebody waits for an answer. */
export const PATIENCE_MS = 10_000;

/** @throws CommandError where the stack has no Nexus */
export async function nexusServer(open: OpenStack): Promise<NexusServer> {
  const server = await findNexusServer(open);
  if (server) return server;
  const { name } = open;
  throw new CommandError(`The stack ${name} has no Nexus yet: its outputs name none. Run: berth up ${name}`);
}

/**
 * The stack's Nexus and its administrator's login: of one that was there already as the settings have them, before the first
 * `up` too; else from the stack's outputs, undefined where they name none. The password is never to be printed.
 */
export async function findNexusServer({
  file,
  name,
}: Pick<OpenStack, "file" | "name">): Promise<NexusServer | undefined> {
  const { nexus } = file.settings();
  if (nexus.url !== undefined) return ownNexusServer({ ...nexus, password: await ownPassword(file, name) });
  const { nexusUrl, nexusCa: ca, accounts } = await plainOutputs<Outputs>(name);
  return nexusUrl && accounts?.admin ? { url: nexusUrl, ca, ...accounts.admin } : undefined;
}

/** Only the engine can read one that is encrypted. */
async function ownPassword(file: OpenStack["file"], stack: string): Promise<string> {
  const written = passwordIn(file.written());
  const why = "hold the password of Nexus's administrator, and the engine, which alone can read it";
  const password =
    typeof written === "string" ? written : passwordIn((await engineConfig(stack, why)).config);
  knownSecrets.keepSent(String(password));
  return String(password);
}

const passwordIn = (config: Readonly<Record<string, unknown>>) => objectOf(config["berth:nexus"])["password"];
