import * as pulumi from "@pulumi/pulumi";
import { equalOn, mergeInto, pickLike } from "./compare";
import { callNexus, type NexusServer } from "./transport";

/** A call with the server filled in: `call("GET", "/v1/…", [200])`; paths are below `/service/rest`. */
export type Call = (
  method: string,
  path: string,
  expected: readonly number[],
  body?: unknown,
) => Promise<{ status: number; body: unknown }>;

export type Fields = { readonly [name: string]: unknown };

/**
 * What one kind of Nexus object is: data and pure functions. The generic provider below gives every kind the
 * same life: read before write, keep what we don't model, adopt what exists, drift, errors.
 */
export interface Kind {
  /** As in an error: "role", "docker hosted repository". */
  readonly noun: string;
  readonly id: (want: Fields) => string;
  /** The object as the server has it, undefined where it isn't there. */
  readonly read: (call: Call, id: string) => Promise<Fields | undefined>;
  readonly create: (call: Call, want: Fields) => Promise<unknown>;
  /** `merged`: the server's object with the wanted fields laid over it; PUT replaces the whole object. */
  readonly update: (call: Call, id: string, merged: Fields, want: Fields, before: Fields) => Promise<unknown>;
  readonly remove: (call: Call, id: string) => Promise<unknown>;
  /** Fields whose change makes another object of it. */
  readonly replaceOn: readonly string[];
  /** Fields that the server knows but does not change: an error rather than a replacement. */
  readonly fixed?: readonly string[];
  /** Lists whose order means nothing. */
  readonly unordered?: readonly string[];
  /** Fields that the server takes but never tells. */
  readonly writeOnly?: readonly string[];
}

export interface NexusObjectArgs {
  readonly server: pulumi.Input<pulumi.Unwrap<NexusServer>>;
  /** Take over an object of this name that already exists, instead of failing. */
  readonly adopt?: pulumi.Input<boolean>;
}

/** A dynamic resource of one kind. Type token: `pulumi-nodejs:dynamic/nexus:<Type>`. */
export abstract class NexusObject extends pulumi.dynamic.Resource {
  constructor(
    kind: Kind,
    type: string,
    name: string,
    args: NexusObjectArgs & { readonly [field: string]: unknown },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(providerOf(kind), name, { ...args }, opts, "nexus", type);
  }
}

/** One provider a kind: Pulumi serialises each provider object once, which takes longer than anything Nexus does. */
const providers = new WeakMap<Kind, pulumi.dynamic.ResourceProvider>();

function providerOf(kind: Kind): pulumi.dynamic.ResourceProvider {
  const provider = providers.get(kind) ?? nexusProvider(kind);
  providers.set(kind, provider);
  return provider;
}

/** The life of an object of that kind, as a dynamic provider that survives serialisation. */
export function nexusProvider(kind: Kind): pulumi.dynamic.ResourceProvider {
  return {
    diff: async (_id, olds, news) => diffObject(kind, olds, news),
    create: async (inputs) => createObject(kind, inputs),
    read: async (id, props) => readObject(kind, id, props),
    update: async (id, olds, news) => updateObject(kind, id, olds, news),
    delete: async (id, props) => {
      await kind.remove(caller(props.server), id);
    },
  };
}

function caller(server: NexusServer): Call {
  return (method, path, expected, body) => callNexus(server, method, `/service/rest${path}`, expected, body);
}

/** The fields of the object itself, without what every resource carries. */
function wanted(inputs: Fields): Fields {
  const { server: _server, adopt: _adopt, __provider, ...fields } = inputs;
  return fields;
}

function diffObject(kind: Kind, olds: Fields, news: Fields): pulumi.dynamic.DiffResult {
  const want = wanted(news);
  const changed = Object.keys(want).filter(
    (field) => !equalOn(field, olds[field], want[field], kind.unordered),
  );
  const serverChanged = JSON.stringify(olds.server) !== JSON.stringify(news.server);
  return {
    changes: changed.length > 0 || serverChanged,
    replaces: changed.filter((field) => kind.replaceOn.includes(field)),
    deleteBeforeReplace: false,
  };
}

async function createObject(kind: Kind, inputs: Fields): Promise<pulumi.dynamic.CreateResult> {
  const want = wanted(inputs);
  const id = kind.id(want);
  const call = caller(inputs.server as NexusServer);
  const existing = await kind.read(call, id);
  if (existing && inputs.adopt !== true) {
    throw new Error(`The ${kind.noun} "${id}" already exists in Nexus. Set adopt to manage it from here.`);
  }
  if (existing) await kind.update(call, id, mergeInto(existing, want), want, existing);
  else await kind.create(call, want);
  return { id, outs: { ...inputs } };
}

async function readObject(kind: Kind, id: string, props: Fields): Promise<pulumi.dynamic.ReadResult> {
  const found = await kind.read(caller(props.server as NexusServer), id);
  if (!found) return { id: "", props: {} };
  const told: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(wanted(props))) {
    told[field] = kind.writeOnly?.includes(field) ? value : pickLike(found[field], value);
  }
  return { id, props: { ...props, ...told } };
}

async function updateObject(
  kind: Kind,
  id: string,
  olds: Fields,
  news: Fields,
): Promise<pulumi.dynamic.UpdateResult> {
  const want = wanted(news);
  for (const field of kind.fixed ?? []) {
    if (olds[field] !== undefined && !equalOn(field, olds[field], want[field], [])) {
      throw new Error(
        `Nexus can't change "${field}" of the ${kind.noun} "${id}". Put the old value back, or make a new one beside it.`,
      );
    }
  }
  const call = caller(news.server as NexusServer);
  const existing = await kind.read(call, id);
  if (existing) await kind.update(call, id, mergeInto(existing, want), want, olds);
  else await kind.create(call, want);
  return { outs: { ...news } };
}
