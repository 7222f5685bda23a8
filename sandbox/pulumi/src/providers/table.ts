import { resolve } from "node:path";
import type { ProviderFactory } from "./provider";

/** The packages this engine serves by itself; each is loaded when a program first uses it. */
const BUILT_IN: { readonly [name: string]: () => ProviderFactory } = {
  docker: () => (require("./docker/index") as typeof import("./docker/index")).dockerProvider,
  gitlab: () => (require("./gitlab/index") as typeof import("./gitlab/index")).gitlabProvider,
  command: () => (require("./command/index") as typeof import("./command/index")).commandProvider,
  random: () => (require("./random/index") as typeof import("./random/index")).randomProvider,
};

/** `name=module` pairs, comma separated, of further packages; tests bring their own provider this way. */
const EXTRA = "BERTH_SANDBOX_PROVIDERS";

export function providerNames(): string[] {
  return [...Object.keys(BUILT_IN), ...extraProviders().keys()];
}

/** Undefined for a package that the sandbox doesn't have. */
export function loadProvider(name: string): ProviderFactory | undefined {
  const file = extraProviders().get(name);
  if (file === undefined) return BUILT_IN[name]?.();
  const module = require(resolve(file)) as { [name: string]: unknown };
  const factory = Object.values(module).find((value) => (value as ProviderFactory | null)?.name === name);
  if (!factory) throw new Error(`${EXTRA}: ${file} exports no provider named ${name}`);
  return factory as ProviderFactory;
}

function extraProviders(): Map<string, string> {
  const pairs = (process.env[EXTRA] ?? "").split(",").filter((pair) => pair !== "");
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}
