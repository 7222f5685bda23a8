import { engineFailure } from "./engine-error";
import { engineJson } from "./engine-json";

type Outputs = Record<string, unknown>;

/** The stack's outputs as the engine shows them: `[secret]` in place of every secret. */
export function maskedOutputs(stack: string): Promise<Outputs> {
  return engineJson<Outputs>(stack, ["stack", "output", "--json"]).catch(engineFailure);
}

/** The stack's outputs with their secrets in plain text, which are never to be printed unasked. */
export function plainOutputs<T = Outputs>(stack: string): Promise<T> {
  return engineJson<T>(stack, ["stack", "output", "--json", "--show-secrets"]).catch(engineFailure);
}
