import { stackName } from "../command";
import { CommandError, Exit } from "../exit";
import { StackFile } from "../stack-file";
import { shortName } from "../stack-name";
import { findServices } from "./find-services";
import type { Service } from "./service";

export const stackOption = { flags: "--stack <name>", summary: "the stack ($BERTH_STACK, else dev)" };

export interface StackServices {
  readonly stack: string;
  readonly services: readonly Service[];
}

/**
 * The services of a stack. Settings and Docker tell all of it: where the stack's file has all of the settings no engine is
 * started, so that it works where the state can't be opened.
 */
export async function openServices(stack: unknown): Promise<StackServices> {
  const name = stackName(typeof stack === "string" ? stack : undefined);
  const settings = (await StackFile.open(name)).settings();
  return { stack: name, services: await findServices(shortName(name), settings) };
}

/** A whole number of an option. @throws CommandError (exit 2) */
export function wholeNumber(flag: string, given: unknown, otherwise: number): number {
  if (given === undefined) return otherwise;
  if (/^\d{1,9}$/.test(String(given))) return Number(given);
  throw new CommandError(`${flag}: expected a whole number, got "${given}"`, Exit.usage);
}
