import type { AppFields } from "../app-settings";

/** The kernel's own limit of one variable, `NAME=value` with the byte that ends it (MAX_ARG_STRLEN of execve(2)). */
const LONGEST_VARIABLE = 128 * 1024;

type At = (path: readonly string[], message: string) => void;

/** What secrets can't be as variables, which would show when the container starts. No message has a value. */
export function checkSecretEnv(
  { secretEnv, secrets, env }: Pick<AppFields, "secretEnv" | "secrets" | "env">,
  problem: At,
): void {
  const known = Object.keys(secrets);
  for (const [index, name] of secretEnv.entries()) {
    const at = (message: string) => problem(["secretEnv", String(index)], message);
    if (secretEnv.indexOf(name) !== index) at(`${name} is given twice`);
    if (Object.hasOwn(env, name)) at(`env has ${name} as well: leave one of the two out`);
    if (Object.hasOwn(secrets, name)) {
      const reason = unfit(name, secrets[name]!);
      if (reason !== undefined) at(`the secret ${name} ${reason}: let the app read its file, ${name}_FILE`);
    } else if (!known.includes(name.replace(/_FILE$/, "")))
      at(
        `expected one of the app's secrets (${known.join(", ") || "there is none"}), or one with _FILE behind it for the path of ` +
          `its file, got ${name}`,
      );
  }
}

function unfit(name: string, value: string): string | undefined {
  if (value.includes("\0")) return "has a zero byte, which no environment variable can have";
  if (Buffer.byteLength(`${name}=${value}`) + 1 > LONGEST_VARIABLE)
    return "is longer than an environment variable may be (128 KiB)";
  return undefined;
}
