import assert from "node:assert/strict";
import { eventToJson } from "../../../sandbox/pulumi/src/display/event-json";
import { ProgressDisplay } from "../../../sandbox/pulumi/src/display/progress";
import { renderMap } from "../../../sandbox/pulumi/src/display/render-value";
import { RichDiffDisplay } from "../../../sandbox/pulumi/src/display/rich-diff";
import { shortType } from "../../../sandbox/pulumi/src/display/style";
import { resourceSummary } from "../../../sandbox/pulumi/src/display/summary";
import { ago, table } from "../../../sandbox/pulumi/src/display/table";
import type { EngineEvent, StepMetadata } from "../../../sandbox/pulumi/src/engine/events";
import { emptyState, type ResourceState } from "../../../sandbox/pulumi/src/engine/resource-state";
import { UNKNOWN } from "../../../sandbox/pulumi/src/providers/provider";
import { type PropertyMap, Secret } from "../../../sandbox/pulumi/src/values/value";

const ROOT = "urn:pulumi:dev::golden::pulumi:pulumi:Stack::golden-dev";
const OPTIONS = {
  stack: "dev",
  kind: "update",
  preview: false,
  debug: false,
  showSecrets: false,
  showSames: false,
  suppressOutputs: false,
  suppressProgress: false,
} as const;

function state(name: string, type: string, inputs: PropertyMap, outputs: PropertyMap = {}): ResourceState {
  const urn = type === "pulumi:pulumi:Stack" ? ROOT : `urn:pulumi:dev::golden::${type}::${name}`;
  return { ...emptyState(urn, type, type !== "pulumi:pulumi:Stack"), inputs, outputs };
}

function step(
  op: StepMetadata["op"],
  old: ResourceState | undefined,
  now: ResourceState | undefined,
): StepMetadata {
  const { urn, type } = (now ?? old)!;
  const detailedDiff = undefined;
  return { op, urn, type, old, new: now, keys: [], diffs: [], detailedDiff, logical: true, provider: "" };
}

const before = state("pet", "random:index/randomPet:RandomPet", { keepers: { version: "1" }, length: 2 });
const after = state("pet", "random:index/randomPet:RandomPet", { keepers: { version: "2" }, length: 2 });
const stackBefore = state("", "pulumi:pulumi:Stack", {}, { pet: "old", pin: new Secret("1234"), same: 1 });
const stackAfter = state("", "pulumi:pulumi:Stack", {}, { pet: "new", pin: new Secret("1234"), same: 1 });

const UPDATE: EngineEvent[] = [
  { kind: "resource-pre", step: step("same", stackBefore, stackBefore), planning: false },
  { kind: "resource-pre", step: step("update", before, after), planning: false },
  {
    kind: "diagnostic",
    urn: after.urn,
    severity: "warning",
    message: "a word\nand another\n",
    streamId: 0,
    ephemeral: false,
  },
  { kind: "resource-outputs", step: step("update", before, after), planning: false },
  { kind: "resource-outputs", step: step("same", stackBefore, stackAfter), planning: false },
  {
    kind: "summary",
    preview: false,
    duration: 11_000_000_000n,
    changes: { update: 1, same: 1 },
    failed: false,
  },
];

describe("what the sandbox's pulumi shows", () => {
  it("is a line for whatever happens, then diagnostics, outputs and a summary, as the real CLI words them", () => {
    const lines: string[] = [];
    const display = new ProgressDisplay(OPTIONS, ROOT, (text) => lines.push(text));
    for (const event of UPDATE) display.show(event);
    assert.equal(
      `${lines.join("\n")}\n`.replace(/\(\d\.\d\ds\)/, "(0.01s)"),
      `Updating (dev):

 ~  random:index:RandomPet pet updating (0s) [diff: ~keepers]
 ~  random:index:RandomPet pet updating (0s) [diff: ~keepers]; warning: a word
 ~  random:index:RandomPet pet updated (0.01s) [diff: ~keepers]; warning: a word
    pulumi:pulumi:Stack golden-dev  
Diagnostics:
  random:index:RandomPet (pet):
    warning: a word
    and another

Outputs:
  ~ pet : "old" => "new"
    pin : [secret]
    same: 1

Resources:
    ~ 1 updated
    1 unchanged

Duration: 11s

`,
    );
  });

  it("is every change in full with --diff", () => {
    const lines: string[] = [];
    const display = new RichDiffDisplay({ ...OPTIONS, preview: true }, ROOT, (text) => lines.push(text));
    const unknown: ResourceState = { ...after, inputs: { keepers: UNKNOWN, length: 2 } };
    display.show({ kind: "resource-pre", step: step("same", stackBefore, stackBefore), planning: true });
    display.show({ kind: "resource-pre", step: step("replace", before, unknown), planning: true });
    assert.equal(
      lines.join("\n"),
      `Previewing update (dev):
  pulumi:pulumi:Stack: (same)
    [urn=${ROOT}]
    +-random:index/randomPet:RandomPet: (replace)
        [urn=${after.urn}]
      ~ keepers: {
            version: "1"
        } => [unknown]
        length : 2`,
    );
  });

  it("aligns values, and hides internals and secrets", () => {
    const map = { a: { __defaults: [], xy: [1, "t"] }, long: new Secret("s"), none: null, empty: {} };
    assert.equal(
      renderMap(map, "  ", { showSecrets: false }).join("\n"),
      `  a    : {
      xy        : [
          [0]: 1
          [1]: "t"
      ]
  }
  empty: {}
  long : [secret]
  none : <null>`,
    );
    assert.deepEqual(renderMap({ s: new Secret("x") }, "", { showSecrets: true }), ['s: "x"']);
  });

  it("counts as the real CLI counts", () => {
    assert.equal(
      resourceSummary({ replace: 3, same: 6, update: 3 }, false, 0),
      "Resources:\n    ~ 3 updated\n    +-3 replaced\n    6 changes. 6 unchanged",
    );
    assert.equal(resourceSummary({ create: 12 }, true, 0), "Resources:\n    + 12 to create");
    assert.equal(
      resourceSummary({ update: 3, replace: 2, same: 6 }, false, 2),
      "Resources:\n    ~ 3 updated\n    +-2 replaced\n    5 changes. 6 unchanged\n    2 errored",
    );
  });

  it("shortens types, tables and times", () => {
    assert.equal(shortType("docker:index/image:Image"), "docker:index:Image");
    assert.equal(shortType("pulumi-nodejs:dynamic/golden:Thing"), "pulumi-nodejs:dynamic/golden:Thing");
    assert.equal(
      table([
        ["A", "B"],
        ["long", "x"],
      ]),
      "A     B\nlong  x",
    );
    const now = new Date("2026-01-01T00:10:00Z");
    assert.equal(ago(new Date("2026-01-01T00:08:30Z"), now), "1 minute ago");
  });

  it("is an event of the protocol for event logs, without any secret", () => {
    const json = eventToJson(UPDATE[4]!, 7) as {
      resOutputsEvent: { metadata: { new: { outputs: unknown } } };
    };
    assert.deepEqual(Object.keys(json), ["sequence", "timestamp", "resOutputsEvent"]);
    assert.doesNotMatch(JSON.stringify(json), /1234/);
    assert.deepEqual(json.resOutputsEvent.metadata.new.outputs, {
      pet: "new",
      pin: {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        ciphertext: "[secret]",
      },
      same: 1,
    });
  });
});
