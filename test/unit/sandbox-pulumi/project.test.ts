import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfigKey, parseConfigPath } from "../../../sandbox/pulumi/src/project/config-key";
import { configText, decryptConfig, maskConfig } from "../../../sandbox/pulumi/src/project/config-value";
import { requireProject } from "../../../sandbox/pulumi/src/project/project";
import { StackConfig } from "../../../sandbox/pulumi/src/project/stack-config";

describe("a stack's configuration file", () => {
  let directory: string;
  const file = () => join(directory, "Pulumi.dev.yaml");
  const write = (text: string) => writeFileSync(file(), text);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stack-config-"));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it("keeps comments, order and flow style when it is edited", () => {
    write(
      "# ours\nconfig:\n  # the ports\n  berth:nexus:\n    ports: { http: 8081, docker: 8082 } # fixed\n  berth:b: two\n",
    );
    const config = StackConfig.load(file());
    config.set("berth:nexus", ["ports", "http"], 9091);
    config.set("berth:c", [], "3");
    config.salt = "v1:AA==:v1:BB==:CC==";
    config.save();
    assert.equal(
      readFileSync(file(), "utf8"),
      'encryptionsalt: v1:AA==:v1:BB==:CC==\n# ours\nconfig:\n  # the ports\n  berth:nexus:\n    ports: { http: 9091, docker: 8082 } # fixed\n  berth:b: two\n  berth:c: "3"\n',
    );
  });

  it("starts as nothing, and does not touch the file where nothing changes", () => {
    const config = StackConfig.load(file());
    assert.deepEqual([...config.entries()], []);
    config.save();
    assert.throws(() => readFileSync(file()), /ENOENT/);
    write("config: {a:b: c}   # odd spacing\n");
    const other = StackConfig.load(file());
    assert.equal(other.remove("a:absent", []), false);
    other.save();
    assert.equal(readFileSync(file(), "utf8"), "config: {a:b: c}   # odd spacing\n");
  });

  it("makes structures of paths, and removes what they lead to", () => {
    const config = StackConfig.load(file());
    config.set("p:x", ["y", 0], 3);
    config.set("p:x", ["y", 1], 4);
    config.set("p:x", ["z"], { secure: "v1:a:b" });
    config.remove("p:x", ["y", 0]);
    assert.deepEqual(config.entries().get("p:x"), { y: [4], z: { secure: "v1:a:b" } });
  });

  it("names what it does not support", () => {
    write("environment:\n  - prod\n");
    assert.throws(() => StackConfig.load(file()), /ESC environments are not supported/);
    write("secretsprovider: awskms://key\n");
    assert.throws(() => StackConfig.load(file()), /secrets provider 'awskms:\/\/key' is not supported/);
    write("surprise: 1\n");
    assert.throws(() => StackConfig.load(file()), /Pulumi.dev.yaml.*'surprise' is not supported/);
  });
});

describe("configuration values", () => {
  it("are text for programs: scalars as they are, structures as JSON with sorted keys", () => {
    assert.equal(configText("x"), "x");
    assert.equal(configText(8080), "8080");
    assert.equal(configText(true), "true");
    assert.equal(configText({ b: [1], a: { d: null, c: "" } }), '{"a":{"c":"","d":null},"b":[1]}');
  });

  it("are decrypted and masked at any depth", () => {
    const value = { a: [{ secure: "x" }], b: 1 };
    const crypter = { encrypt: (text: string) => text, decrypt: (text: string) => `plain ${text}` };
    assert.deepEqual(decryptConfig(value, crypter), { a: ["plain x"], b: 1 });
    assert.deepEqual(maskConfig(value), { a: ["[secret]"], b: 1 });
  });

  it("have keys with the project's name where they have none", () => {
    assert.equal(parseConfigKey("size", "berth"), "berth:size");
    assert.equal(parseConfigKey("docker:host", "berth"), "docker:host");
    assert.equal(parseConfigKey("docker:config:host", "berth"), "docker:host");
    assert.throws(() => parseConfigKey("a:b:c", "berth"), /could not parse a:b:c/);
    assert.deepEqual(parseConfigPath('berth:apps.blog["x.y"][0]', "p"), {
      key: "berth:apps",
      path: ["blog", "x.y", 0],
    });
  });
});

describe("a project file", () => {
  it("is looked for upwards, and what it may not say is named", () => {
    const directory = mkdtempSync(join(tmpdir(), "project-"));
    const write = (text: string) => writeFileSync(join(directory, "Pulumi.yaml"), text);
    write("name: berth\nruntime:\n  name: nodejs\n  options: { typescript: false }\nmain: index.ts\n");
    const project = requireProject(join(directory, "a", "b"));
    assert.deepEqual([project.name, project.root, project.main], ["berth", directory, "index.ts"]);
    write("name: berth\nruntime: python\n");
    assert.throws(() => requireProject(directory), /runtime 'python' is not supported/);
    write("name: berth\nruntime: nodejs\nplugins: {}\n");
    assert.throws(() => requireProject(directory), /attribute 'plugins' is not supported/);
    rmSync(directory, { recursive: true });
    assert.throws(() => requireProject(directory), /no Pulumi.yaml project file found/);
  });
});
