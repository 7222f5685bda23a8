import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadCommands } from "../../../automation/commands";

const readme = readFileSync(join(__dirname, "..", "..", "..", "README.md"), "utf8");

/** The first cells of the README's table of commands: "`berth ps`, `logs`, `start`". */
const cells = [...readme.matchAll(/^\| (`berth [^|]*) \|/gm)].map(([, cell]) => cell!);

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
  it("have a row in the README, every one", () => {
    assert.ok(commands.length > 20, String(commands.length));
    const missing = commands.filter((words) => !cells.some((cell) => isIn(cell, words)));
    assert.deepEqual(
      missing.map((words) => `README.md has no row for berth ${words.join(" ")}`),
      [],
    );
  });

  it("are all that the README has rows for", () => {
    const strangers = cells.filter((cell) => !commands.some((words) => isIn(cell, words)));
    assert.deepEqual(strangers, []);
  });
});
