import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NpmRegistry } from "../../support/package/npm-registry";
import { packBerth, packSandbox, TeamProject } from "../../support/package/team-project";
import { root } from "../../support/stack/sandbox";

describe("the sandbox as a package beside Berth", function () {
  this.timeout(600_000);
  const registry = new NpmRegistry();
  let folder: string;
  let tarball: string;
  let project: TeamProject;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "berth-packed-"));
    project = new TeamProject();
    await registry.start();
    registry.publish(packBerth(folder));
    tarball = packSandbox(folder);
    registry.publish(tarball);
    project.install(["berth", "berth-sandbox"], registry);
  });
  after(async () => {
    await registry.stop();
    project?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has what it runs, and nothing of its tests, its demo and this machine", () => {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    const theirs =
      /^package\/(dist\/.*\.(js|cjs|map)|dist\/gitlab\/git\/hooks\/\w+(-\w+)?|main\.cjs|package\.json)$/;
    assert.deepEqual(
      files.filter((file) => !theirs.test(file) || /test|integration|demo|kubernetes/i.test(file)),
      [],
    );
    const installed = join(project.path, "node_modules", "berth-sandbox");
    for (const { name, parentPath } of readdirSync(installed, {
      recursive: true,
      withFileTypes: true,
    }).filter((one) => one.isFile())) {
      const text = readFileSync(join(parentPath, name), "utf8");
      const told = [folder, root].filter((place) => text.includes(place));
      assert.deepEqual(told, [], join(parentPath, name));
    }
    const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    for (const [name, range] of Object.entries(dependencies))
      assert.match(String(range), /^\^?\d+\.\d+\.\d+$/, name);
  });

  it("is what `berth sandbox` runs: what is real, and what is up", async function () {
    if (process.getuid?.() !== 0) this.skip(); // the sandbox is root's
    const { code, stdout, stderr } = await project.berth(["sandbox", "status"]);
    assert.match(stdout, /^Docker +(up|down) /m, stderr);
    assert.match(stdout, /^GitLab +stand-in +a real registry and git;/m);
    assert.equal(code, /^[^\n]+ down /m.test(stdout) ? 3 : 0, stdout + stderr);
  });

  it("makes its stand-ins for Pulumi's plugins, of the versions that the project's Berth asks for", () => {
    project.write("bin/pulumi", "#!/bin/sh\necho v3.999.0\n");
    chmodSync(join(project.path, "bin", "pulumi"), 0o755);
    // As for the real one, no package.json above it says of what kind its programs are.
    const places = { cache: join(folder, "cache"), home: join(folder, "home") };
    const wishes = `{ path: ${JSON.stringify(join(project.path, "bin"))}, progress: () => {} }`;
    project.write(
      "prepare.cjs",
      `const { preparePulumi } = require("./node_modules/berth-sandbox/dist/pulumi/install/prepare-pulumi.js");
preparePulumi(${JSON.stringify(places)}, ${wishes}).then((parts) => console.log(JSON.stringify(parts)));\n`,
    );
    const env = { ...process.env, PULUMI_HOME: join(project.path, "nobody") };
    const said = execFileSync(process.execPath, ["prepare.cjs"], {
      cwd: project.path,
      env,
      encoding: "utf8",
    });
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const parts: { part: string }[] = JSON.parse(said);
    assert.deepEqual(
      parts.map(({ part }) => part.replace(/ [\d.]+$/, "")),
      ["Pulumi CLI", "plugin docker", "plugin command", "plugin random", "plugin gitlab"],
    );
    assert.equal(parts[2]?.part, `plugin command ${dependencies["@pulumi/command"]}`);
    const made = readdirSync(join(places.home, "bin"));
    assert.ok(made.includes("pulumi-language-nodejs"), made.join());
  });
});
