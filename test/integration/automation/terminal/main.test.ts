import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { loadCommands } from "../../../../automation/commands";

const berth = join(__dirname, "..", "..", "..", "..", "automation", "berth.cjs");

function run(...args: string[]) {
  return runIn({}, ...args);
}

function runIn(more: NodeJS.ProcessEnv, ...args: string[]) {
  const env = { ...process.env, ...more };
  const { status, stdout, stderr } = spawnSync(process.execPath, [berth, ...args], { encoding: "utf8", env });
  return { status, stdout, stderr };
}

describe("the berth command", () => {
  it("lists every command and what it is for", () => {
    const { status, stdout } = run("--help");
    assert.equal(status, 0);
    for (const { name, summary } of loadCommands(undefined)) {
      assert.ok(stdout.includes(name) && stdout.replace(/\s+/g, " ").includes(summary), `${name} is missing`);
    }
  });

  it("begins without a temporary folder, out of one file as out of its sources", () => {
    for (const args of [["--help"], ["status"], ["--debug", "status"]]) {
      const { status, stdout, stderr } = runIn({ TMPDIR: "/dev/null/none" }, ...args);
      assert.deepEqual([status, stderr], [0, ""], args.join(" "));
      assert.match(stdout, /berth/);
    }
  });

  it("shows an example and its effect with each command's help", () => {
    const { status, stdout } = run("rollback", "--help");
    assert.equal(status, 0);
    assert.match(stdout, /Example:\n {2}berth rollback dev --to/);
    assert.match(stdout, /\(changes the stack\)/);
  });

  it("takes an unknown command or flag for a usage error and guesses what was meant", () => {
    const command = run("rolback");
    assert.equal(command.status, 2);
    assert.match(command.stderr, /Did you mean rollback\?/);
    const flag = run("up", "--unpinn");
    assert.equal(flag.status, 2);
    assert.match(flag.stderr, /Did you mean --unpin\?/);
  });

  it("takes flags that contradict each other for a usage error, before it looks at anything", () => {
    const cases: [string[], RegExp][] = [
      [["dev", "dev"], /not from dev to itself/],
      [["dev", "prod", "--preview", "--commit"], /--preview applies nothing, so --commit can't go with it/],
      [["dev", "prod", "--preview", "--expect", "x"], /so --expect can't go with it/],
      [["dev", "prod", "--out", "change"], /--out is for what --preview shows/],
      [["dev", "prod", "--expect", "x"], /--expect x: expected the hash of a preview/],
    ];
    for (const [args, words] of cases) {
      const { status, stderr } = run("promote", ...args);
      assert.deepEqual([status, words.test(stderr)], [2, true], stderr);
    }
    const ofRollback: [string[], RegExp][] = [
      [["prod", "--preview", "--commit"], /--preview applies nothing, so --commit can't go with it/],
      [["prod", "--out", "change"], /--out is for what --preview shows/],
    ];
    for (const [args, words] of ofRollback) {
      const { status, stderr } = run("rollback", ...args);
      assert.deepEqual([status, words.test(stderr)], [2, true], stderr);
    }
  });

  it("runs no command by hand without one to run", () => {
    const { status, stderr } = run("run", "blog");
    assert.equal(status, 2);
    assert.match(stderr, /missing required argument 'command'/);
  });

  it("groups commands under a name and helps with them as with any other", () => {
    const group = run("nexus", "--help");
    assert.equal(group.status, 0);
    assert.match(group.stdout, /repositories .*\n(?:.*\n)*? *inventory .*\n(?:.*\n)*? *gc /);
    const { status, stdout } = run("nexus", "inventory", "--help");
    assert.equal(status, 0);
    assert.match(stdout, /Usage: berth nexus inventory \[options\] \[stack\]/);
    assert.match(stdout, /\(read-only\)/);
    assert.match(stdout, /Example:\n {2}berth nexus inventory dev --settings/);
  });

  it("takes a group alone or with a wrong word for a usage error", () => {
    const alone = run("nexus");
    assert.equal(alone.status, 2);
    assert.match(alone.stderr, /Usage: berth nexus/);
    const wrong = run("nexus", "inventry");
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /unknown command 'inventry'\n\(Did you mean inventory\?\)/);
    const flag = run("nexus", "gc", "--jsn");
    assert.equal(flag.status, 2);
    assert.match(flag.stderr, /Did you mean --json\?/);
    const stack = run("nexus", "gc", "nowhere");
    assert.equal(stack.status, 2);
    assert.match(stack.stderr, /^berth: There is no stack "nowhere"/);
  });

  it("says without a stack trace that a stack does not exist", () => {
    const { status, stderr, stdout } = run("up", "nowhere");
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^berth: There is no stack "nowhere": no file .*Pulumi\.nowhere\.yaml\. Stacks here: dev, prod\.\n$/,
    );
  });

  it("refuses to destroy without being told so where nobody can be asked", () => {
    const env = { PATH: "/nonexistent" };
    const { status, stderr } = spawnSync(process.execPath, [berth, "destroy", "dev"], {
      encoding: "utf8",
      env,
    });
    assert.notEqual(status, 0);
    assert.match(stderr, /There is no `pulumi` on the PATH|say --yes/);
  });
});
