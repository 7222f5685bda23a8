import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { settingsIn } from "../../../../automation/init/stack-files";
import { changesIn, initIn, makeRepository, removeRepository, VERSIONS } from "./repositories";
import { SHAPES } from "./ten-repositories";

const read = (...path: string[]) => readFileSync(join(...path), "utf8");

/** Every file of a repository but git's, with its text. */
function contentOf(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: "utf8", withFileTypes: true });
  const files = names.filter((one) => one.isFile() && !join(one.parentPath, "/").includes("/.git/"));
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name), read(parentPath, name)]),
  );
}

describe("berth init in a team's repository", () => {
  for (const [shape, { files, remote, expected }] of Object.entries(SHAPES)) {
    describe(shape, () => {
      let root = "";
      const given =
        remote === undefined ? { gitlab: "https://gitlab.example.com", project: "team/shop" } : {};
      before(() => {
        root = makeRepository(files, remote);
      });
      after(() => removeRepository(root));

      it("shows what it would write, and writes nothing", async () => {
        const before = contentOf(root);
        const { files } = await initIn(root, { given, dryRun: true });
        assert.ok(files.filter(({ action }) => action === "new").length >= 4);
        assert.deepEqual(contentOf(root), before);
      });

      it("writes just that, at most five new things as git status has them", async () => {
        const shown = await initIn(root, { given, dryRun: true });
        await initIn(root, { given });
        for (const { path, text } of shown.files) assert.equal(read(path), text, path);
        const fresh = changesIn(root).filter((line) => line.startsWith("??"));
        assert.ok(fresh.length >= 1 && fresh.length <= 5, fresh.join("\n"));
        assert.equal(shown.folder, expected.folder);
      });

      it("has settings of both stacks that Berth takes, of what was found", () => {
        const folder = join(root, expected.folder);
        for (const stack of ["dev", "prod"]) {
          const name = `Pulumi.${stack}.yaml`;
          const settings = settingsIn(name, read(folder, name), "shop", folder);
          const { url, project, registry } = settings.gitlab;
          assert.deepEqual(
            [url, project, registry],
            ["https://gitlab.example.com", "team/shop", "registry.example.com"],
          );
          const names = [...settings.apps, ...settings.waiting].map((app) => app.name);
          assert.deepEqual(names.sort(), Object.keys(expected.apps));
        }
        assert.deepEqual(parse(read(folder, "Pulumi.dev.yaml")).config["berth:apps"], expected.apps);
      });

      it("has the program, the packages that it needs, and the pipeline's include", () => {
        const folder = join(root, expected.folder);
        const { dependencies, devDependencies, type } = JSON.parse(read(folder, "package.json"));
        const packages = { ...dependencies, ...devDependencies };
        const { main, runtime } = parse(read(folder, "Pulumi.yaml"));
        const program = [read(folder, main), runtime.options.nodeargs, packages["tsx"]];
        assert.deepEqual(
          program,
          type === "module"
            ? ['export { default } from "berth";\n', "--import tsx", VERSIONS.tsx]
            : ['import program from "berth";\nexport = program;\n', "--require berth/quick-start", undefined],
        );
        assert.deepEqual(
          [packages.berth, packages["@pulumi/pulumi"]],
          [VERSIONS.berth, VERSIONS["@pulumi/pulumi"]],
        );
        assert.match(read(root, ".gitlab-ci.yml"), expected.pipeline);
      });

      it("copies no value of a variable, as that may be a secret", () => {
        for (const [path, text] of Object.entries(contentOf(root)))
          if (!path.endsWith("docker-compose.yml")) assert.doesNotMatch(text, /hidden-value/, path);
      });

      it("changes nothing when it is run again, whatever was changed by hand since", async () => {
        const changed = join(root, expected.folder, "Pulumi.dev.yaml");
        writeFileSync(changed, `${read(changed)}# by hand\n`);
        const before = contentOf(root);
        const { files } = await initIn(root);
        assert.deepEqual(
          files.filter(({ action }) => action !== "unchanged"),
          [],
        );
        assert.deepEqual(contentOf(root), before);
      });
    });
  }
});
