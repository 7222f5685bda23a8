import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compiledSources } from "../../support/compiled-sources";

const apps = {
  blog: {
    port: 80,
    publish: 8080,
    servers: ["main"],
    build: { context: ".", args: { TOKEN: "hunter22" } },
    env: { MODE: "hunter23" },
  },
};
const config = {
  "berth:nexus": { hostname: "127.0.0.1", eula: "accepted" },
  "berth:gitlab": { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
  "berth:servers": { main: { docker: "unix:///run/nowhere.sock", address: "main.test" } },
  "berth:apps": apps,
};

describe("the program that pulumi itself starts", function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-program-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: berth\nruntime: nodejs\n");
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Reads the settings as the engine's language host hands them over (sdk/nodejs/cmd/pulumi-language-nodejs). */
  function read(secretKeys: readonly string[]) {
    const values = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
    const script = `const { readSettings, SettingsError } = require("${compiledSources("components/settings/settings")}");
      try { console.log("apps:", readSettings().apps.length); }
      catch (error) { if (!(error instanceof SettingsError)) throw error; console.log(error.message); }`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--eval", script], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(values)),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
        PULUMI_NODEJS_PROJECT: "berth",
        PULUMI_NODEJS_STACK: "dev",
        PULUMI_NODEJS_ROOT_DIRECTORY: folder,
      },
    });
    assert.equal(stderr, "");
    return stdout;
  }

  it("refuses what an environment adds to build arguments and env where the key holds a secret", () => {
    const inFile = { blog: { env: { MODE: "hunter23" } } };
    const file = `environment: [team/dev]\nconfig: { berth:apps: ${JSON.stringify(inFile)} }\n`;
    writeFileSync(join(folder, "Pulumi.dev.yaml"), file);
    assert.match(
      read(["berth:apps"]),
      /^berth:apps\.blog\.build\.args\.TOKEN: it may be a secret: [^\n]*\n$/,
    );
    rmSync(join(folder, "Pulumi.dev.yaml"));
    const said = read(["berth:apps"]);
    assert.match(said, /args\.TOKEN: it may be a secret.*\n.*env\.MODE: it may be a secret/);
    assert.doesNotMatch(said, /hunter/);
  });

  it("takes it where no key that it is of holds a secret", () => {
    assert.equal(read(["berth:nexus"]), "apps: 1\n");
  });
});
