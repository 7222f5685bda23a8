import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { installPlugins, type PluginWishes } from "../../pulumi/install/install-plugins";
import { executableOf, folderOf, plugins } from "../../pulumi/install/plugins";
import { PARTS, preparePulumi } from "../../pulumi/install/prepare-pulumi";
import { Scripts } from "../../test/pulumi/scripts";

describe("the sandbox's Pulumi", function () {
  this.timeout(120_000); // it bundles six programs
  const scripts = new Scripts();
  const places = { cache: scripts.at("cache"), home: scripts.at("home") };
  const [docker, ...others] = plugins();
  const users = process.env["PULUMI_HOME"];

  before(async () => {
    process.env["PULUMI_HOME"] = scripts.at("users");
    // Real ones, as far as can be seen: one that the user has, and a CLI that brings no hosts.
    scripts.write(`users/plugins/${folderOf(docker!)}/${executableOf(docker!)}`, "exit 1");
    scripts.write("bin/pulumi", "echo v3.999.0");
    await prepare();
  });
  after(() => {
    if (users === undefined) delete process.env["PULUMI_HOME"];
    else process.env["PULUMI_HOME"] = users;
    scripts.remove();
  });

  const prepare = () => preparePulumi(places, { path: scripts.at("bin"), progress: () => undefined });
  const plugin = (name: string) => {
    const spec = plugins().find((one) => one.name === name)!;
    return scripts.at("home/home/plugins", folderOf(spec), executableOf(spec));
  };

  it("has the versions that the npm packages ask for", () => {
    for (const { name, version } of plugins()) {
      const file = require.resolve(`@pulumi/${name}/package.json`);
      assert.equal(version, JSON.parse(readFileSync(file, "utf8")).version);
    }
  });

  it("notes for every part whether it is real, and why not", () => {
    const parts = JSON.parse(readFileSync(scripts.at("home", PARTS), "utf8")) as Record<string, string>[];
    assert.deepEqual(
      parts.map(({ part, kind }) => [part, kind]),
      [
        ["Pulumi CLI", "real"],
        [`plugin docker ${docker!.version}`, "real"],
        ...others.map(({ name, version }) => [`plugin ${name} ${version}`, "stand-in"]),
      ],
    );
    const [cli, usersOwn, standIn] = parts;
    assert.equal(cli!["about"], `3.999.0, on the PATH: ${scripts.at("bin/pulumi")}`);
    assert.equal(usersOwn!["about"], `in ${scripts.at("users/plugins")}`);
    assert.notEqual(standIn!["about"], "");
  });

  it("uses a real plugin where the user has it", () => {
    assert.equal(
      realpathSync(plugin("docker")),
      scripts.at(`users/plugins/${folderOf(docker!)}/${executableOf(docker!)}`),
    );
  });

  it("makes plugins that run without this checkout, and say their port", async () => {
    const child = spawn(plugin("random"), ["127.0.0.1:1"], {
      cwd: "/",
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    assert.match(line, /^\d+$/);
    child.kill();
  });

  it("gives a person who starts one a sentence", () => {
    const { status, stderr } = spawnSync(plugin("random"), [], { encoding: "utf8" });
    assert.deepEqual(
      [status, stderr],
      [
        1,
        "pulumi-resource-random is a plugin: Pulumi starts it, with the engine's address for an argument\n",
      ],
    );
  });

  it("starts them from code that is compiled already", () => {
    const file = `${plugin("random")}.cjs`;
    const rejected = `
      const { readFileSync } = require("node:fs"), { wrap } = require("node:module"), { Script } = require("node:vm");
      const cachedData = readFileSync(process.argv[1] + "." + process.version + ".code");
      const { cachedDataRejected } = new Script(wrap(readFileSync(process.argv[1], "utf8")), { cachedData });
      console.log(cachedDataRejected);`;
    assert.equal(execFileSync(process.execPath, ["-e", rejected, file], { encoding: "utf8" }), "false\n");
  });

  it("puts what runs programs of Node beside a CLI that brings nothing for that, in the folder of its own file", () => {
    const names = readdirSync(scripts.at("home/bin")).filter((name) => !name.includes("."));
    assert.deepEqual(names, ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]);
    assert.ok(!lstatSync(scripts.at("home/bin/pulumi")).isSymbolicLink(), "the CLI looks beside its file");
  });

  it("leaves everything as it is where nothing has changed", async () => {
    const times = () =>
      ["home/bin", `home/home/plugins/${folderOf(others[0]!)}`].map(
        (name) => statSync(scripts.at(name)).mtimeMs,
      );
    const before = times();
    await prepare();
    assert.deepEqual(times(), before);
  });

  it("takes a CLI with hosts of its own as it is", async () => {
    for (const name of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"])
      scripts.write(`other/${name}`, "");
    scripts.write("other/pulumi", "echo v3.998.0");
    await preparePulumi(places, { path: scripts.at("other"), progress: () => undefined });
    assert.equal(realpathSync(scripts.at("home/bin/pulumi")), scripts.at("other/pulumi"));
    assert.ok(!existsSync(scripts.at("home/bin/pulumi-language-nodejs")));
  });

  describe("where downloads can be had", () => {
    const wishes = (text: string): PluginWishes => ({
      cli: { executable: scripts.write("bin/downloading", text), version: "3.999.0", from: "" },
      path: "",
      unreachable: undefined,
      progress: () => undefined,
    });
    const folder = "$PULUMI_HOME/plugins/resource-$4-v$5";

    it("replaces ours by the real plugins, and keeps ours in their place where one can't be had", async () => {
      const install = `[ "$4" = gitlab ] && { echo "404 Not Found" >&2; exit 1; }
        mkdir -p "${folder}" && echo "#!/bin/sh" > "${folder}/pulumi-resource-$4" && chmod +x "${folder}/pulumi-resource-$4"`;
      const parts = await installPlugins(places, wishes(install));
      assert.deepEqual(
        parts.slice(1).map(({ kind, about }) => [kind, about]),
        [
          ["real", "downloaded"],
          ["real", "downloaded"],
          ["stand-in", "its download failed: 404 Not Found"],
        ],
      );
      assert.equal(readFileSync(plugin("random"), "utf8"), "#!/bin/sh\n");
      assert.match(readFileSync(plugin("gitlab"), "utf8"), /env node/);
      const again = await installPlugins(places, wishes("exit 1"));
      assert.deepEqual([again[1]!.about, again[2]!.about], ["downloaded", "downloaded"], "they are kept");
    });
  });
});
