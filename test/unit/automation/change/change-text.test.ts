import assert from "node:assert/strict";
import { changeText } from "../../../../automation/change/change-text";
import type { PlannedChange } from "../../../../automation/change/model/change";
import { planOf } from "../../../../automation/change/model/planned-changes";
import { inWords } from "../../../../automation/change/told-replacements";
import { resourceWords } from "../../../../automation/engine/resource-words";
import { recordedEvents } from "./recorded";

const change = (operation: PlannedChange["operation"], name: string, type: string): PlannedChange => ({
  urn: `urn::${name}`,
  operation,
  type,
  name,
  what: resourceWords(`urn::${type}::${name}`, { apps: ["blog"], servers: ["web1"] }),
  properties: [{ path: "image", old: "one", new: "two" }],
  ...(operation === "replace" && { because: "its image changes: one → two" }),
});

describe("a change on a terminal", () => {
  const resources = [
    change("replace", "main-docker", "pulumi:providers:docker"),
    change("create", "blog-smoke", "pulumi-nodejs:dynamic/deploy:Smoke"),
    change("update", "blog-traffic", "pulumi-nodejs:dynamic/deploy:Traffic"),
    change("replace", "blog-web1-container", "docker:index/container:Container"),
    change("delete", "old\nname", "docker:index/remoteImage:RemoteImage"),
  ];
  const releases = [
    { app: "blog", before: { tag: "b0dc229", digest: "sha256:b" }, after: { tag: "f342e05" } },
    { app: "shop", after: { digest: `sha256:${"1".repeat(64)}` } },
  ];

  it("is each release before and after, then what is deleted or replaced and why, then the rest, a line each, the engine's own last", () => {
    assert.deepEqual(changeText({ releases, resources }, false), [
      "blog: b0dc229 → f342e05",
      "shop: not deployed → sha256:111111111111",
      "delete   old\\nname: remote image",
      "replace  blog on web1: container",
      "         because its image changes: one → two",
      "update   blog: traffic",
      "create   blog: look after the switch",
      "replace  main: Docker",
      "         because its image changes: one → two",
    ]);
  });

  it("has each property with --diff", () => {
    const lines = changeText({ releases: [], resources: resources.slice(1, 2) }, true);
    assert.deepEqual(lines, [
      "create  blog: look after the switch",
      '    - image: "one"',
      '    + image: "two"',
    ]);
  });

  it("is nothing where nothing changes", () => {
    assert.deepEqual(changeText({ releases: [], resources: [] }, true), []);
  });

  it("fits 80 columns for a change of the real engine, and has none of its secrets", () => {
    const { resources, ...plan } = planOf(recordedEvents("3-update"));
    const told = inWords(resources, { apps: [], servers: [] }, { dependenciesOf: () => new Map() });
    const text = changeText({ ...plan, resources: told }, true);
    assert.ok(text.some((line) => /^replace {2}/.test(line)));
    assert.ok(text.filter((line) => !line.startsWith("    ")).every((line) => line.length <= 80));
    assert.doesNotMatch(text.join("\n"), /ciphertext/);
  });
});
