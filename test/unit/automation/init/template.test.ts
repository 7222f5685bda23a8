import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ownVersions } from "../../../../automation/init/package-file";
import { settingsIn } from "../../../../automation/init/stack-files";
import { initIn, makeRepository, removeRepository, VERSIONS } from "./repositories";

const folder = join(__dirname, "..", "..", "..", "..", "templates", "project");

/**
 * As `pulumi new` puts a project's name and description into every file. In YAML it writes them with a line end behind
 * (v3.274.1), so that they can be whole values alone.
 */
function filled(text: string, name: string): string {
  return text.replaceAll(/\$\{PROJECT\}/g, name).replaceAll(/\$\{DESCRIPTION\}/g, `${name} by Berth`);
}

describe("the project that pulumi new makes of templates/project", () => {
  let root = "";
  before(() => {
    root = makeRepository({ Dockerfile: "FROM a\nEXPOSE 8000\n" }, "https://gitlab.example.com/team/app.git");
  });
  after(() => removeRepository(root));

  it("is the one that berth init writes into an empty repository", async () => {
    const { files } = await initIn(root, { given: { folder: "." }, dryRun: true });
    const written = Object.fromEntries(files.map(({ name, text }) => [name, text]));
    const names = readdirSync(folder);
    const template = Object.fromEntries(
      names.map((name) => [name, filled(readFileSync(join(folder, name), "utf8"), "app")]),
    );
    assert.deepEqual(template, written);
  });

  it("has no name of the project within a value of YAML, or for a key", () => {
    for (const name of readdirSync(folder).filter((file) => /\.ya?ml$/.test(file)))
      assert.doesNotMatch(
        readFileSync(join(folder, name), "utf8"),
        /\$\{(PROJECT|DESCRIPTION)\}.|[^:\s] *\$\{/,
        name,
      );
  });

  it("names this Berth, and the packages of its own package.json", () => {
    assert.deepEqual(ownVersions(__dirname), VERSIONS);
  });

  it("has settings that Berth takes, once there is a Dockerfile", () => {
    for (const stack of ["dev", "prod"]) {
      const name = `Pulumi.${stack}.yaml`;
      const text = filled(readFileSync(join(folder, name), "utf8"), "app");
      assert.equal(settingsIn(name, text, "app", root).gitlab.project, "team/app");
    }
  });
});
