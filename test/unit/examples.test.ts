import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { parseSettings } from "../../components/settings/settings";
import { partSchemas } from "../../reference/stack-schema";

const root = join(__dirname, "..", "..");
const text = (file: string) => readFileSync(join(root, file), "utf8");

const filled = (block: string) => block.replaceAll("{ secure: … }", '"[secret]"').replaceAll("…", "");

function yamlBlocks(file: string): string[] {
  return [...text(file).matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map((match) => filled(match[1]!));
}

/** Names of settings, at whatever depth. */
function settingNames(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties = {}, default: _, examples: __, ...rest } = schema as Record<string, object>;
  return [
    ...Object.keys(properties),
    ...[...Object.values(properties), ...Object.values(rest)].flatMap(settingNames),
  ];
}

/** Every key of what an example is. */
function keysIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(keysIn)];
}

const RELEASE = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
const GITLAB = {
  url: "https://gitlab.example.com",
  registry: "registry.example.com",
  project: "team/blog",
};
const server = (name: string) => ({ docker: `ssh://deploy@${name}`, address: name });

type Example = Readonly<Record<string, Readonly<Record<string, object>>>>;

/** The settings of an example, with what it leaves out as it isn't about that. */
function completed({ "berth:apps": apps = {}, "berth:servers": servers = {}, ...rest }: Example) {
  const complete = Object.entries({ ...(Object.keys(apps).length === 0 && { blog: {} }), ...apps }).map(
    ([name, app], at) => {
      const isServed = !("processes" in app) || "port" in app || "health" in app;
      const ports = isServed ? { port: 8000, publish: 8000 + at } : {};
      return [name, { release: RELEASE, servers: ["web1"], ...ports, ...app }];
    },
  );
  const all = { web1: server("web1.test"), web2: server("web2.test"), ...servers };
  const nexus = rest["berth:nexus"] ?? { hostname: "nexus.test", eula: "accepted" };
  return { gitlab: GITLAB, nexus, servers: all, apps: Object.fromEntries(complete) };
}

describe("the examples in the documentation", () => {
  for (const [at, block] of yamlBlocks("docs/deploy.md")
    .filter((one) => one.startsWith("berth:"))
    .entries()) {
    const [, first = ""] = block.split("\n");
    it(`are valid settings: number ${at + 1} of docs/deploy.md, ${first.trim()}`, () => {
      assert.doesNotThrow(() => parseSettings(completed(parse(block))));
    });
  }

  it("are valid settings: those of examples/shop, once they have the secret that its README puts in", () => {
    const config: Example = parse(text("examples/shop/Pulumi.dev.yaml")).config;
    const settings = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.slice("berth:".length), value]),
    );
    const { shop } = settings["apps"] as Example;
    const apps = { shop: { ...shop, secrets: { SIGNING_KEY: "[secret]" } } };
    const [parsed] = parseSettings({ ...settings, apps }, { root: join(root, "examples", "shop") }).apps;
    assert.deepEqual(Object.keys(parsed?.processes ?? {}), ["worker"]);
  });

  it("have each setting of apps and servers in one of them", () => {
    const pages = readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md"));
    const blocks = pages.flatMap((file) => yamlBlocks(`docs/${file}`));
    const shown = new Set(
      blocks.flatMap((block) => parseAllDocuments(block)).flatMap((one) => keysIn(one.toJS())),
    );
    const { apps, servers } = partSchemas() as Record<string, unknown>;
    const names = [...new Set([...settingNames(apps), ...settingNames(servers)])];
    assert.ok(names.length > 70);
    assert.deepEqual(
      // `secure` is Pulumi's, round a secret.
      names.filter((name) => !shown.has(name) && name !== "secure"),
      [],
    );
  });
});
