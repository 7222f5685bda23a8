import type { NexusServer } from "../../components/nexus/rest/nexus-server";
import { plainOutputs } from "../engine/outputs";
import type { OpenStack } from "../stack/open-stack";
import { CommandError } from "../terminal/exit";

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
 * The stack's Nexus and its administrator's login, from the stack's outputs; undefined where they name none. The password is
 * never to be printed.
 */
export async function findNexusServer({ name }: OpenStack): Promise<NexusServer | undefined> {
  const { nexusUrl, nexusCa: ca, accounts } = await plainOutputs<Outputs>(name);
  return nexusUrl && accounts?.admin ? { url: nexusUrl, ca, ...accounts.admin } : undefined;
}
