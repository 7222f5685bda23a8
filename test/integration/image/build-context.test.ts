import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { copyContext } from "../../../components/image/copy-context";

const root = join(__dirname, "..", "..", "..");
const OLD = new Date("2020-02-02T02:02:02Z");

/** Everything in a folder: `path kind mode time`, and what it holds. */
function tree(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, mtimeMs } = lstatSync(path);
      const holds = entry.isSymbolicLink()
        ? readlinkSync(path)
        : entry.isFile()
          ? readFileSync(path, "utf8")
          : "";
      return `${relative(folder, path)} ${mode.toString(8)} ${entry.isSymbolicLink() ? "" : Math.floor(mtimeMs / 1000)} ${holds}`;
    })
    .sort();
}

describe("a copy of a build context", () => {
  let folder: string;
  let from: string;
  let to: string;
  const write = (name: string, text: string, mode = 0o644) => {
    mkdirSync(join(from, name, ".."), { recursive: true });
    writeFileSync(join(from, name), text, { mode });
    utimesSync(join(from, name), OLD, OLD);
  };
  const copy = (dockerfile = "Dockerfile") =>
    copyContext({ from, to, dockerfile, extra: { name: "ca.crt", file: join(folder, "bundle") } });
  const names = () => readdirSync(to, { recursive: true, encoding: "utf8" }).sort();
  const others = (lines: string[]) => lines.filter((line) => !line.startsWith("ca.crt "));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-copy-"));
    [from, to] = [join(folder, "context"), join(folder, "private", "copy")];
    writeFileSync(join(folder, "bundle"), "PEM");
    write("Dockerfile", "FROM scratch");
    write("bin/run", "#!/bin/sh", 0o755);
    write("readonly/file", "x", 0o400);
    symlinkSync("bin/run", join(from, "link"));
    symlinkSync("/etc/hostname", join(from, "absolute"));
    symlinkSync("nowhere", join(from, "dangling"));
    for (const name of ["bin", "readonly"]) utimesSync(join(from, name), OLD, OLD);
    chmodSync(join(from, "readonly"), 0o555);
  });
  afterEach(() => {
    for (const one of [from, to])
      if (existsSync(join(one, "readonly"))) chmodSync(join(one, "readonly"), 0o755);
    rmSync(folder, { recursive: true });
  });

  it("has names, kinds, modes, times and contents of the original, and the bundle besides", () => {
    const before = tree(from);
    copy();
    assert.deepEqual(others(tree(to)), before);
    assert.deepEqual(tree(from), before, "nothing is written into it");
    assert.equal(readFileSync(join(to, "ca.crt"), "utf8"), "PEM");
    const { mode, mtimeMs } = statSync(join(to, "ca.crt"));
    assert.deepEqual([mode & 0o777, mtimeMs], [0o644, 0]);
    assert.equal(statSync(join(to, "..")).mode & 0o777, 0o700, "nobody else looks into it");
  });

  it("is the same from run to run, and left untouched while it is", () => {
    copy();
    const [before, { ino }] = [tree(to), statSync(to)];
    copy();
    assert.deepEqual([tree(to), statSync(to).ino], [before, ino]);
    utimesSync(join(folder, "bundle"), new Date(), new Date());
    copy();
    assert.equal(statSync(to).ino, ino);
  });

  it("follows every change: of files, modes, links, of what was deleted, and of the bundle", () => {
    copy();
    const changes: (() => void)[] = [
      () => write("bin/run", "#!/bin/bas"),
      () => write("bin/run", "#!/bin/bat"), // of the same size and time
      () => chmodSync(join(from, "bin/run"), 0o700),
      () => write("new/deep/file", "y"),
      () => rmSync(join(from, "link")),
      () => symlinkSync("bin", join(from, "link")),
      () => rmSync(join(from, "new"), { recursive: true }),
      () => write("bin", "a file now"),
      () => writeFileSync(join(folder, "bundle"), "QEM"),
    ];
    for (const [index, change] of changes.entries()) {
      if (index === 7) rmSync(join(from, "bin"), { recursive: true });
      change();
      copy();
      assert.deepEqual(others(tree(to)), tree(from), `change ${index}`);
    }
    assert.equal(readFileSync(join(to, "ca.crt"), "utf8"), "QEM");
    assert.deepEqual(readdirSync(join(to, "..")), ["copy"], "nothing is left beside it");
  });

  it("leaves out what Docker surely isn't sent, and nothing that it reads itself", () => {
    write(".dockerignore", "# c\nnode_modules\n/logs/\n*.tmp\nDockerfile\n.dockerignore\n bin \n");
    for (const name of ["node_modules/a/b", "logs/x", "a.tmp", "deep/node_modules/c", "ca.crt"])
      write(name, "z");
    copy();
    const all = names();
    for (const name of ["Dockerfile", ".dockerignore", "a.tmp", "deep/node_modules/c"])
      assert.ok(all.includes(name), name);
    for (const name of ["node_modules", "logs", "bin"]) assert.ok(!all.includes(name), name);
    assert.equal(readFileSync(join(to, "ca.crt"), "utf8"), "PEM", "a left-over of older versions isn't it");
    write(".dockerignore", "node_modules\n!node_modules/a\n");
    copy();
    assert.ok(names().includes("node_modules/a/b"), "exceptions are Docker's to understand");
    write("docker/app.dockerfile", "FROM scratch");
    write("docker/app.dockerfile.dockerignore", "docker\nlogs\n");
    copy("docker/app.dockerfile");
    assert.ok(names().includes("docker/app.dockerfile") && !names().includes("logs"));
  });

  it("is refused where a link leads elsewhere in a copy", () => {
    symlinkSync("../bundle", join(from, "out"));
    assert.throws(copy, /the link out leads out of it, to \.\.\/bundle/);
    assert.ok(!existsSync(to));
    assert.deepEqual(existsSync(join(to, "..")) ? readdirSync(join(to, "..")) : [], [], "nothing is left");
  });
});

describe("the context of a build with a CA bundle", function () {
  this.timeout(120_000);
  let folder: string;
  const git = (...args: string[]) => execFileSync("git", ["-C", folder, ...args], { encoding: "utf8" });
  /** Runs in a process of its own, as the copy is taken away at its end: what it was given, and the copy's files. */
  function given(build: Record<string, unknown>, after = "") {
    const script = `
      const pulumi = require("@pulumi/pulumi");
      const { buildContext } = require("${root}/components/image/build-context");
      const { readdirSync } = require("node:fs");
      process.chdir(${JSON.stringify(folder)});
      pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "proj", "dev").then(() => {
        const found = buildContext("blog", ${JSON.stringify({ dockerfile: "Dockerfile", ...build })});
        ${after}
        console.log(JSON.stringify({ ...found, files: readdirSync(found.context).sort() }));
      }).catch((error) => { console.error(error.message); process.exitCode = 1; });`;
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ["--require", "./automation/quick-start.cjs", "-e", script],
      {
        cwd: root,
        encoding: "utf8",
      },
    );
    return { ...(status === 0 ? JSON.parse(stdout) : {}), stderr };
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-context-"));
    mkdirSync(join(folder, "tiny"));
    writeFileSync(join(folder, "tiny", "Dockerfile"), "FROM scratch");
    writeFileSync(join(folder, "bundle"), "PEM");
    git("init", "--quiet");
    git("add", "--all");
    git("-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "--quiet", "-m", "x");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is the folder itself without one", () => {
    const { context, dockerfile } = given({ context: "tiny" });
    assert.deepEqual([context, dockerfile], ["tiny", "tiny/Dockerfile"]);
  });

  it("is a copy in git's own folder while the program runs, and the working tree is as it was", () => {
    const place = ".git/berth/contexts/proj/dev/blog";
    const clean =
      'if (require("node:child_process").execSync("git status --porcelain --ignored", { encoding: "utf8" }) !== "") throw new Error("dirty")';
    for (const context of ["tiny", "."]) {
      const found = given({ context, caBundle: "bundle" }, clean);
      assert.deepEqual([found.context, found.dockerfile], [place, `${place}/Dockerfile`], found.stderr);
      assert.ok(found.files.includes(".berth-ca.crt"));
    }
    assert.equal(git("status", "--porcelain", "--ignored"), "");
    assert.ok(!existsSync(join(folder, ".git", "berth", "contexts")), "it is gone with the program");
  });

  it("stays while another run uses it", () => {
    const users = join(folder, ".git/berth/contexts/proj/dev/blog.users");
    mkdirSync(users, { recursive: true });
    writeFileSync(join(users, String(process.pid)), "");
    given({ context: "tiny", caBundle: "bundle" });
    assert.ok(existsSync(join(users, "..", "blog", ".berth-ca.crt")));
    rmSync(join(users, String(process.pid)));
    writeFileSync(join(users, "2147483646"), ""); // of a process that was killed
    given({ context: "tiny", caBundle: "bundle" });
    assert.ok(!existsSync(users));
  });

  it("keeps a Dockerfile that lies outside where it is", () => {
    writeFileSync(join(folder, "other"), "FROM scratch");
    const found = given({ context: "tiny", dockerfile: "../other", caBundle: "bundle" });
    assert.equal(found.dockerfile, "other", found.stderr);
  });

  it("is refused with the setting's name where it can't be copied", () => {
    symlinkSync("../bundle", join(folder, "tiny", "out"));
    const { stderr } = given({ context: "tiny", caBundle: "bundle" });
    assert.match(
      stderr,
      /^berth:apps\.blog\.build: with caBundle the context tiny is copied, .* the link out leads out of it/m,
    );
  });
});
