import type { CheckResult, Props } from "../provider";
import { checkInputs } from "./check";
import type { Fields } from "./field";

/** What the engine itself puts into every provider's arguments. */
const ENGINE_ARGUMENTS = ["version", "pluginDownloadURL", "__internal"];

/** The check of a resource type that the sandbox doesn't have. */
export function unsupported(type: string): CheckResult {
  return {
    inputs: {},
    failures: [{ property: "", reason: `${type}: the sandbox does not support this resource` }],
  };
}

/** The resource of that type. @throws Error that names a type which isn't among them */
export function resourceOf<T>(resources: Readonly<Record<string, T>>, type: string): T {
  const resource = resources[type];
  if (resource === undefined) throw new Error(unsupported(type).failures[0]!.reason);
  return resource;
}

/** The check of a provider's own arguments; one that is not among `fields` fails by name. */
export function checkProviderConfig(name: string, fields: Fields, config: Props): CheckResult {
  const engine = Object.entries(config).filter(([key]) => ENGINE_ARGUMENTS.includes(key));
  const own = Object.entries(config).filter(([key]) => !ENGINE_ARGUMENTS.includes(key));
  const { inputs, failures } = checkInputs(fields, Object.fromEntries(own), {
    type: `pulumi:providers:${name}`,
  });
  return { inputs: { ...inputs, ...Object.fromEntries(engine) }, failures };
}
