import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCommands } from "../../../../automation/commands";
import { bashCompletion, zshCompletion } from "../../../../automation/completion/bash";
import { fishCompletion } from "../../../../automation/completion/fish";
import { placesOf } from "../../../../automation/completion/words";

const STACK = `config:
  berth:servers:
    main: { docker: "unix:///x", address: x }
  berth:apps: # what runs
    # the blog
    blog:
      build:
        context: .
    "shop":
      port: 80

    api: { port: 81 }
  other:setting:
    no-app: 1
`;

describe("completion in a shell", () => {
  const places = placesOf(loadCommands(undefined));
  let folder: string;
  let script: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth completion "));
    script = join(folder, "berth.bash");
    writeFileSync(script, bashCompletion(places));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\n");
    writeFileSync(join(folder, "Pul of notes"), "");
    writeFileSync(join(folder, "Pulumi.dev.yaml"), STACK);
    writeFileSync(join(folder, "Pulumi.prod.yaml"), STACK.replace("api:", "batch:"));
    mkdirSync(join(folder, "apps", "blog"), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What bash offers where the cursor is behind these words. */
  function offered(line: string, cwd = folder): string[] {
    const words = line.split(" ");
    const code = `set -u; . "$1"; complete -p berth >/dev/null; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _berth; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = execFileSync("bash", ["--norc", "-c", code, "bash", script, ...words], {
      cwd,
      encoding: "utf8",
    });
    return said.split("\n").filter(Boolean).sort();
  }

  it("offers commands, and those of a group", () => {
    assert.deepEqual(offered("berth re"), ["refresh", "releases", "report", "restart"]);
    assert.deepEqual(offered("berth --debug pr"), ["preview", "promote"]);
    assert.deepEqual(offered("berth nexus "), ["gc", "inventory", "repositories"]);
    assert.deepEqual(
      offered("berth "),
      loadCommands(undefined)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it("offers every option of a command, and no other's", () => {
    assert.deepEqual(offered("berth up --t"), ["--take-over"]);
    assert.deepEqual(offered("berth nexus inventory --"), ["--help", "--json", "--settings"]);
    assert.deepEqual(offered("berth --v"), ["--version"]);
    assert.deepEqual(offered("berth destroy --unpin"), []);
  });

  it("offers stacks and apps of the project, from any folder below it", () => {
    assert.deepEqual(offered("berth up "), ["dev", "prod"]);
    assert.deepEqual(offered("berth promote dev p", join(folder, "apps", "blog")), ["prod"]);
    assert.deepEqual(offered("berth up dev --app "), ["api", "batch", "blog", "shop"]);
    assert.deepEqual(offered("berth logs nexus b"), ["batch", "blog"]);
    assert.deepEqual(offered("berth up dev "), [], "it has one stack");
  });

  it("takes an option's value for no argument, and offers nothing where nobody can know it", () => {
    assert.deepEqual(offered("berth up --app blog "), ["dev", "prod"]);
    assert.deepEqual(offered("berth up --expect "), []);
    assert.deepEqual(offered("berth compose --out Pul"), [
      "Pul of notes",
      "Pulumi.dev.yaml",
      "Pulumi.prod.yaml",
      "Pulumi.yaml",
    ]);
    assert.deepEqual(offered("berth sandbox "), ["down", "env", "pipeline", "status", "up"]);
    assert.deepEqual(offered("berth completion "), ["bash", "fish", "zsh"]);
  });

  it("offers no names outside of a project, and says nothing of it", () => {
    const code = `. "$1"; COMP_WORDS=(berth up ""); COMP_CWORD=2; _berth; echo "\${#COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", code, "bash", script], {
      cwd: "/",
      encoding: "utf8",
    });
    assert.deepEqual([stdout, stderr], ["0\n", ""]);
  });

  const isInstalled = ([shell]: readonly string[]) => spawnSync(shell!, ["--version"]).status === 0;
  const others = [
    ["zsh", zshCompletion(places)],
    ["fish", fishCompletion(places)],
  ] as const;
  // A machine without them is as good as any other: CI counts a skipped test as a failure.
  for (const [shell, text] of others.filter(isInstalled))
    it(`is a script that ${shell} can read`, () => {
      const file = join(folder, `berth.${shell}`);
      writeFileSync(file, text);
      const { status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
    });

  if (isInstalled(["fish"]))
    it("offers in fish what it offers in bash", () => {
      const file = join(folder, "offers.fish");
      writeFileSync(file, fishCompletion(places));
      const offer = (line: string) => {
        const code = 'source $argv[1]; complete -C "$argv[2]"';
        const options = { cwd: folder, encoding: "utf8" } as const;
        const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", code, file, line], options);
        assert.equal(stderr, "");
        return stdout.split("\n").flatMap((told) => told.split("\t")[0] || []);
      };
      assert.deepEqual(offer("berth re"), ["refresh", "releases", "report", "restart"]);
      assert.deepEqual(offer("berth nexus ").sort(), ["gc", "inventory", "repositories"]);
      assert.deepEqual(offer("berth up ").sort(), ["dev", "prod"]);
      assert.deepEqual(offer("berth destroy --unp"), []);
    });

  it("has in fish a line for each command, option and kind of name", () => {
    const text = fishCompletion(places);
    for (const { command, options } of places) {
      const words = command.split(" ");
      if (command !== "") assert.ok(text.includes(` -a ${words.at(-1)} -d '`), command);
      for (const { words: flags } of options)
        for (const flag of flags.filter((one) => one.startsWith("--")))
          assert.ok(text.includes(`-l ${flag.slice(2)} `), flag);
    }
    assert.match(text, /-l app -r -a '\(__berth_names apps\)' -d/);
    assert.match(text, /__berth_at up; and __berth_alone 1' -a '\(__berth_names stacks\)'/);
  });
});
