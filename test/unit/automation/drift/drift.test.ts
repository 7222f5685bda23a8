import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { SECRET_SIGNATURE, SIGNATURE } from "../../../../automation/change/model/shown";
import { type Drift, driftHash } from "../../../../automation/drift/drift";
import { renderIssue } from "../../../../automation/drift/drift-issue";
import { driftText } from "../../../../automation/drift/drift-text";
import { DriftedResources } from "../../../../automation/drift/drifted-resources";
import { recordedEvents } from "../change/recorded";

const secret = (ciphertext = "[secret]") => ({ [SIGNATURE]: SECRET_SIGNATURE, ciphertext });

interface Told {
  op?: string;
  urn?: string;
  inputs: object;
  found?: { inputs?: object; outputs?: object };
  detailedDiff?: object | null;
}

/** What the engine tells of one refreshed resource. */
function refreshed({
  op = "update",
  urn = "stack::nexus:Role::it",
  inputs,
  found,
  detailedDiff = null,
}: Told) {
  const old = { custom: true, inputs, outputs: inputs };
  const metadata = {
    op,
    urn,
    type: urn.split("::").at(-2),
    old,
    detailedDiff,
    new: found ? { custom: true, inputs, outputs: inputs, ...found } : null,
  };
  return { resOutputsEvent: { metadata } } as unknown as EngineEvent;
}

function driftOf(...events: EngineEvent[]): Drift {
  const drifted = new DriftedResources({ apps: [], servers: [] });
  for (const event of events) drifted.onEvent(event);
  return { project: "berth", stack: "dev", resources: drifted.resources, unseen: [] };
}

const properties = (event: EngineEvent) => driftOf(event).resources[0]?.properties;

describe("drift", () => {
  it("is what the real engine's refresh found gone, and nothing that stayed", () => {
    const { resources } = driftOf(...recordedEvents("5-refresh"));
    assert.deepEqual(
      resources.map(({ name, type, state, properties }) => [name, type, state, properties]),
      [["web", "docker:index/container:Container", "gone", []]],
    );
  });

  it("goes from what was wanted to what is there, by the provider's own diff", () => {
    const inputs = { mustRun: true, ports: [{ internal: 80 }], name: "web" };
    const found = { inputs: { ...inputs, mustRun: false }, outputs: { exitCode: 137 } };
    const detailedDiff = { mustRun: { diffKind: "update", inputDiff: false } };
    assert.deepEqual(properties(refreshed({ inputs, found, detailedDiff })), [
      { path: "mustRun", old: true, new: false },
    ]);
  });

  it("is found in the outputs of a dynamic provider, which says nothing of where", () => {
    const inputs = {
      code: "components/x#Y",
      __provider: "text",
      password: secret(),
      name: "r",
      storage: { writePolicy: "ALLOW_ONCE" },
    };
    const outputs = { ...inputs, storage: { writePolicy: "ALLOW", strict: true }, code: "other", more: 1 };
    assert.deepEqual(properties(refreshed({ inputs, found: { outputs } })), [
      { path: "storage.writePolicy", old: "ALLOW_ONCE", new: "ALLOW" },
    ]);
  });

  it("has no components, nothing that is only read, no cached base of a build, and nothing of a host that is new with each job", () => {
    const gone = { op: "delete", inputs: {} };
    const base = "berth:app:AppImage$docker:index/remoteImage:RemoteImage::blog-base";
    assert.deepEqual(
      driftOf(
        refreshed({ ...gone, urn: `urn:pulumi:dev::berth::${base}` }),
        refreshed({ ...gone, inputs: { fleeting: true } }),
        refreshed({ op: "same", inputs: {}, found: {} }),
        refreshed({ urn: "s::pulumi:pulumi:StackReference::before", inputs: { name: "dev" }, found: {} }),
        { resOutputsEvent: { metadata: { op: "delete", urn: "c", old: {} } } } as unknown as EngineEvent,
      ).resources,
      [],
    );
  });

  const drift = driftOf(
    refreshed({ urn: "u::docker:index/container:Container::web<b>", op: "delete", inputs: {} }),
    refreshed({ inputs: { a: "x" }, found: { outputs: { a: "`y` @all\n/close" } } }),
  );

  it("is told in plain words, with the two ways to go on", () => {
    assert.equal(driftText({ ...drift, resources: [] }), "No drift: the world is as the stack dev left it.");
    assert.equal(
      driftText(drift),
      [
        "2 resources differ: 1 changed, 1 gone.",
        ...["", "it: role: wanted is -, found is +", "  ~ a:", "  - | x", "  + | `y` @all", "  + | /close"],
        ...["", "web<b>: container: gone", ""],
        "To put it back: berth refresh dev, then berth up dev. To keep it: write it into the settings first.",
      ].join("\n"),
    );
  });

  it("of what serves after an update that failed has the way back to it", () => {
    const stopped = { path: "state", old: "running", new: "stopped" };
    const serving = {
      urn: "u",
      type: "docker:index/container:Container",
      name: "blog",
      what: "blog on web1: container",
      state: "changed",
    } as const;
    const text = driftText({ ...drift, resources: [{ ...serving, outgoing: true, properties: [stopped] }] });
    assert.match(
      text,
      /The last update failed, .*berth rollback dev\. To try again what failed: berth up dev\.$/,
    );
  });

  it("names what the stack's apps and servers have by these, in a line where it is gone or stopped", () => {
    const drifted = new DriftedResources({ apps: ["blog"], servers: ["web1"] });
    const urn = (name: string) => `urn::docker:index/container:Container::${name}`;
    drifted.onEvent(refreshed({ urn: urn("blog-web1-container"), op: "delete", inputs: {} }));
    const [gone] = drifted.resources;
    const stopped = {
      ...gone!,
      what: "blog/worker on web1: container",
      state: "changed" as const,
      properties: [{ path: "state", old: "running", new: "stopped" }],
    };
    assert.equal(
      driftText({ ...drift, resources: [gone!, stopped] }),
      [
        "2 resources differ: 1 changed, 1 gone.",
        ...["", "blog on web1: container: gone"],
        ...["", "blog/worker on web1: container: stopped", ""],
        "To bring it back: berth up dev.",
      ].join("\n"),
    );
  });

  it("is an issue in which nothing of a value comes to life", () => {
    const { title, description } = renderIssue(drift, { pipeline: { id: "7", url: "https://x/7" } });
    assert.equal(title, "Drift in berth/dev: 2 resources differ: 1 changed, 1 gone");
    assert.match(
      description,
      new RegExp(`^<!-- berth:drift project=berth stack=dev pipeline=7 hash=${driftHash(drift)} -->\n`),
    );
    assert.match(description, /```diff\n~ a:\n- \| x\n\+ \| `y` @all\n\+ \| \/close\n```/);
    assert.match(description, /\*\*gone\*\* `web<b>: container`/);
    assert.match(description, /Found by \[pipeline `7`\]\(<https:\/\/x\/7>\)/);
  });

  it("is cut between resources where it is too long for an issue", () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ ...drift.resources[0]!, name: `n${index}` }));
    const { description } = renderIssue({ ...drift, resources: many }, {}, 5_000);
    assert.ok(description.length <= 5_000);
    const shown = description.match(/<details open>/g)!.length;
    assert.ok(shown > 5);
    assert.match(description, new RegExp(`\\*\\*Cut here:\\*\\* ${100 - shown} more`));
  });
});
