import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { setMocks } from "./stack/mocked-pulumi";

type Provider = Required<Omit<pulumi.dynamic.ResourceProvider, "configure">>;
type Props = { readonly [field: string]: unknown };

/**
 * The provider of a dynamic resource as its own process gets it: serialised to text by Pulumi, loaded from the text, given
 * the resource's own `code` with every call. What a class or a captured import does to a provider shows only here
 * (docs/decisions/0003-how-typescript-runs.md).
 */
export async function serialisedProvider(make: () => pulumi.Resource): Promise<Provider> {
  const { __provider: text, code } = await inputsOf(make);
  const module = { exports: {} as { handler: () => Provider } };
  new Function("module", "exports", "require", text as string)(module, module.exports, require);
  const provider = module.exports.handler();
  const told = (props: Props | undefined) => props && { ...props, code };
  /** A state without it could be neither refreshed nor deleted: nobody would know whose provider it is. */
  const kept = <T extends { outs?: Props }>(made: T): T => {
    assert.equal(made.outs?.["code"], code, "the state keeps the resource's code");
    return made;
  };
  return {
    // Of a new resource the engine has nothing to tell.
    check: (olds, news) =>
      provider.check(olds && Object.keys(olds).length > 0 ? told(olds) : olds, told(news)),
    diff: (id, olds, news) => provider.diff(id, told(olds), told(news)),
    create: async (inputs) => kept(await provider.create(told(inputs))),
    read: (id, props) => provider.read(id, told(props)),
    update: async (id, olds, news) => kept(await provider.update(id, told(olds), told(news))),
    delete: (id, props) => provider.delete(id, told(props)),
  };
}

/** What the engine is told of a dynamic resource. */
export async function inputsOf(make: () => pulumi.Resource): Promise<Props> {
  return new Promise((resolve, reject) => {
    setMocks({
      newResource: ({ inputs, name }) => {
        if (inputs["__provider"]) resolve(plain(inputs) as Props);
        return { id: name, state: inputs };
      },
      call: ({ inputs }) => inputs,
    });
    make().urn.apply(() => reject(new Error("the resource has no serialised provider")));
  });
}

/** Pulumi's mocks mark what is secret; a provider gets the values themselves. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const marked = value as { readonly [field: string]: unknown };
  if (marked["4dabf18193072939515e22adb298388d"] === "1b47061264138c4ac30d75fd1eb44270")
    return plain(marked["value"]);
  return Object.fromEntries(Object.entries(marked).map(([field, inner]) => [field, plain(inner)]));
}
