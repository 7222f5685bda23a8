import assert from "node:assert/strict";
import { parse } from "yaml";
import { withEngineKeys } from "../../../../automation/stack-file/engine-keys";

/** What a person wrote. */
const before = `# ours
config:
  berth:apps:
    blog: &b # the blog
      env: { VERSION: 1.10, MODE: 0777, SINCE: 2024-01-01, ON: yes }
    shop: *b
`;

/** What `pulumi stack init` (3.274.1) made of it, with a salt. */
const after = `# ours
config:
  berth:apps:
    blog: &b
      env: {VERSION: 1.1, MODE: 511, SINCE: '2024-01-01 00:00:00 +0000 UTC', ON: yes}
    shop: # the blog
      env:
        MODE: 511
        "ON": "yes"
        SINCE: 2024-01-01 00:00:00 +0000 UTC
        VERSION: 1.1
encryptionsalt: v1:g719xSDw0WY=:v1:cbD3BezKV9euYwXE:SzYBn1UCrBmkQQtVWNGTyolfK7ncSA==
`;
const salt = after.slice(after.indexOf("encryptionsalt"));

describe("a stack file that the engine wrote into", () => {
  it("keeps its words, and gets the salt", () => {
    assert.equal(withEngineKeys(before, after, "berth"), before + salt);
    const windows = before.replaceAll("\n", "\r\n");
    assert.equal(withEngineKeys(windows, after, "berth"), windows + salt.replace("\n", "\r\n"));
    assert.equal(withEngineKeys(before.trimEnd(), after, "berth"), before + salt);
  });

  it("gets the salt where it can be read: in the braces of JSON, and before what ends the document", () => {
    const app = "{ v: 1.10 }";
    const engine = `config:\n  berth:apps:\n    blog:\n      v: 1.1\n${salt}`;
    const json = `{ "config": { "berth:apps": { "blog": { "v": 1.10 } } } }\n`;
    const told = withEngineKeys(json, engine, "berth") ?? "";
    assert.equal(told.replace(/, "encryptionsalt": "v1:[^"]+"/, ""), json);
    assert.deepEqual(parse(told), parse(engine));
    const ended = `---\nconfig:\n  berth:apps:\n    blog: ${app}\n`;
    assert.equal(withEngineKeys(`${ended}...\n`, engine, "berth"), `${ended}${salt}...\n`);
  });

  it("is left alone where nothing but the salt was added", () => {
    assert.equal(withEngineKeys(before, before + salt, "berth"), undefined);
    assert.equal(withEngineKeys(before, before, "berth"), undefined);
  });

  it("is left alone where somebody else changed it, too", () => {
    assert.equal(withEngineKeys(before, after.replaceAll("511", "512"), "berth"), undefined);
    assert.equal(withEngineKeys(before, `${after}: no YAML {`, "berth"), undefined);
    assert.equal(withEngineKeys(`${before}encryptionsalt: v1:old\n`, after, "berth"), undefined);
  });
});
