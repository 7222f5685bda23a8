import type { Settings } from "../../components/settings/settings";
import { engineFailure } from "../engine/engine-error";
import { mustBelong, StackState } from "../engine/stack-state";
import { StackFile } from "../stack-file/stack-file";
import { stackName } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import { findServices } from "./find-services";
import type { Service } from "./service";

export const stackOption = {
  flags: "--stack <name>",
  summary: "the stack ($BERTH_STACK, else dev)",
  values: "stacks",
} as const;

export const serverOption = {
  flags: "--server <name>",
  summary: "only what is on this server of the settings",
} as const;

export interface StackServices {
  readonly stack: string;
  readonly file: StackFile;
  readonly settings: Settings;
  readonly services: readonly Service[];
}

/**
 * The services of a stack: what its settings ask for, and what of it the Docker hosts have. The state tells which
 * containers are this stack's, and no secret of it is needed for that.
 * @throws CommandError where the state can't be read, or is another project's
 */
export async function openServices(stack: string | undefined): Promise<StackServices> {
  const name = stackName(stack);
  const file = await StackFile.open(name);
  const settings = file.settings();
  const state = await StackState.read(name).catch(engineFailure);
  mustBelong(name, state, settings.gitlab);
  return { stack: name, file, settings, services: await findServices(state, settings) };
}

/** Those on a server; all of them without one. @throws CommandError (exit 2) where the settings have no such server */
export function onServer(
  services: readonly Service[],
  server: string | undefined,
  { servers }: Pick<Settings, "servers">,
): readonly Service[] {
  if (server === undefined) return services;
  if (servers.some(({ name }) => name === server)) return services.filter((one) => one.server === server);
  const names = servers.map(({ name }) => name).join(", ") || "none";
  throw new CommandError(
    `--server ${server}: the settings have no such server. They have ${names}.`,
    Exit.usage,
  );
}

/** A whole number of an option. @throws CommandError (exit 2) */
export function wholeNumber(flag: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new CommandError(`${flag}: expected a whole number, got "${given}"`, Exit.usage);
}
