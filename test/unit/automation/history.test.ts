import assert from "node:assert/strict";
import type { UpdateSummary } from "@pulumi/pulumi/automation";
import { deployedTags, readMessage, updateMessage } from "../../../automation/history";
import { interruptedCreations } from "../../../automation/sweep";
import { parseSettings } from "../../../components/settings";

function update(apps: Record<string, string> | undefined, over: Partial<UpdateSummary> = {}): UpdateSummary {
  const message = apps ? `berth ${JSON.stringify({ apps, who: "ann" })}` : "by hand";
  return { kind: "update", result: "succeeded", message, ...over } as UpdateSummary;
}

describe("the stack's history", () => {
  it("tells the releases that ran, newest first, each once, without failed updates and other operations", () => {
    const history = [
      update({ blog: "c" }),
      update(undefined),
      update({ blog: "broken" }, { result: "failed" }),
      update({ blog: "b", shop: "s" }),
      update({ blog: "refreshed" }, { kind: "refresh" }),
      update({ blog: "c" }),
      update({ blog: "a" }),
    ];
    assert.deepEqual(deployedTags(history, "blog"), ["c", "b", "a"]);
    assert.deepEqual(deployedTags(history, "shop"), ["s"]);
  });

  it("gets a message that names each app's release and who asked for it", () => {
    const release = { tag: "v7", digest: `sha256:${"0".repeat(64)}` };
    const settings = parseSettings({
      nexus: { hostname: "n" },
      gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
      servers: { main: { docker: "unix:///x", address: "a" } },
      apps: { blog: { release, port: 80, publish: 80, servers: ["main"] } },
    });
    const message = readMessage(updateMessage(settings))!;
    assert.deepEqual(message.apps, { blog: "v7" });
    assert.ok(message.who.length > 0);
  });
});

describe("what a killed run left", () => {
  const operation = (type: string, resource: string, name: string) => ({
    type,
    resource: { type: resource, urn: `urn:pulumi:dev::berth::${resource}::${name}` },
  });

  it("is the Docker resources whose creation was interrupted, and nothing else", () => {
    const pending_operations = [
      operation("creating", "docker:index/container:Container", "nexus-container"),
      operation("deleting", "docker:index/container:Container", "other"),
      operation("creating", "random:index/randomPassword:RandomPassword", "secret"),
    ];
    assert.deepEqual(interruptedCreations({ pending_operations }), ["nexus-container"]);
    assert.deepEqual(interruptedCreations({}), []);
    assert.deepEqual(interruptedCreations(null), []);
  });
});
