import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as components from "../../components";
import { kinds } from "../../components/nexus/kinds";
import program from "../../index";
import { setMocks } from "../support/stack/mocked-pulumi";

const root = join(__dirname, "..", "..");

/** The classes of resources in the sources, each with whether something is said of it. */
function resources() {
  const files = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(root, "components", file), "utf8");
    const classes = text.matchAll(
      /(\*\/\n)?export class (\w+) extends (pulumi\.ComponentResource|NexusObject|Repository)\b/g,
    );
    return [...classes].map(([, comment, name]) => ({ name: name!, isDocumented: comment !== undefined }));
  });
}

describe("berth/components", () => {
  it("has every component, and a class for every kind of Nexus object", () => {
    const found = [...resources().map(({ name }) => name), ...Object.keys(kinds)];
    assert.ok(found.length > 60, String(found.length));
    const missing = found.filter((name) => !(name in components));
    assert.deepEqual(
      missing.map((name) => `components/index.ts doesn't export ${name}`),
      [],
    );
  });

  it("says of each what it is", () => {
    const silent = resources().filter(({ isDocumented }) => !isDocumented);
    assert.deepEqual(
      silent.map(({ name }) => `no comment stands above class ${name}`),
      [],
    );
  });
});

describe("the program", () => {
  it("can't be taken for an output, as Pulumi takes the default export of a CommonJS module", async () => {
    const mocks: pulumi.runtime.Mocks = {
      newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
      call: ({ inputs }) => inputs,
    };
    await setMocks(mocks, "shop", "dev", false, "organization");
    await assert.rejects(
      pulumi.runtime.runInPulumiStack(async () => ({ default: program })),
      {
        message:
          /exported and not run, so nothing was declared: .* Write "type": "module" into package\.json/,
      },
    );
  });
});
