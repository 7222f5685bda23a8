import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mock } from "node:test";
import { runCli } from "../../../automation/cli";
import { loadCommands } from "../../../automation/commands";

const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "commands.md"), "utf8");

/** The first cells of the table of commands: "`berth ps`, `logs`, `start`". */
const cells = [...page.matchAll(/^\| (`berth [^|]*) \|/gm)].map(([, cell]) => cell!);

/** `["nexus", "gc"]` for each. */
const commands = loadCommands(undefined).flatMap((entry) =>
  "commands" in entry ? entry.commands.map(({ name }) => [entry.name, name]) : [[entry.name]],
);

/** Whether a row begins with it, or with one of the same group and names it behind that. */
function isIn(cell: string, words: readonly string[]): boolean {
  const [first, ...others] = [...cell.matchAll(/`([^`]*)`/g)].map(([, text]) => text!);
  const group = ["berth", ...words.slice(0, -1), ""].join(" ");
  const begins = `${first} `.startsWith(`${group}${words.at(-1)} `);
  return begins || (first!.startsWith(group) && others.includes(words.at(-1)!));
}

describe("the commands", () => {
  it("are listed with what each is for, no line wider than the terminal", async () => {
    let said = "";
    const write = mock.method(process.stdout, "write", (text: string) => {
      said += text;
      return true;
    });
    await runCli(["node", "berth", "help"], loadCommands(undefined)).finally(() => write.mock.restore());
    const width = process.stdout.columns || 80;
    assert.match(said, /^ {2}promote <from> <to> +Deploy what one stack runs/m);
    assert.deepEqual(
      said.split("\n").filter((line) => line.length > width),
      [],
    );
  });

  it("have a row in docs/commands.md, every one", () => {
    assert.ok(commands.length > 20, String(commands.length));
    const missing = commands.filter((words) => !cells.some((cell) => isIn(cell, words)));
    assert.deepEqual(
      missing.map((words) => `docs/commands.md has no row for berth ${words.join(" ")}`),
      [],
    );
  });

  it("are all that it has rows for", () => {
    const strangers = cells.filter((cell) => !commands.some((words) => isIn(cell, words)));
    assert.deepEqual(strangers, []);
  });
});
