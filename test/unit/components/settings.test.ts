import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseSettings, SettingsError } from "../../../components/settings";

const root = join(__dirname, "..", "..", "..");

/** The `berth:` settings of a stack file, by their names without the prefix. */
function stackSettings(stack: string): Record<string, Record<string, Record<string, unknown>>> {
  const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8"));
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("berth:", ""), value]),
  ) as never;
}

function problems(raw: Record<string, unknown>): readonly string[] {
  try {
    parseSettings(raw);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  throw new Error("the settings were accepted");
}

describe("settings", () => {
  for (const stack of ["dev", "prod"]) {
    it(`Pulumi.${stack}.yaml is valid as shipped`, () => {
      assert.equal(parseSettings(stackSettings(stack)).apps[0]!.name, "blog");
    });
  }

  it("fills in defaults", () => {
    const settings = parseSettings({ ...stackSettings("dev"), nexus: { hostname: "nexus.example.com" } });
    assert.deepEqual(settings.nexus.ports, { http: 8081, docker: 8082, dockerGroup: 8083 });
    assert.equal(settings.nexus.allowDataLoss, false);
  });

  it("names every wrong setting with its full path, all at once", () => {
    const raw = stackSettings("dev");
    raw["nexus"]!["ports"] = { docker: "x", http: 70000 };
    raw["nexus"]!["colour"] = "blue" as never;
    delete raw["gitlab"];
    raw["apps"]!["blog"]!["servers"] = ["nowhere"];
    raw["apps"]!["Blog"] = raw["apps"]!["blog"]!;
    assert.deepEqual(problems(raw), [
      "berth:nexus.ports.http: expected a port 1–65535, got 70000",
      'berth:nexus.ports.docker: expected a port 1–65535, got "x"',
      "berth:nexus.colour: no such setting",
      "berth:gitlab: expected settings by name, got nothing",
      'berth:apps.Blog: expected a name of lower-case letters, digits and dashes, got "Blog"',
    ]);
  });

  it("finds what no single setting can know: unknown servers, ports used twice, nothing to deploy", () => {
    const raw = stackSettings("dev");
    const blog = raw["apps"]!["blog"]!;
    raw["nexus"]!["ports"] = { http: 8081, docker: 8083 };
    raw["apps"] = { blog, shop: { port: 80, publish: 8080, servers: ["main", "moon"] } };
    assert.deepEqual(problems(raw), [
      "berth:nexus.ports.dockerGroup: port 8083 is already nexus.ports.docker",
      "berth:apps.shop: expected build (to build here) or release (to deploy a built one)",
      "berth:apps.shop.publish: port 8080 of server main is already apps.blog.publish",
      'berth:apps.shop.servers: expected one of main, got "moon"',
    ]);
  });
});
