import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { parse } from "yaml";
import { type Inventory, takeInventory } from "../../../../automation/nexus/inventory";
import { type Raw, withEntries } from "../../../../automation/nexus/judge";
import { kindOf } from "../../../../automation/nexus/managed";
import { readySettings, settingsText } from "../../../../automation/nexus/settings-text";
import { isReady, type Translation } from "../../../../automation/nexus/translation";
import { type KindName, kinds, providers } from "../../../../components/nexus/kinds";
import { NexusConfiguration } from "../../../../components/nexus/nexus-configuration";
import type { Fields, Kind } from "../../../../components/nexus/object/kind";
import { caller } from "../../../../components/nexus/object/object-provider";
import { parseSettings } from "../../../../components/settings/settings";
import { allRegistered, setMocks } from "../../../support/stack/mocked-pulumi";
import { anyNexus } from "./any-nexus";
import { type Held, objectServer } from "./object-server";

const raw: Raw = {
  nexus: { hostname: "127.0.0.1", eula: "accepted" },
  gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
  servers: {},
  apps: {},
};

interface Wanted {
  readonly kind: KindName;
  readonly inputs: Fields;
}

/** What the program would ask Nexus for with these settings. */
async function wantedBy(settings: Raw): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs }) => {
      const kind = kindOf(type);
      if (kind) wanted.push({ kind, inputs: unwrapped(inputs) as Fields });
      return { id: `${name}-id`, state: { ...inputs, result: "random" } };
    },
    call: ({ inputs }) => inputs,
  };
  await setMocks(mocks, "berth", "test", false, "organization");
  const url = pulumi.output("http://nexus.test");
  const host = { url, container: pulumi.output("c"), ca: undefined, access: { tls: false } };
  const { nexus } = parseSettings(settings);
  new NexusConfiguration("registry", { host, settings: nexus });
  await allRegistered();
  return wanted;
}

/** Pulumi's mocks get a secret in a wrapper. */
function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  if ("4dabf18193072939515e22adb298388d" in value) return unwrapped((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapped(inner)]));
}

/** How many objects the program asks for with no setting of these. */
let plain = 0;

/** Takes inventory of a Nexus and lets the program take over what these settings name; gives what that would change. */
async function takenOver(
  held: Held,
  choose: (inventory: Inventory) => { readonly settings: Raw; readonly chosen: readonly Translation[] },
): Promise<{ chosen: readonly Translation[]; changed: Map<string, string> }> {
  const nexus = await objectServer(held);
  try {
    const inventory = await takeInventory(caller(nexus.server), [], raw);
    const { settings, chosen } = choose(inventory);
    const ids = new Set(
      inventory.unmanaged.filter((one) => chosen.includes(one.translation)).map(({ object }) => object.id),
    );
    const all = await wantedBy(settings);
    assert.ok(all.length >= plain + chosen.length, `only ${all.length} objects were asked for`);
    const wanted = all.filter(({ kind, inputs }) => ids.has((kinds[kind] as Kind).id(inputs)));
    const changed = new Map<string, string>();
    for (const { kind, inputs } of wanted) {
      const id = (kinds[kind] as Kind).id(inputs);
      const news = { ...inputs, server: nexus.server, adopt: true };
      const before = nexus.changes().length;
      const { failures } = await providers[kind].check!({}, news);
      assert.deepEqual(failures, [], `${kind} ${id}`);
      await providers[kind].create(news);
      for (const { method, path, body } of nexus.changes().slice(before)) {
        const difference = method === "PUT" ? differs(nexus.told(path), body) : `${method} ${path}`;
        if (difference) changed.set(id, difference);
      }
    }
    return { chosen, changed };
  } finally {
    nexus.close();
  }
}

/** Where a PUT would say something else than the server; nothing, empty and missing are alike. */
function differs(have: unknown, sent: unknown, path = ""): string | undefined {
  const isEmpty = (value: unknown) => value === undefined || value === null || value === "";
  if (isEmpty(have) && isEmpty(sent)) return undefined;
  if (typeof sent === "object" && sent !== null && !Array.isArray(sent)) {
    for (const [key, value] of Object.entries(sent)) {
      if (key === "routingRule" || key === "routingRuleName") continue; // sent under both names
      const found = differs((have as Fields | null)?.[key], value, `${path}.${key}`);
      if (found) return found;
    }
    return undefined;
  }
  const [a, b] = [have, sent].map((value) => JSON.stringify(value ?? null).toUpperCase());
  return a === b ? undefined : `${path}: ${JSON.stringify(have)} → ${JSON.stringify(sent)}`;
}

describe("the settings that an inventory prints", function () {
  this.timeout(120_000);

  before(async () => {
    plain = (await wantedBy(raw)).length;
  });

  it("are valid, and applying them changes nothing in Nexus", async () => {
    let ready = 0;
    await fc.assert(
      fc.asyncProperty(anyNexus, async (held) => {
        const { chosen, changed } = await takenOver(held, ({ unmanaged }) => {
          const translations = unmanaged.map(({ translation }) => translation);
          const text = parse(settingsText(translations)) ?? {};
          assert.deepEqual(text, readySettings(translations));
          const nexus = { ...(raw["nexus"] as Fields), ...text };
          return { settings: { ...raw, nexus }, chosen: translations.filter(isReady) };
        });
        ready += chosen.length;
        assert.deepEqual([...changed], []);
      }),
      { numRuns: 12, endOnFailure: true },
    );
    assert.ok(ready > 15, `only ${ready} objects could be said`);
  });

  it("keep as a comment only what is valid too, and what it is said to change", async () => {
    let commented = 0;
    const property = fc.asyncProperty(anyNexus, async (held) => {
      const { chosen, changed } = await takenOver(held, ({ unmanaged }) => {
        const translations = unmanaged.map(({ translation }) => translation);
        const chosen = translations.filter(({ settings }) => settings !== undefined);
        return { settings: withEntries(raw, chosen), chosen };
      });
      for (const { part, key, changes } of chosen) {
        if (!changes.some((change) => change.startsWith("it would set "))) continue;
        commented++;
        assert.ok(changed.has(key), `${part} ${key} is said to change: ${changes.join("; ")}`);
      }
    });
    // Seldom, a dozen of them has none.
    for (let dozen = 0; dozen < 5 && commented === 0; dozen++)
      await fc.assert(property, { numRuns: 12, endOnFailure: true });
    assert.ok(commented > 0, `only ${commented} objects would change`);
  });
});
