import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadCommands } from "../../../automation/commands";
import { pages } from "../../../reference/pages";
import { partSchemas } from "../../../reference/stack-schema";

const root = join(__dirname, "..", "..", "..");
const text = (file: string) => readFileSync(join(root, file), "utf8");

/** The names of all settings, at whatever depth. */
function settingNames(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const {
    properties = {},
    default: _,
    examples: __,
    description,
    ...rest
  } = schema as Record<string, object>;
  // What is there out of the box has a name that Berth gave it.
  const isEntry = (one: unknown) =>
    /^Out of the box/.test((one as { description?: string }).description ?? "");
  const own = Object.entries(properties).filter(([, one]) => !isEntry(one));
  const inner = [...Object.values(properties), ...Object.values(rest)];
  return [...own.map(([name]) => name), ...inner.flatMap(settingNames)];
}

describe("the reference", () => {
  for (const [path, page] of Object.entries(pages))
    it(`has ${path} as the sources have it now (else: npm run docs:reference)`, () => {
      assert.equal(text(path), page());
    });

  it("has a row for every setting", () => {
    const rows = new Set(
      [...text("docs/reference/settings.md").matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name),
    );
    const names = settingNames(partSchemas());
    for (const part of Object.keys(partSchemas()))
      assert.ok(text("docs/reference/settings.md").includes(`\n## \`berth:${part}\`\n`), part);
    assert.ok(names.includes("drainTimeout") && names.length > 200, String(names.length));
    assert.deepEqual(
      names.filter((name) => !rows.has(name) && name !== "secure"),
      [],
    );
  });

  it("has every command with all of its arguments, options and its example", () => {
    const sections = text("docs/reference/cli.md").split(/^##+ /m);
    const commands = loadCommands(undefined).flatMap((one) =>
      "commands" in one
        ? one.commands.map((inner) => ({ ...inner, name: `${one.name} ${inner.name}` }))
        : [one],
    );
    for (const { name, args = [], options = [], example } of commands) {
      const section = sections.find((one) => one.startsWith(`berth ${name}\n`)) ?? "";
      const words = [...args.map((one) => one.name), ...options.map(({ flags }) => flags), example];
      assert.deepEqual(
        words.filter((word) => !section.includes(`\`${word}\``)),
        [],
        name,
      );
    }
  });
});
