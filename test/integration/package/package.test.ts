import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packBerth, repack, TeamProject } from "../../support/package/team-project";
import { ScriptedRegistry } from "../../support/registry/scripted-registry";
import { root, run } from "../../support/stack/sandbox";
import { whyNoPulumi } from "../../support/stack/sandbox-pulumi";

const PULUMI_YAML =
  "name: shop\nruntime: { name: nodejs, options: { packagemanager: npm, typescript: false } }\nmain: index.js\n";
const STACK = `config:
  berth:nexus: { hostname: 127.0.0.1, eula: accepted, docker: "unix:///run/nowhere.sock" }
  berth:gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: team/shop }
  berth:servers: { main: { docker: "unix:///run/nowhere.sock", address: main.test } }
  berth:apps:
    blog: { port: 80, publish: 8080, servers: [main], release: { tag: v1, digest: "sha256:${"1".repeat(64)}" } }
`;
const PROGRAM = 'export { default } from "berth";\n';

describe("the package", function () {
  this.timeout(600_000);
  let folder: string;
  let tarball: string;
  let project: TeamProject;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-packed-"));
    tarball = packBerth(folder);
    project = new TeamProject();
    project.install([tarball]);
  });
  after(() => {
    project?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    project.write("Pulumi.yaml", PULUMI_YAML);
    project.write("Pulumi.dev.yaml", STACK);
    project.write("index.js", PROGRAM);
  });

  const installed = () => join(project.path, "node_modules", "berth");

  it("has what it runs, with types and source maps, and nothing of the sandbox, the tests and this machine", () => {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    const strays = files.filter(
      (file) =>
        !/^package\/(dist|sdks\/gitlab)\/|^package\/(package\.json|README\.md|LICENSE)$/.test(file) &&
        file !== "package/docs/reference/stack.schema.json",
    );
    assert.deepEqual(strays, []);
    assert.deepEqual(
      files.filter(
        (file) => /test|sandbox|\.env/i.test(file) && !/commands\/sandbox\.(js|js\.map|d\.ts)$/.test(file),
      ),
      [],
    );
    const programs = files.filter((file) => file.endsWith(".js") && file.includes("/dist/"));
    assert.ok(programs.length > 400, String(programs.length));
    for (const file of programs)
      for (const beside of [`${file}.map`, file.replace(/js$/, "d.ts")])
        assert.ok(files.includes(beside), beside);
    assert.ok(!readdirSync(join(folder, "checkout")).includes("dist"), "what it is made of goes again");
  });

  it("names no place of this machine, and depends on no local folder", () => {
    const texts = readdirSync(installed(), { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const places = [folder, root, "file:"];
    for (const { name, parentPath } of texts) {
      const text = readFileSync(join(parentPath, name), "utf8");
      const told = name === "package.json" ? places : places.slice(0, 2);
      assert.deepEqual(
        told.filter((place) => text.includes(place)),
        [],
        join(parentPath, name),
      );
    }
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(installed(), "package.json"), "utf8"),
    );
    for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies }))
      assert.match(String(range), /^\^?\d+\.\d+\.\d+$/, name);
  });

  it("brings the command, which says its version", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const help = await run(["npx", "--no-install", "berth", "--help"], process.env, project.path);
    assert.equal(help.code, 0, help.stderr);
    assert.match(help.stdout, /^Usage: berth /);
    assert.equal((await project.berth(["--version"])).stdout, `${version}\n`);
    assert.match((await project.berth(["copy", "--help"])).stdout, /by digest/);
  });

  it("works with the nearest Pulumi.yaml above the working directory, and names it in errors", async () => {
    project.write("apps/shop/readme", "");
    const nowhere = await project.berth(["preview", "prod"], process.env, "apps/shop");
    assert.equal(nowhere.code, 2);
    assert.equal(
      nowhere.stderr,
      `berth: There is no stack "prod": no file ${join(project.path, "Pulumi.prod.yaml")}. Stacks here: dev.\n`,
    );
    project.write("apps/shop/Pulumi.yaml", "runtime: nodejs\n");
    const nameless = await project.berth(["preview"], process.env, "apps/shop");
    assert.match(nameless.stderr, /the team's project\/apps\/shop\/Pulumi\.yaml has no `name`/);
    rmSync(join(project.path, "apps"), { recursive: true });
    rmSync(join(project.path, "Pulumi.yaml"));
    const none = await project.berth(["preview"]);
    assert.equal(none.code, 2);
    assert.match(
      none.stderr,
      /^berth: There is no Pulumi\.yaml in .*the team's project, nor in a folder above it/,
    );
  });

  it("has types for the program and for each component", () => {
    project.write("program.ts", PROGRAM);
    project.write(
      "own.ts",
      `import program from "berth";
import { type Republish, Role, RawHosted } from "berth/components";

const server = { url: "http://nexus.test", username: "admin", password: "secret" };
new Role("readers", { server, roleId: "readers", privileges: ["nx-healthcheck-read"] });
// @ts-expect-error: a role has an id
new Role("nobody", { server, privileges: [] });
export const repository = new RawHosted("files", { server, name: "files", blobStore: "default", writePolicy: "DENY" }).name;
export const reference = (released: Republish) => released.reference;
export default () => program("berth").then(({ nexusUrl }) => ({ nexusUrl }));
`,
    );
    const options = { module: "nodenext", target: "es2022", strict: true, noEmit: true, types: ["node"] };
    project.write("tsconfig.json", JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
    const compiler = join(root, "node_modules", "typescript-native", "bin", "tsc");
    const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", project.path], {
      encoding: "utf8",
    });
    for (const file of ["program.ts", "own.ts", "tsconfig.json"]) rmSync(join(project.path, file));
    assert.equal(stdout, "");
    assert.equal(status, 0);
  });

  it("asks for the sandbox, which is another package, only where it is wanted", async () => {
    const { code, stderr } = await project.berth(["sandbox", "status"]);
    assert.equal(code, 1);
    assert.match(stderr, /^berth: The sandbox is a package of its own.*npm install --save-dev berth-sandbox/);
  });

  it("runs in a checkout that can only be read, and writes nothing there", async function () {
    if (process.getuid?.() !== 0) this.skip(); // who has made the files may write them
    project.write("Pulumi.dev.yaml", STACK.replace("port: 80", "port: 0"));
    const options = { cwd: project.path, uid: 65534, gid: 65534, encoding: "utf8" } as const;
    const bin = join(project.path, "node_modules", ".bin", "berth");
    const env = { PATH: process.env["PATH"], HOME: "/nonexistent" };
    const { status, stderr } = spawnSync(process.execPath, [bin, "preview"], { ...options, env });
    assert.match(stderr, /berth:apps\.blog\.port/);
    assert.equal(status, 2, stderr);
    assert.deepEqual(
      readdirSync(join(project.path, "node_modules")).filter((name) => name === ".cache"),
      [],
    );
  });

  describe("with Pulumi's engine", () => {
    before(function () {
      if (whyNoPulumi()) this.skip();
    });

    const pulumi = (...args: string[]) =>
      run(["pulumi", ...args, "--stack", "dev", "--non-interactive"], project.environment, project.path);

    it("is the same program by berth and by hand, in JavaScript and in TypeScript", async () => {
      await pulumi("stack", "init");
      const preview = await project.berth(["preview", "--json"], project.environment);
      assert.equal(preview.code, 0, preview.stderr);
      const { changes } = JSON.parse(preview.stdout);
      assert.ok(changes.create > 40, preview.stdout);
      const byHand = async () => {
        const { stdout, stderr, code } = await pulumi("preview");
        assert.equal(code, 0, stdout + stderr);
        return Number(/\+ (\d+) to create/.exec(stdout)?.[1]);
      };
      assert.equal(await byHand(), changes.create);
      project.write("index.ts", PROGRAM);
      project.write(
        "Pulumi.yaml",
        PULUMI_YAML.replace("index.js", "index.ts").replace("false }", "false, nodeargs: --import tsx }"),
      );
      assert.equal(await byHand(), changes.create);
      const inTypescript = await project.berth(["preview", "--json"], project.environment);
      assert.deepEqual(JSON.parse(inTypescript.stdout).changes, changes);
      rmSync(join(project.path, "index.ts"));
    });

    it("refuses a program of another Berth than the one that was called", async () => {
      const checkout = join(root, "automation", "berth.cjs");
      const { code, stderr } = await run(
        [process.execPath, checkout, "preview"],
        project.environment,
        project.path,
      );
      assert.equal(code, 1);
      assert.ok(
        stderr.includes(
          `This berth is ${root}, the program in ${join(project.path, "index.js")} uses ${installed()}. Call that one: npx berth`,
        ),
        stderr,
      );
    });

    it("says of a program that it can't run what one is", async () => {
      project.write("index.js", "export const url = 1;\n");
      const { code, stderr } = await project.berth(["preview"], project.environment);
      assert.equal(code, 1);
      assert.match(stderr, /the team's project\/index\.js exports no function\. A program for berth is/);
    });

    it("works with the state of another version, wherever the packages lie", async () => {
      const registry = await new ScriptedRegistry().start();
      try {
        const digest = registry.addImage("source", ["a layer"]);
        project.write("index.js", programOf(registry.host, digest));
        await succeeds(pulumi("up", "--yes", "--skip-preview"));
        assert.ok(registry.manifests.has("target:v1"), "the copy by `berth copy` of the package");
        project.install([repack(tarball, "0.2.0")]);
        assert.equal((await project.berth(["--version"])).stdout, "0.2.0\n");
        renameSync(join(project.path, "node_modules"), join(project.directory, "node_modules"));
        await succeeds(pulumi("up", "--yes", "--skip-preview", "--expect-no-changes"));
        await succeeds(pulumi("refresh", "--yes", "--skip-preview"));
        await succeeds(pulumi("destroy", "--yes", "--skip-preview"));
      } finally {
        await registry.stop();
      }
    });
  });
});

/** A dynamic resource, and a copy by the command. */
function programOf(registry: string, digest: string): string {
  return `import { Republish, StackIdentity } from "berth/components";

export default async () => {
  const { id } = new StackIdentity("identity", { owner: "gitlab.test/team/shop" });
  const [source, target] = ["${registry}/source@${digest}", "${registry}/target"];
  const pusher = { username: "pusher", password: "secret" };
  const { reference } = new Republish("shop", { source, target, tag: "v1", pusher, access: { tls: false } });
  return { id, reference };
};
`;
}

async function succeeds(
  running: Promise<{ code: number | null; stdout: string; stderr: string }>,
): Promise<void> {
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0, stdout + stderr);
}
