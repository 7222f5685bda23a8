import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENGINE_VERSION } from "../../../sandbox/pulumi/src/version";

const repository = join(__dirname, "..", "..", "..");

describe("the engine as one file", () => {
  const root = mkdtempSync(join(tmpdir(), "berth-bundle-"));
  const packages = join(root, "node_modules");
  const engine = join(root, "sandbox", "pulumi");
  const cache = join(packages, ".cache", "berth-sandbox-pulumi");

  before(() => {
    cpSync(join(repository, "sandbox", "pulumi"), engine, { recursive: true });
    cpSync(join(repository, "tsconfig.json"), join(root, "tsconfig.json"));
    mkdirSync(packages);
    for (const name of readdirSync(join(repository, "node_modules")).filter((name) => name !== ".cache"))
      symlinkSync(join(repository, "node_modules", name), join(packages, name));
  });
  after(() => rmSync(root, { recursive: true }));

  const version = (env = {}) => {
    const { stdout, stderr } = spawnSync(join(engine, "bin", "pulumi"), ["version"], {
      env: { ...process.env, BERTH_SANDBOX_PROVIDERS: "", ...env },
      encoding: "utf8",
    });
    return { said: stdout.trim(), stderr };
  };
  const declare = (text: string) => writeFileSync(join(engine, "src", "version.ts"), text);

  it("is made by the first start and used by the next", () => {
    assert.equal(version().said, ENGINE_VERSION);
    const [made, ...others] = readdirSync(cache);
    assert.deepEqual(others, []);
    // What is kept is what runs.
    writeFileSync(join(cache, made!), 'exports.main = () => console.log("kept");');
    assert.equal(version().said, "kept");
  });

  it("is made anew when a source has changed", () => {
    declare('export const ENGINE_VERSION = "v9.9.9";\n');
    assert.equal(version().said, "v9.9.9");
  });

  it("is left aside for a provider from outside, which shares modules with the engine", () => {
    declare('export const ENGINE_VERSION = "v9.9.8";\n');
    const before = readdirSync(cache).length;
    assert.equal(version({ BERTH_SANDBOX_PROVIDERS: "fake=/nowhere.ts" }).said, "v9.9.8");
    assert.equal(readdirSync(cache).length, before);
  });

  it("hides no mistake in a source", () => {
    declare("export const ENGINE_VERSION = ;\n");
    const { said, stderr } = version();
    assert.equal(said, "");
    assert.match(stderr, /version\.ts:1:30: ERROR: Unexpected ";"/);
  });

  it("is not needed where it can't be kept", () => {
    declare('export const ENGINE_VERSION = "v9.9.7";\n');
    rmSync(cache, { recursive: true });
    writeFileSync(cache, "not a folder");
    assert.equal(version().said, "v9.9.7");
  });
});
