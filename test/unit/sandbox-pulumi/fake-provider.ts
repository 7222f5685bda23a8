import {
  type CheckRequest,
  type CheckResult,
  type CreateRequest,
  type DeleteRequest,
  type DiffKind,
  type DiffRequest,
  type DiffResult,
  PartialFailure,
  type Props,
  type Provider,
  type ProviderFactory,
  type ReadRequest,
  type ResourceState,
  UNKNOWN,
  type UpdateRequest,
} from "../../../sandbox/pulumi/src/providers/provider";

/** What the fake world holds and what was done to it, in order. */
export interface FakeWorld {
  readonly objects: Map<string, Props>;
  readonly log: string[];
  /** How many creations, updates and deletions ran at the same time. */
  most: number;
  /** Decides about every operation; a text is the error with which it fails. */
  judge: (operation: string, name: string) => string | undefined;
  invokes: string[];
}

export const world: FakeWorld = {
  objects: new Map(),
  log: [],
  most: 0,
  judge: () => undefined,
  invokes: [],
};

export function resetWorld(): void {
  world.objects.clear();
  world.log.length = 0;
  world.invokes.length = 0;
  world.most = 0;
  world.judge = () => undefined;
}

let running = 0;
let counter = 0;

async function operate<T>(operation: string, props: Props, name: string, act: () => T): Promise<T> {
  running++;
  world.most = Math.max(world.most, running);
  try {
    const delay = props["delay"];
    await new Promise((resolve) => setTimeout(resolve, typeof delay === "number" ? delay : 0));
    const problem = world.judge(operation, name);
    if (problem !== undefined) throw new Error(problem);
    world.log.push(`${operation} ${name}`);
    return act();
  } finally {
    running--;
  }
}

/**
 * `value` changes in place; `key` replaces; `first` replaces and wants the old one deleted first. `token` is a
 * secret output. `broken: true` creates something that doesn't come up.
 */
class FakeProvider implements Provider {
  private region = "none";

  checkConfig(config: Props) {
    const unknown = Object.keys(config).find((key) => key !== "region");
    return { inputs: config, failures: unknown ? [{ property: unknown, reason: "is not supported" }] : [] };
  }

  async configure(config: Props): Promise<void> {
    this.region = String(config["region"] ?? "none");
  }

  async check({ olds, news, urn }: CheckRequest): Promise<CheckResult> {
    const failures =
      news["value"] === "invalid" ? [{ property: "value", reason: "must not be invalid" }] : [];
    const automatic = olds?.["name"] ?? `${urn.split("::").pop()}-${++counter}`;
    return { inputs: { ...news, name: news["name"] ?? automatic }, failures };
  }

  async diff({ oldInputs, newInputs }: DiffRequest): Promise<DiffResult> {
    const changed = [...new Set([...Object.keys(oldInputs), ...Object.keys(newInputs)])].filter(
      (key) => JSON.stringify(mark(oldInputs[key])) !== JSON.stringify(mark(newInputs[key])),
    );
    const replaces: string[] = changed.filter((key) => key === "key" || key === "first");
    const detailed: { [path: string]: DiffKind } = {};
    for (const key of changed) detailed[key] = replaces.includes(key) ? "update-replace" : "update";
    return {
      changes: changed.length > 0,
      replaces,
      deleteBeforeReplace: replaces.includes("first"),
      detailed,
    };
  }

  async create({ inputs, preview, log }: CreateRequest): Promise<ResourceState> {
    if (preview)
      return { id: "", outputs: { ...inputs, computed: UNKNOWN, token: UNKNOWN }, secretOutputs: ["token"] };
    const name = String(inputs["name"]);
    if (inputs["echo"] !== undefined) log("info", `echo: ${String(inputs["echo"])}`);
    return operate("create", inputs, name, () => {
      const id = `${name}#${++counter}`;
      const outputs = this.outputs(inputs, id);
      world.objects.set(id, outputs);
      const state = { id, outputs, secretOutputs: ["token"] };
      if (inputs["broken"] === true) throw new PartialFailure(state, ["it did not come up"]);
      return state;
    });
  }

  async update({ id, inputs, preview }: UpdateRequest): Promise<ResourceState> {
    if (preview) return { id, outputs: this.outputs(inputs, id), secretOutputs: ["token"] };
    return operate("update", inputs, String(inputs["name"]), () => {
      const outputs = this.outputs(inputs, id);
      world.objects.set(id, outputs);
      return { id, outputs, secretOutputs: ["token"] };
    });
  }

  async read({ id, inputs }: ReadRequest): Promise<(ResourceState & { inputs: Props }) | undefined> {
    const outputs = world.objects.get(id);
    if (!outputs) return undefined;
    return { id, outputs, secretOutputs: ["token"], inputs: { ...inputs, value: outputs["value"] ?? null } };
  }

  async delete({ id, inputs }: DeleteRequest): Promise<void> {
    await operate("delete", inputs, String(inputs["name"]), () => world.objects.delete(id));
  }

  async invoke(token: string, args: Props): Promise<Props> {
    world.invokes.push(token);
    return { answer: `${token}(${String(args["question"])})` };
  }

  async close(): Promise<void> {
    // Nothing to end.
  }

  private outputs(inputs: Props, id: string): Props {
    return { ...inputs, computed: `${String(inputs["value"])}@${this.region}`, token: `token-of-${id}` };
  }
}

function mark(value: unknown): unknown {
  return value === UNKNOWN ? "<unknown>" : value;
}

export const fakeProvider: ProviderFactory = {
  name: "fake",
  version: "1.0.0",
  create: () => new FakeProvider(),
};
