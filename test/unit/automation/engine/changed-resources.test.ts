import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { ChangedResources } from "../../../../automation/engine/changed-resources";

/** An event of the engine with the parts that count here. */
const event = (part: object): EngineEvent => ({ sequence: 1, timestamp: 1, ...part });

describe("what an operation changed", () => {
  const ended = event({
    summaryEvent: { resourceChanges: { same: 40, read: 1, discard: 1, refresh: 3, update: 2, create: 0 } },
  });

  it("is counted by the engine's last event, without what stays as it is", () => {
    const touched = new ChangedResources();
    assert.deepEqual(touched.summary, {});
    touched.onEvent(ended);
    assert.deepEqual(touched.summary, { update: 2 });
  });

  it("is heard beside whoever else listens to the operation", () => {
    const touched = new ChangedResources();
    const [heard, { signal }] = [[] as EngineEvent[], new AbortController()];
    const run = touched.besides({ signal, onEvent: (one) => heard.push(one) });
    run.onEvent(ended);
    assert.deepEqual([heard, touched.summary], [[ended], { update: 2 }]);
    assert.equal(run.signal, signal);
  });

  it("names each resource once, providers and the way between two steps left out", () => {
    const touched = new ChangedResources();
    const begun = (op: string, type: string) =>
      event({ resourcePreEvent: { metadata: { op, type, urn: `urn:pulumi:dev::berth::${type}::blog` } } });
    touched.onEvent(begun("create", "docker:index/container:Container"));
    touched.onEvent(begun("replace", "docker:index/network:Network"));
    touched.onEvent(begun("create", "pulumi:providers:docker"));
    touched.onEvent(begun("same", "docker:index/volume:Volume"));
    assert.deepEqual(touched.changes, [
      { operation: "create", type: "docker:index/container:Container", name: "blog" },
    ]);
  });
});
