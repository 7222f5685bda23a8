import assert from "node:assert/strict";
import { resultText, type UpdateResult } from "../../../../automation/update/result-text";

const digest = (word: string) => `sha256:${word.repeat(64)}`;
const outputs = (tag: string, word: string, more: object = {}) => ({
  nexusUrl: "https://nexus.test",
  accounts: { puller: { username: "puller", password: "[secret]" } },
  apps: { blog: { url: "https://blog.test", release: { tag, digest: digest(word) }, ...more } },
});
const result: UpdateResult = {
  stack: "dev",
  apps: [{ name: "blog", was: undefined, servers: ["web1", "web2"] }],
  before: outputs("b0dc229", "b"),
  after: outputs("f342e05", "f"),
  changes: { create: 9 },
};

describe("the end of an update", () => {
  it("is what runs where, the way back and where the rest is", () => {
    assert.equal(
      resultText(result),
      "changes: 9 create\n" +
        "blog f342e05 runs on web1, web2 · https://blog.test · before: b0dc229 (berth rollback dev)\n" +
        "Nexus: https://nexus.test · all outputs: berth outputs dev",
    );
  });

  it("says what was replaced and why, within the columns that there are", () => {
    const replaced = [
      { what: ["blog on web1: container", "blog on web1: image"], because: "its image changes: a → b" },
    ];
    const lines = resultText({ ...result, replaced }, 50).split("\n");
    assert.deepEqual(lines.slice(1, 4), [
      "replaced: blog on web1: container, blog on web1:",
      "          image",
      "          because its image changes: a → b",
    ]);
    assert.equal(resultText({ ...result, replaced }).split("\n").length, 5);
  });

  it("has no way back to what runs already, or to nothing", () => {
    const same = "blog f342e05 runs on web1, web2 · https://blog.test";
    assert.deepEqual(
      resultText({ ...result, before: result.after, changes: {} })
        .split("\n")
        .slice(0, 2),
      ["no changes", same],
    );
    assert.equal(resultText({ ...result, before: {} }).split("\n")[1], same);
  });

  it("names the app where there are several, also under its old name", () => {
    const apps = [
      { name: "site", was: "blog", servers: ["web1"] },
      { name: "shop", was: undefined, servers: ["web1"] },
    ];
    const after = {
      apps: {
        site: { release: { tag: "two", digest: digest("2") } },
        shop: { release: { tag: "one", digest: digest("1") } },
      },
    };
    assert.deepEqual(
      resultText({ ...result, apps, after })
        .split("\n")
        .slice(1, 3),
      ["site two runs on web1 · before: b0dc229 (berth rollback dev --app site)", "shop one runs on web1"],
    );
  });

  it("tells what came of an app's files, and shows no other output", () => {
    const after = outputs("f342e05", "f", {
      gitops: { "platform main:values.yaml": "commit https://x.test/1" },
    });
    const text = resultText({ ...result, apps: [{ ...result.apps[0]!, servers: [] }], after });
    assert.match(
      text,
      /^blog f342e05 · https:\/\/blog\.test · before: .*\n {2}platform main:values\.yaml: commit https:\/\/x\.test\/1\n/m,
    );
    assert.doesNotMatch(text, /puller|secret/);
  });

  it("says nothing of outputs where there are none", () => {
    assert.equal(resultText({ ...result, apps: [], before: {}, after: {}, changes: {} }), "no changes");
  });
});
