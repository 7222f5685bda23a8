import type { NexusServer } from "../../components/nexus/transport";
import { engineFailure } from "../engine-error";
import { CommandError } from "../exit";
import type { OpenStack } from "../open-stack";

interface Outputs {
  readonly nexusUrl?: string;
  readonly nexusCa?: string;
  readonly accounts?: { readonly admin?: { readonly username: string; readonly password: string } };
}

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
export async function findNexusServer({ stack }: OpenStack): Promise<NexusServer | undefined> {
  const all = await stack.outputs().catch(engineFailure);
  const {
    nexusUrl,
    nexusCa: ca,
    accounts,
  }: Outputs = Object.fromEntries(Object.entries(all).map(([output, { value }]) => [output, value]));
  return nexusUrl && accounts?.admin ? { url: nexusUrl, ca, ...accounts.admin } : undefined;
}
