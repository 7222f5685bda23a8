import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { changesIn, makeRepository, removeRepository } from "../../../unit/automation/init/repositories";

const berth = join(__dirname, "..", "..", "..", "..", "automation", "berth.cjs");

/** Runs a command on a terminal of its own, types an answer behind each question that it knows, and prints what was said. */
const TERMINAL = `
import json, os, pty, sys
answers = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said, asked = b"", 0
while True:
    try:
        chunk = os.read(terminal, 1000)
    except OSError:
        break
    if not chunk:
        break
    said += chunk
    for question, answer in answers:
        at = said.find(question.encode(), asked)
        if at >= 0:
            asked = at + len(question)
            os.write(terminal, answer.encode())
            break
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({"code": code, "said": said.decode()}))
`;

describe("the command berth init", () => {
  const made: string[] = [];
  const repository = () => {
    const root = makeRepository({ Dockerfile: "FROM a\nEXPOSE 80\n" }, "git@gitlab.test:team/shop.git");
    mkdirSync(join(root, "..", "home"));
    made.push(root);
    return root;
  };
  after(() => made.forEach(removeRepository));
  const envOf = (root: string) => ({
    PATH: process.env["PATH"],
    HOME: join(root, "..", "home"),
    TERM: "xterm",
  });

  function run(root: string, ...args: string[]) {
    const [command, ...rest] = [process.execPath, berth, "init", ...args];
    const { status, stdout, stderr } = spawnSync(command, rest, {
      cwd: root,
      env: envOf(root),
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  function onTerminal(root: string, answers: readonly (readonly [string, string])[]) {
    const args = ["-c", TERMINAL, JSON.stringify(answers), process.execPath, berth, "init"];
    const { stdout, stderr } = spawnSync("python3", args, {
      cwd: root,
      env: envOf(root),
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.equal(stderr, "");
    return JSON.parse(stdout) as { code: number; said: string };
  }

  it("asks on a terminal, and writes what was answered", () => {
    const root = repository();
    const { code, said } = onTerminal(root, [
      ["[https://gitlab.test]: ", "\r"],
      ["[team/shop]: ", "\r"],
      ["[registry.gitlab.test]: ", "registry.test:5000\r"],
      ["Docker that runs dev: its Nexus and the app [unix:///var/run/docker.sock]: ", "\r"],
      ["if you have one [unix:///var/run/docker.sock]: ", "\r"],
      ["@0.1.0]: ", "\r"],
      ["[y/N]: ", "y\r"],
    ]);
    assert.equal(code, 0, said);
    assert.match(said, /new +deploy\/Pulumi\.dev\.yaml/);
    assert.deepEqual(changesIn(root), ["?? .gitignore", "?? .gitlab-ci.yml", "?? deploy/"]);
  });

  it("ends by Ctrl-C with 130, and has written nothing", () => {
    const root = repository();
    const { code, said } = onTerminal(root, [
      ["[https://gitlab.test]: ", "\r"],
      ["[team/shop]: ", "\u0003"],
    ]);
    assert.deepEqual([code, changesIn(root)], [130, []], said);
    assert.match(said, /berth: stopped; nothing was written/);
  });

  it("needs --yes or --dry-run where there is no terminal, and says so", () => {
    const root = repository();
    const { status, stderr } = run(root);
    assert.equal(status, 2);
    assert.match(stderr, /^berth: There is no terminal to ask on\. Say --yes .* or --dry-run to see it\.\n$/);
  });

  it("prints the files as text, or for machines", () => {
    const root = repository();
    const text = run(root, "--dry-run");
    assert.equal(text.status, 0, text.stderr);
    assert.match(
      text.stdout,
      /^new +\.gitignore\n[\s\S]*\n--- deploy\/index\.ts \(new\)\nexport [\s\S]*\nNothing was written\.\n$/,
    );
    const { files } = JSON.parse(run(root, "--dry-run", "--json").stdout);
    assert.equal(
      files.find(({ name }: { name: string }) => name === "deploy/index.ts").text,
      'export { default } from "berth";\n',
    );
    assert.deepEqual(changesIn(root), []);
  });

  it("writes with --yes, says what to type next, and is done when it is run again", () => {
    const root = repository();
    const first = run(root, "--yes");
    assert.match(
      first.stdout,
      /Read them; then:\n {2}cd deploy\n {2}npm install # .*\n {2}pulumi stack init dev/,
    );
    assert.match(first.stderr, /The settings say that you accept Sonatype's licence/);
    assert.deepEqual(run(root, "--yes"), {
      status: 0,
      stdout: "All is there already; nothing was changed.\n",
      stderr: "",
    });
  });

  it("writes nothing into a checkout that is read-only, and says what to do", function () {
    if (process.getuid?.() !== 0) return this.skip(); // only root mounts
    const root = repository();
    const script =
      'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && exec "$2" "$3" init --yes';
    const args = ["--mount", "sh", "-c", script, "sh", root, process.execPath, berth];
    const { status, stderr } = spawnSync("unshare", args, { env: envOf(root), encoding: "utf8" });
    assert.equal(status, 1, stderr);
    assert.match(
      stderr,
      /berth: The files couldn't be written: EROFS: read-only file system.*Nothing was written\. Run it in a checkout that this user may write to and commit what it writes, or see the files with --dry-run\.\n$/,
    );
    assert.deepEqual(changesIn(root), []);
  });
});
