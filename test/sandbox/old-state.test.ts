import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProjectCopy } from "../support/project-copy";
import { run } from "../support/sandbox";
import { pulumiEnvironment } from "../support/sandbox-pulumi";
import { type Reply, scriptedNexus } from "../support/scripted-nexus";

/** Of the recordings in old-state/golden. */
const PASSPHRASE = "old-engine";
const STACKS = ["dev", "prod"];

const NOT_FOUND: Reply = { status: 404, body: "" };

/** What the recordings know of is gone: the containers, and all that was in Nexus. These are always there. */
const answers: [string, Reply][] = [
  ["/swagger.json", { status: 200, body: { paths: {} } }],
  ["/security/users", { status: 200, body: [] }],
  [
    "/security/anonymous",
    { status: 200, body: { enabled: false, userId: "anonymous", realmName: "NexusAuthorizingRealm" } },
  ],
  ["/security/realms/active", { status: 200, body: ["NexusAuthenticatingRealm", "DockerToken"] }],
];

/** What a user may have since before the real engine: it is opened, looked at and destroyed as any other. */
describe("state that the sandbox's engine of before wrote", function () {
  this.timeout(300_000);
  const projects: ProjectCopy[] = [];
  let nexus: Awaited<ReturnType<typeof scriptedNexus>>;
  let docker: Awaited<ReturnType<typeof emptyDocker>>;

  before(async () => {
    docker = await emptyDocker();
    nexus = await scriptedNexus(({ path }) => answers.find(([end]) => path.includes(end))?.[1] ?? NOT_FOUND);
  });
  after(() => {
    nexus?.close();
    docker?.close();
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
      const recorded = readFileSync(join(__dirname, "old-state", "golden", `${stack}.json`), "utf8");
      const here = recorded
        .replaceAll(/https?:\/\/(127\.0\.0\.1:8081|10\.77\.0\.2)(?=["/])/g, nexus.url)
        .replaceAll(/unix:\/\/\/(run\/berth\/server|var\/run\/docker)\.sock/g, `unix://${docker.socket}`);
      writeFileSync(join(folder, `${stack}.json`), here);
      const { salt } = JSON.parse(recorded).checkpoint.latest.secrets_providers.state;
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

/** A Docker that has nothing of what it is asked for. Through a container of our own nothing is found in it either. */
async function emptyDocker() {
  const folder = mkdtempSync(join(tmpdir(), "berth-empty-"));
  const socket = join(folder, "docker.sock");
  const server = createServer(({ method, url = "" }, response) => {
    const say = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
    if (/^\/(containers|images)\/json|^\/networks(\?|$)/.test(url)) return say(200, []);
    if (method === "POST" && url.startsWith("/containers/create")) return say(201, { Id: "ours" });
    if (method === "POST" && url.startsWith("/images/create"))
      return say(200, { status: `sha256:${"0".repeat(64)}` });
    if (method === "DELETE" && url.startsWith("/images/")) return say(200, []);
    if (method === "DELETE") return response.writeHead(204).end();
    return say(404, { message: "no such thing" });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
