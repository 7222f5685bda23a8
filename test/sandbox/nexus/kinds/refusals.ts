import type { KindName } from "../../../../components/nexus/kinds";
import { kinds, providers } from "../../../../components/nexus/kinds";
import { type Json, type NexusRest, overlaid } from "./nexus-rest";

type Inputs = Record<string, unknown>;

/** How a kind's provider refuses these inputs, in a preview or when it comes to it; undefined where it takes them. */
export async function refusalOf(
  rest: NexusRest,
  kind: KindName,
  inputs: Inputs,
): Promise<string | undefined> {
  const server = { url: rest.url, username: "admin", password: rest.password };
  const { failures = [] } = await providers[kind].check({}, { ...inputs, server });
  if (failures.length > 0) return failures.map(({ reason }) => reason).join("\n");
  try {
    await providers[kind].create({ ...inputs, server });
    return undefined;
  } catch (error) {
    return (error as Error).message.replaceAll(rest.url, "{nexus}");
  }
}

/** How a kind's provider answers, at preview, a change of each field that can't change; and what it should say. */
export async function fixedRefusals(rest: NexusRest, kind: KindName, inputs: Inputs) {
  const server = { url: rest.url, username: "admin", password: rest.password };
  const { fixed, id, noun } = kinds[kind];
  return Promise.all(
    fixed.map(async (path) => {
      const other = path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), "another");
      const changed = overlaid(inputs, other) as Inputs;
      const { failures = [] } = await providers[kind].check({ ...inputs, server }, { ...changed, server });
      const old = JSON.stringify(
        path.split(".").reduce<unknown>((value, key) => (value as Json)[key], inputs),
      );
      const wanted =
        `Nexus can't change "${path}" of the ${noun} "${id(inputs)}". ` +
        `Put ${old} back, or declare a new one beside it under another resource name.`;
      return { said: failures.map(({ reason }) => reason), wanted: [wanted] };
    }),
  );
}
