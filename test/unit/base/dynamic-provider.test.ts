import assert from "node:assert/strict";
import * as z from "zod/mini";
import { dynamicProvider } from "../../../components/base/dynamic-provider";
import type { Shape } from "../../../components/base/shape";
import { providerOf } from "../../../components/providers";

interface Wanted {
  readonly name: string;
  readonly size: number;
  readonly patience?: number;
}

describe("the provider of a dynamic resource", () => {
  const told: unknown[] = [];
  const shape: Shape<Wanted> = z.looseObject({
    name: z.string(),
    size: z.number(),
    patience: z.optional(z.number()),
  });
  const provider = dynamicProvider({
    inputs: shape,
    state: shape,
    id: ({ name }) => `thing ${name}`,
    changedBy: ["name", "size"],
    replacedBy: ["name"],
    isDue: ({ patience }) => patience === 0,
    apply: (want, before, id) => {
      told.push([want.size, before?.size, id]);
      return want;
    },
    find: (state, id) => (id === "gone" ? Promise.resolve(undefined) : state),
    remove: async (state, id) => {
      told.push([state.name, id]);
    },
  });
  const want = { name: "a", size: 1 };
  const diff = (olds: object, news: object) => provider.diff("x", olds, news);

  beforeEach(() => {
    told.length = 0;
  });

  it("tells a change by the inputs that count, and is another one with some of them", async () => {
    assert.deepEqual(await diff(want, { ...want, patience: 5, code: "x.Y" }), {
      changes: false,
      replaces: [],
      deleteBeforeReplace: false,
    });
    assert.deepEqual((await diff(want, { ...want, size: 2 })).replaces, []);
    assert.equal((await diff(want, { ...want, size: 2 })).changes, true);
    assert.deepEqual((await diff(want, { ...want, name: "b" })).replaces, ["name"]);
    assert.equal((await diff({ ...want, patience: 0 }, want)).changes, true, "due, though nothing differs");
  });

  it("knows its resource by the engine's id, whatever its outputs say", async () => {
    assert.equal((await provider.create(want)).id, "thing a");
    await provider.update("id", { ...want, size: 0 }, want);
    await provider.delete("id", want);
    assert.deepEqual(told, [
      [1, undefined, undefined],
      [1, 0, "id"],
      ["a", "id"],
    ]);
    assert.deepEqual(await provider.read("id", want), { id: "id", props: want });
    assert.equal((await provider.read("gone", want)).id, "");
  });

  it("keeps a stack's identity, and a volume's name, where a state's outputs have lost them", async () => {
    const identity = providerOf("stack.Identity");
    assert.equal(
      (await identity.update("0123456789abcdef", { owner: "g/a" }, { owner: "g/b" })).outs.identity,
      "0123456789abcdef",
    );
    assert.equal(
      (await identity.read("0123456789abcdef", { owner: "g/a" })).props.identity,
      "0123456789abcdef",
    );
    const volume = await providerOf("deploy.SecretVolume").update(
      "blog-secrets-1a2b3c4d",
      { docker: "unix:///x" },
      { docker: "unix:///x", image: "i", values: {}, labels: {} },
    );
    assert.equal(volume.outs.volume, "blog-secrets-1a2b3c4d");
  });
});
