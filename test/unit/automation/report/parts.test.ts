import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppPast } from "../../../../automation/cleanup/retention";
import type { TagStore } from "../../../../automation/cleanup/tag-store";
import type { Deployment } from "../../../../automation/releases/deployments";
import { readDrift } from "../../../../automation/report/drift-part";
import { lookAt, withRegistries } from "../../../../automation/report/registries";
import { digest, release } from "../../../support/stack/sample-report";

const OLD = "2020-01-01T00:00:00.000Z";
const deployed = (tag: string, digit: string): Deployment => ({
  app: "blog",
  tag,
  digest: digest(digit),
  when: OLD,
  result: "succeeded",
});

/** A registry with these tags, each of a megabyte; `other` is no release of anybody. */
class Shelf implements TagStore {
  readonly where = "Nexus";
  readonly repository = "nexus/blog";
  closed = false;

  constructor(private readonly tags: Readonly<Record<string, string>>) {}

  async names() {
    return [...Object.keys(this.tags), "other"];
  }

  async look(tag: string) {
    return { digest: digest(this.tags[tag] ?? "f"), bytes: 1_000_000 };
  }

  async remove(tag: string): Promise<void> {
    assert.fail(`${tag} was to be deleted`);
  }

  close() {
    this.closed = true;
  }
}

/** Twelve releases, of which cleanup keeps ten. */
const tags = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`v${at}`, at.toString(16)]));
const deployments = Object.entries(tags).map(([tag, digit]) => deployed(tag, digit));
const past: AppPast = { stack: "dev", app: "blog", deployments, way: [], running: [] };
const own = Promise.resolve({ found: { deployments: () => deployments } });

describe("what a report says of the registries", () => {
  it("is their releases and sizes, and what cleanup would delete, and deletes nothing", async () => {
    const store = new Shelf(tags);
    const all = Promise.resolve({ found: [past] });
    const { registry, tags: held } = await lookAt("Nexus", () => [{ app: "blog", store }], { all, own });
    const cleanup = { found: { tags: ["v10", "v11"], bytes: 2_000_000 } };
    const holds = { app: "blog", releases: 12, bytes: 12_000_000, foreign: 1, cleanup };
    assert.deepEqual(registry, { where: "Nexus", holds: { found: [holds] } });
    assert.ok(store.closed);
    const app = { app: "blog", releases: [release("v1", "1"), release("gone", "2")], back: [] };
    const [shown] = withRegistries([app], held);
    assert.deepEqual(
      shown?.releases.map(({ registries }) => registries),
      [[{ where: "Nexus", digest: digest("1") }], [{ where: "Nexus" }]],
    );
  });

  it("counts an image with several tags once", async () => {
    const store = new Shelf({ v1: "1", v2: "1" });
    const all = Promise.resolve({ found: [past] });
    const { registry } = await lookAt("Nexus", () => [{ app: "blog", store }], { all, own });
    const [held] = "found" in registry.holds ? registry.holds.found : [];
    assert.deepEqual([held?.releases, held?.bytes], [2, 1_000_000]);
  });

  it("tells releases and sizes also where nobody knows what may go", async () => {
    const all = Promise.resolve({ problem: "web2 can't be asked" });
    const look = await lookAt("Nexus", () => [{ app: "blog", store: new Shelf(tags) }], { all, own });
    const [held] = "found" in look.registry.holds ? look.registry.holds.found : [];
    assert.deepEqual([held?.releases, held?.cleanup], [12, { problem: "web2 can't be asked" }]);
  });

  it("is why one of them can't be asked", async () => {
    const all = Promise.resolve({ found: [past] });
    const refused = () => {
      throw new Error("no token");
    };
    const { registry, tags: held } = await lookAt("GitLab", refused, { all, own });
    assert.deepEqual(registry, { where: "GitLab", holds: { problem: "no token" } });
    const apps = [{ app: "blog", releases: [release("v1", "1")], back: [] }];
    assert.deepEqual(withRegistries(apps, held), apps);
  });
});

describe("the drift of a report", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-drift-"));
  const file = join(folder, "drift.json");
  const found = (over: object) =>
    JSON.stringify({ project: "shop", stack: "prod", resources: [], unseen: [], ...over });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is what a run has printed, its names and no values", () => {
    const properties = [{ path: "envs[0]", old: { text: "A=1" }, new: { text: "A=2" } }];
    const resource = {
      urn: "urn:pulumi:x",
      type: "docker:index:Container",
      name: "blog",
      state: "changed",
      properties,
    };
    writeFileSync(file, found({ resources: [resource], unseen: [{ why: "away", count: 2 }] }));
    const { when, ...drift } = readDrift(file, "prod");
    assert.match(when, /^\d{4}-.*Z$/);
    assert.deepEqual(drift, {
      resources: [{ name: "blog", state: "changed", properties: ["envs[0]"] }],
      unseen: [{ why: "away", count: 2 }],
    });
  });

  it("is not known without a run's result of this stack, and it is said how to have one", () => {
    const how = /berth drift prod --json > drift\.json; berth report prod --drift drift\.json$/;
    for (const [text, why] of [
      [undefined, /No result of a run was given/],
      ["", /could not be read as the result of a run/],
      ["{}", /is no result of berth drift --json/],
      [found({ stack: "dev" }), /is the result of a run for the stack dev, not for prod/],
    ] as const) {
      if (text !== undefined) writeFileSync(file, text);
      const read = () => readDrift(text === undefined ? undefined : file, "prod");
      assert.throws(read, why);
      assert.throws(read, how);
    }
    assert.throws(() => readDrift(join(folder, "none.json"), "prod"), /none\.json could not be read/);
  });
});
