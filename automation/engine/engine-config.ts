import { messageOf } from "../../components/values/error-facts";
import { CommandError } from "../terminal/exit";
import { engineJson } from "./engine-json";

/** A setting as `pulumi config --json --show-secrets` tells it. */
interface Told {
  readonly value?: string;
  readonly objectValue?: unknown;
  readonly secret?: boolean;
}

export interface EngineConfig {
  /** By namespace and name. */
  readonly config: Record<string, unknown>;
  readonly secretKeys: readonly string[];
}

const SPREAD =
  "are not in its file alone (Pulumi.yaml has some, or an environment), and the engine, which puts them together";

/**
 * The configuration of a stack as the engine puts it together: of its file, of Pulumi.yaml and of Pulumi ESC environments.
 * Secrets are in plain text in it.
 * @param why the engine is needed, for the error
 * @throws CommandError where the engine can't tell: no such stack, no passphrase, no login
 */
export async function engineConfig(stack: string, why = SPREAD): Promise<EngineConfig> {
  const told = await engineJson<Record<string, Told>>(stack, ["config", "--json", "--show-secrets"]).catch(
    (error: unknown) => {
      throw new CommandError(`The settings of ${stack} ${why}, can't tell them: ${saidBy(error)}`);
    },
  );
  const all = Object.entries(told);
  return {
    config: Object.fromEntries(all.map(([key, { value, objectValue }]) => [key, objectValue ?? value])),
    secretKeys: all.filter(([, { secret }]) => secret).map(([key]) => key),
  };
}

/** Without the command line, and a progress that nobody asked for. */
function saidBy(error: unknown): string {
  const message = messageOf(error);
  const errors = message.split("\n").flatMap((line) => /^error: (.*)$/.exec(line)?.[1] ?? []);
  return errors.length > 0 ? errors.join("; ") : message;
}
