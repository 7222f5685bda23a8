import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EmptyHosts, emptyHosts } from "../../support/stack/old-state";
import { ProjectCopy } from "../../support/stack/project-copy";
import { run } from "../../support/stack/sandbox";
import { pulumiEnvironment } from "../../support/stack/sandbox-pulumi";

/** Of the recordings in old-state/golden. */
const PASSPHRASE = "old-engine";
const STACKS = ["dev", "prod"];

/** What a user may have since before the real engine: it is opened, looked at and destroyed as any other. */
describe("state that the sandbox's engine of before wrote", function () {
  this.timeout(600_000);
  const projects: ProjectCopy[] = [];
  let hosts: EmptyHosts;

  before(async () => {
    hosts = await emptyHosts();
  });
  after(() => {
    hosts?.close();
    for (const project of projects) project.remove();
  });

  /** A project with the recorded states; its hosts are a Docker and a Nexus without anything. */
  function withStates() {
    const project = new ProjectCopy();
    projects.push(project);
    const folder = join(project.directory, "state", ".pulumi", "stacks", "berth");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "..", "..", "meta.yaml"), "version: 1\n");
    for (const stack of STACKS) {
      const here = hosts.oldState(stack);
      writeFileSync(join(folder, `${stack}.json`), here);
      const { salt } = JSON.parse(here).checkpoint.latest.secrets_providers.state;
      writeFileSync(join(project.project, `Pulumi.${stack}.yaml`), `encryptionsalt: ${salt}\n`);
    }
    const env = {
      ...process.env,
      ...pulumiEnvironment(join(project.directory, "home")),
      PULUMI_BACKEND_URL: `file://${join(project.directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    };
    return {
      pulumi: (...args: string[]) => run(["pulumi", ...args], env, project.project),
      types: (stack: string): string[] => {
        const { checkpoint } = JSON.parse(readFileSync(join(folder, `${stack}.json`), "utf8"));
        return (checkpoint.latest.resources ?? []).map(({ type }: { type: string }) => type);
      },
    };
  }

  for (const stack of STACKS) {
    it(`is opened, refreshed and destroyed (${stack})`, async () => {
      const { pulumi, types } = withStates();
      const succeeds = async (...args: string[]) => {
        const { code, stdout, stderr } = await pulumi(...args, "--stack", stack);
        assert.equal(code, 0, stdout + stderr);
        return stdout;
      };
      const plain = await succeeds("stack", "export", "--show-secrets");
      assert.match(plain, /"plaintext": "\\"/, "secrets are read");
      const inDocker = () => types(stack).filter((type) => type.startsWith("docker:index/"));
      assert.ok(inDocker().length > 10, inDocker().join());
      await succeeds("refresh", "--yes", "--skip-preview");
      assert.deepEqual(inDocker(), [], "it is found to be gone");
      await succeeds("destroy", "--yes", "--skip-preview");
      assert.deepEqual(types(stack), []);
    });
  }
});
