import { engineFailure } from "../engine-error";
import { engineJson } from "../engine-json";
import type { OpenStack } from "../open-stack";
import { ProgramSecrets } from "./program-secrets";

/**
 * Makes the secrets of the settings known to what is said, for commands that don't run the program: the engine shows what it
 * finds in the state, where copies of secrets may be that aren't marked as such. Asks the engine only if there are any.
 */
export async function knowSettings({ name, file }: OpenStack): Promise<void> {
  const shapes = file.shapes();
  if (!JSON.stringify(shapes).includes('"[secret]"')) return;
  type Told = Record<string, { readonly value?: string }>;
  const told = await engineJson<Told>(name, ["config", "--show-secrets", "--json"]).catch(engineFailure);
  const secrets = new ProgramSecrets();
  for (const [key, shape] of Object.entries(shapes)) secrets.keepSettings(shape, settingOf(told[key]?.value));
}

/** A setting as the engine gives it, which is JSON where it is an object. */
export function settingOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return text;
  }
}
