import { engineError, engineFailure } from "../../engine/engine-error";
import { engineJson } from "../../engine/engine-json";
import type { OpenStack } from "../../stack/open-stack";
import { ProgramSecrets } from "./program-secrets";

type Known = Pick<OpenStack, "name" | "file">;

/**
 * Makes the secrets of the settings known to what is said, for commands that don't run the program: the engine shows what it
 * finds in the state, where copies of secrets may be that aren't marked as such. Asks the engine only if there are any.
 */
export async function knowSettings({ name, file }: Known): Promise<ProgramSecrets> {
  const secrets = new ProgramSecrets();
  const shapes = file.shapes();
  if (!JSON.stringify(shapes).includes('"[secret]"')) return secrets;
  type Told = Record<string, { readonly value?: string }>;
  const told = await engineJson<Told>(name, ["config", "--show-secrets", "--json"]).catch(engineFailure);
  for (const [key, shape] of Object.entries(shapes)) secrets.keepSettings(shape, settingOf(told[key]?.value));
  return secrets;
}

/**
 * Makes every secret of a stack known to what is said: those of its settings and those that were generated.
 * @returns why that could not be done
 */
export async function stackSecretsKnown(stack: Known): Promise<string | undefined> {
  try {
    const state = engineJson(stack.name, ["stack", "export", "--show-secrets"]);
    const [secrets, exported] = await Promise.all([knowSettings(stack), state]);
    secrets.keepState(exported);
    return undefined;
  } catch (error) {
    return engineError(error);
  }
}

/** A setting as the engine gives it, which is JSON where it is an object. */
export function settingOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return text;
  }
}
