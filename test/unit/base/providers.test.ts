import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { providers as kindProviders, kinds } from "../../../components/nexus/kinds";
import { providerOf } from "../../../components/providers";

const root = join(__dirname, "..", "..", "..");
const METHODS = ["check", "create", "delete", "diff", "read", "update"];

describe("the providers of dynamic resources", () => {
  it("are there for the logical id of every class that extends DynamicResource", () => {
    const ids = sources("components").flatMap((file) => {
      const text = readFileSync(file, "utf8");
      if (!/extends DynamicResource\b/.test(text) || /abstract class/.test(text)) return [];
      const [, id] = /super\(\s*"(\w+\.\w+)"/.exec(text) ?? [];
      assert.ok(id, `${file}: no logical id`);
      return [id];
    });
    assert.ok(ids.length > 10);
    for (const id of ids) assert.deepEqual(Object.keys(providerOf(id)).sort(), METHODS, id);
  });

  it("are there for every kind of Nexus object, by the name that its class has", () => {
    for (const [name, { name: own }] of Object.entries(kinds)) {
      assert.equal(own, name);
      assert.equal(
        providerOf(`nexus.${name}`),
        Object.entries(kindProviders).find(([kind]) => kind === name)?.[1],
      );
    }
  });

  it("are found by what states of earlier versions call them: the places of their files then", () => {
    const known = new Set(codesOfOldStates());
    assert.ok(known.size > 10);
    for (const code of known) assert.deepEqual(Object.keys(providerOf(code)).sort(), METHODS, code);
    assert.equal(providerOf("components/traffic#Traffic"), providerOf("deploy.Traffic"));
    assert.equal(providerOf("components/nexus/kinds#Role"), providerOf("nexus.Role"));
  });

  it("are refused by their name where this version doesn't know them", () => {
    for (const id of [
      "deploy.Teleport",
      "nexus.Teleport",
      "nexus.constructor",
      "constructor",
      "components/x#Y",
    ])
      assert.throws(() => providerOf(id), {
        message: `This version of Berth knows no resource ${id}. Was the stack last updated by a newer one? Use that, or a newer one.`,
      });
  });
});

/** What the checkpoints call providers that were kept as the version 21692b3 wrote them, and a later one. */
function codesOfOldStates(): string[] {
  const folder = join(root, "test/sandbox/stack/old-state/golden");
  const texts = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => readFileSync(join(folder, file), "utf8"));
  return texts.flatMap((text) => [...text.matchAll(/"code":"([^"]+)"/g)].map(([, code]) => code!));
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(root, folder, file));
}
