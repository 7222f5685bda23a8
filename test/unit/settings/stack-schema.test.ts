import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { parseSettings } from "../../../components/settings/settings";
import { parseStackYaml } from "../../../components/settings/stack-yaml";
import { stackSchema } from "../../../reference/stack-schema";
import { BROKEN, VALID } from "./broken-stack-files";

const root = join(__dirname, "..", "..", "..");
const text = (file: string) => readFileSync(join(root, file), "utf8");

type Example = readonly [where: string, content: unknown];

/** Examples of stack files in a document: whole ones, single settings, and targets of `gitops`. */
function examplesIn(file: string): Example[] {
  const blocks = [...text(file).matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
  return blocks.flatMap((block, index): Example[] => {
    const where = `${file}, example ${index + 1}`;
    const isTarget = block.startsWith("# the target");
    if (!isTarget && !/^(config:|berth:)/m.test(block)) return [];
    const content = parseStackYaml(block).toJS();
    if (isTarget)
      return [[where, { config: { "berth:apps": { blog: { gitops: { ...TARGET, ...content } } } } }]];
    return [[where, "config" in content ? content : { config: content }]];
  });
}

const TARGET = {
  project: "team/deploy",
  branch: "main",
  path: "dev/values.yaml",
  values: { digest: "digest" },
};

function set(content: object, path: string, value: unknown): void {
  const keys = path.split("/");
  const last = keys.pop()!;
  let at = content as Record<string, unknown>;
  for (const key of keys) {
    at[key] ??= {};
    at = at[key] as Record<string, unknown>;
  }
  if (value === undefined) delete at[last];
  else at[last] = value;
}

/** The settings of a valid stack, with one place changed. */
function changed(path: string, value: unknown): Record<string, unknown> {
  const settings = structuredClone(VALID) as Record<string, unknown>;
  set(settings, path, value);
  return settings;
}

function fileOf(settings: Record<string, unknown>): object {
  return {
    config: Object.fromEntries(Object.entries(settings).map(([key, value]) => [`berth:${key}`, value])),
  };
}

describe("the JSON schema of stack files", () => {
  const check = new Ajv({ allErrors: true, allowUnionTypes: true, strictRequired: false }).compile(
    stackSchema(),
  );
  const takes = (content: unknown, where: string) =>
    assert.ok(check(content), `${where}: ${JSON.stringify(check.errors, null, 1)}`);

  for (const file of [
    ...["Pulumi.dev.yaml", "Pulumi.prod.yaml"].flatMap((name) => [name, `templates/project/${name}`]),
  ])
    it(`takes ${file}, and editors are pointed to it there`, () => {
      takes(parseStackYaml(text(file)).toJS(), file);
      const [, path] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text(file))!;
      const { files } = JSON.parse(text("package.json"));
      assert.ok(files.includes(path!.replace(/^node_modules\/berth\//, "")), path);
    });

  it("takes every example in the documents", () => {
    const documents = readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md"));
    const examples = ["README.md", ...documents.map((file) => `docs/${file}`)].flatMap(examplesIn);
    assert.ok(examples.length > 35, String(examples.length));
    for (const [where, content] of examples) takes(content, where);
  });

  it("takes what is Pulumi's own, and other programs'", () => {
    const file = fileOf(VALID);
    takes(
      { ...file, encryptionsalt: "v1:…", secretsprovider: "passphrase", environment: ["team/dev"] },
      "Pulumi's keys",
    );
    takes({ config: { "gitlab:token": { secure: "v1:…" }, name: "x" } }, "settings of others");
    takes({ config: null }, "no settings");
  });

  for (const [path, value] of [
    ["apps/blog/port", "8000"], // as pulumi config set writes some
    ["apps/blog/env", { VERSION: 1.1, DEBUG: true }],
    ["apps/blog/secrets", { TOKEN: { secure: "v1:…" }, PLAIN: "text" }],
    ["apps/blog/release", "none"],
    ["apps/blog/volumes", { data: "/data", old: { path: "/old", allowDataLoss: true } }],
    ["apps/blog/gitops", [TARGET, { ...TARGET, path: "b.yaml", values: { image: ["a", "b[0]"] } }]],
    [
      "nexus/repositories",
      { hub: { remote: "https://hub.test" }, cache: false, files: { type: "hosted", format: "raw" } },
    ],
    ["nexus/blobStores", { big: { path: "/big" } }],
    ["nexus/adminPassword", { secure: "v1:…" }],
  ] as const)
    it(`takes ${path}: ${JSON.stringify(value)}, as Berth does`, () => {
      takes(fileOf(changed(path, value)), path);
      const plain = JSON.stringify(changed(path, value)).replaceAll('{"secure":"v1:…"}', '"[secret]"');
      const written = {
        textAt: (_: unknown, it: unknown) => String(it),
        isSecret: () => false,
        mayBeSecret: () => false,
      };
      assert.doesNotThrow(() => parseSettings(JSON.parse(plain), { written }));
    });

  it("is tried with a file that is valid, and 50 that are not", () => {
    takes(fileOf(VALID), "the valid one");
    assert.doesNotThrow(() => parseSettings(structuredClone(VALID)));
    assert.ok(BROKEN.length >= 50, String(BROKEN.length));
  });

  for (const [path, value] of BROKEN)
    it(`refuses ${path}: ${value === undefined ? "nothing" : JSON.stringify(value)}, as Berth does`, () => {
      assert.equal(check(fileOf(changed(path, value))), false);
      assert.throws(() => parseSettings(changed(path, value)), path);
    });
});
