import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { objectOf } from "../../../components/values/json-object";
import { NpmRegistry } from "../../support/package/npm-registry";
import { packBerth } from "../../support/package/team-project";
import { type Ran, root, run } from "../../support/stack/sandbox";

const TOKEN = "job-token-not-to-be-seen";
const LOGIN = Buffer.from("ci:password-of-nexus").toString("base64");

/** A registry as GitLab or Nexus puts it: below a path, and closed to all but who has its login. */
class Front {
  private server: Server | undefined;
  readonly published: string[] = [];

  constructor(
    private readonly path: string,
    private readonly login: string,
  ) {}

  async start(registry: string): Promise<this> {
    const server = createServer((asked, answer) => {
      const { authorization, host: _, ...headers } = asked.headers;
      const isOurs = asked.url?.startsWith(this.path) && authorization === this.login;
      if (!isOurs) return answer.writeHead(401).end("{}");
      if (asked.method === "PUT") this.published.push(String(asked.url));
      const url = new URL(String(asked.url).slice(this.path.length), registry);
      const passed = request(url, { method: asked.method, headers }, (got) => {
        answer.writeHead(got.statusCode ?? 500, got.headers);
        got.pipe(answer);
      });
      return asked.pipe(passed);
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server?.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }
}

describe("the job that publishes a release", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "berth-release-"));
  const checkout = join(folder, "checkout");
  const [ofGitlab, ofNexus] = [new NpmRegistry(), new NpmRegistry()];
  const gitlab = new Front("/api/v4/projects/7/packages/npm/", `Bearer ${TOKEN}`);
  const nexus = new Front("/repository/npm-releases/", `Basic ${LOGIN}`);
  let version: string;

  before(async () => {
    packBerth(folder); // leaves the checkout
    for (const name of [".ci", "README.md"])
      cpSync(join(root, name), join(checkout, name), { recursive: true });
    version = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")).version;
    await Promise.all([ofGitlab.start(), ofNexus.start()]);
    await Promise.all([gitlab.start(ofGitlab.url), nexus.start(ofNexus.url)]);
  });
  after(async () => {
    for (const front of [gitlab, nexus]) front.stop();
    await Promise.all([ofGitlab.stop(), ofNexus.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  function publish(more: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const job = {
      CI_COMMIT_TAG: `v${version}`,
      CI_API_V4_URL: `${gitlab.origin}/api/v4`,
      CI_PROJECT_ID: "7",
      CI_JOB_TOKEN: TOKEN,
    };
    const { PATH, HOME } = process.env;
    const npm = { npm_config_cache: join(folder, "cache") };
    return run([join(checkout, ".ci", "publish")], { PATH, HOME, ...npm, ...job, ...more }, checkout);
  }
  const inNexus = () => ({
    BERTH_NPM_REGISTRY: `${nexus.origin}/repository/npm-releases`,
    BERTH_NPM_AUTH: LOGIN,
  });

  it("publishes nothing for a tag of another version", async () => {
    const { code, stdout } = await publish({ CI_COMMIT_TAG: "v9.9.9" });
    assert.equal(code, 1);
    assert.match(stdout, /The tag v9\.9\.9 is not v\d.*nothing was published/);
    assert.deepEqual(gitlab.published, []);
  });

  it("publishes in GitLab's registry as the job, alone where no Nexus is named", async () => {
    const { code, stdout, stderr } = await publish();
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(gitlab.published, ["/api/v4/projects/7/packages/npm/berth"]);
    assert.match(stdout, /BERTH_NPM_REGISTRY names no npm repository/);
    assert.ok(!(stdout + stderr).includes(TOKEN));
  });

  it("goes on where it was cut off: GitLab's is left, Nexus's follows, in the same bytes", async () => {
    const { code, stdout, stderr } = await publish(inNexus());
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /packages\/npm\/ has berth \S+ already/);
    assert.equal(gitlab.published.length, 1);
    assert.deepEqual(nexus.published, ["/repository/npm-releases/berth"]);
    const integrity = async ({ url }: NpmRegistry) =>
      objectOf(objectOf(await (await fetch(`${url}berth/${version}`)).json())["dist"])["integrity"];
    assert.equal(await integrity(ofNexus), await integrity(ofGitlab));
    assert.ok(!(stdout + stderr).includes(LOGIN));
  });

  it("says which login it takes, and stops where a registry refuses it", async () => {
    const none = await publish({ ...inNexus(), BERTH_NPM_AUTH: "" });
    assert.equal(none.code, 1);
    assert.match(
      none.stderr,
      /BERTH_NPM_AUTH: is to be the login at BERTH_NPM_REGISTRY: name:password in base64/,
    );
    const wrong = await publish({ CI_JOB_TOKEN: "another" });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /can't be asked for berth \S+: nothing was published there/);
  });

  it("never publishes other bytes as a version that is there", async () => {
    const readme = join(checkout, "README.md");
    writeFileSync(readme, `${readFileSync(readme, "utf8")}\nOne more line.\n`);
    const { code, stdout } = await publish(inNexus());
    assert.equal(code, 1);
    assert.match(
      stdout,
      /has another berth \S+ \(sha512-\S+, this one is sha512-\S+\): a version is published once/,
    );
    assert.equal(gitlab.published.length + nexus.published.length, 2);
  });
});
