import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoreSpace } from "../../../automation/nexus/blob-stores";
import type { Part, StackReport } from "../../../automation/report/stack-report";
import { ensureApiToken } from "../../../sandbox/gitlab/access-tokens";
import { sandboxProject } from "../../../sandbox/gitlab/start";
import { defaultPlaces, gitlabDir } from "../../../sandbox/lib/places";
import { needsDocker } from "../../support/stack/own-sandbox";
import { ProjectCopy } from "../../support/stack/project-copy";
import { docker, type Ran, root, run, SERVER, sandboxEnv } from "../../support/stack/sandbox";

interface Outputs {
  readonly nexusUrl: string;
  readonly accounts: { readonly admin: { readonly username: string; readonly password: string } };
  readonly apps: { readonly blog: { readonly release: { readonly tag: string; readonly digest: string } } };
}

const gitlab = `http://127.0.0.1:${defaultPlaces.ports.gitlab}`;

/** The dev stack on the sandbox's servers, its jobs as GitLab runs them on the default branch. */
describe("a stack after its update", function () {
  this.timeout(600_000);
  let project: ProjectCopy;
  let env: NodeJS.ProcessEnv;
  let token: string;
  let outputs: Outputs;

  before(async function () {
    await needsDocker(this);
    const up = await run([process.execPath, join(root, "sandbox", "main.cjs"), "up"]);
    assert.equal(up.code, 0, up.stderr);
    project = new ProjectCopy();
    token = ensureApiToken(gitlabDir(defaultPlaces), sandboxProject, "drift-test").token;
    const { CI_REGISTRY_USER, CI_REGISTRY_PASSWORD } = sandboxEnv();
    env = {
      CI_REGISTRY_USER,
      CI_REGISTRY_PASSWORD,
      BERTH_GITLAB_TOKEN: token,
      CI_API_V4_URL: `${gitlab}/api/v4`,
      CI_PROJECT_ID: sandboxProject,
      CI_COMMIT_REF_NAME: "main",
    };
  });

  after(async () => {
    if (!project) return;
    const destroyed = await project.berth(["destroy", "dev", "--yes"], env);
    project.remove();
    assert.equal(destroyed.code, 0, destroyed.stderr);
  });

  const api = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${gitlab}/api/v4/projects/${encodeURIComponent(sandboxProject)}${path}`, {
      method,
      headers: { "private-token": token, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    // biome-ignore lint/suspicious/noExplicitAny: tests look into it and fail where it isn't so
    return (await answer.json()) as any;
  };

  /** As a job of the pipeline that follows a merge. */
  function job(args: string[], over: NodeJS.ProcessEnv = {}): Promise<Ran> {
    return project.berth(args, { ...env, CI_COMMIT_SHA: project.git("rev-parse", "HEAD"), ...over });
  }

  /** Changes the app's version in a merge request that is merged; gives its number. */
  async function merged(version: string): Promise<number> {
    project.edit("app/VERSION", () => `${version}\n`);
    project.git("commit", "--quiet", "--all", "--message", version);
    const sha = project.git("rev-parse", "HEAD");
    const wish = { title: version, source_branch: version, target_branch: "main", sha };
    const { iid } = await api("POST", "/merge_requests", wish);
    await api("PUT", `/merge_requests/${iid}/merge`, { merge_commit_sha: sha });
    return iid;
  }

  async function upWith(version: string): Promise<{ iid: number; tag: string; digest: string }> {
    const iid = await merged(version);
    const { code, stdout, stderr } = await job(["up", "dev", "--note", "--json"]);
    assert.equal(code, 0, stderr);
    assert.ok(!stderr.includes("GitLab wasn't told"), stderr);
    return { iid, ...(JSON.parse(stdout).outputs as Outputs).apps.blog.release };
  }

  const notesOf = async (iid: number) =>
    (await api("GET", `/merge_requests/${iid}/notes`)).map(({ body }: { body: string }) => body) as string[];
  const nexus = (method: string, path: string, body?: object) => {
    const { nexusUrl, accounts } = outputs;
    const login = Buffer.from(`${accounts.admin.username}:${accounts.admin.password}`).toString("base64");
    return fetch(`${nexusUrl}/service/rest${path}`, {
      method,
      headers: { authorization: `Basic ${login}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
  };
  const issue = async () => {
    const [found] = await api("GET", "/issues?scope=created_by_me&state=all");
    return found as { state: string; title: string; description: string } | undefined;
  };
  const state = () =>
    readFileSync(join(project.directory, "state", ".pulumi", "stacks", "berth", "dev.json"), "utf8");

  const releases: { tag: string; digest: string }[] = [];

  it("is told in the merge request that its commit came from, with a deployment", async () => {
    const { iid, ...first } = await upWith("drift-1");
    releases.push(first);
    const [note] = await notesOf(iid);
    assert.match(note!, /\*\*Deployed\*\* to `berth\/dev`\n\n- `blog`: not deployed → /);
    assert.ok(note!.includes(`\`${first.tag}\` (\`${first.digest}\`), at [\`http://127.0.0.1:8080\`]`), note);
    const [deployment] = await api("GET", "/deployments?environment=dev&sort=desc");
    assert.equal(deployment.status, "success");
    assert.equal(deployment.environment.external_url, "http://127.0.0.1:8080");
    const told = await project.berth(["outputs", "dev", "--show-secrets", "--json"], env);
    outputs = JSON.parse(told.stdout) as Outputs;
  });

  it("has not drifted", async () => {
    const { code, stdout, stderr } = await job(["drift", "dev", "--issue"]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /No drift: the world is as the stack dev left it/);
    assert.equal((await issue())?.state, undefined);
    const untold = await job(["drift", "dev", "--issue"], { BERTH_GITLAB_TOKEN: "wrong" });
    assert.equal(untold.code, 1, "an issue may be open still");
    assert.match(untold.stderr, /The issue could not be written\. .*401 Unauthorized/);
    assert.equal((await job(["drift", "dev", "--issue"], { BERTH_GITLAB_TOKEN: "" })).code, 2);
  });

  it("has drifted where somebody changed Nexus and Docker: exit 3, an issue, and the same state", async () => {
    const path = "/v1/repositories/docker/hosted/releases";
    const repository = (await (await nexus("GET", path)).json()) as { storage: object };
    const storage = { ...repository.storage, writePolicy: "ALLOW" };
    assert.equal((await nexus("PUT", path, { ...repository, storage })).status, 204);
    const [container] = docker(["ps", "--quiet", "--filter", "label=berth.app=blog"], SERVER);
    docker(["rm", "--force", container!], SERVER);
    const before = state();
    const { code, stdout, stderr } = await job(["drift", "dev", "--issue"]);
    assert.equal(code, 3, stdout + stderr);
    assert.match(stdout, /- storage\.writePolicy: "ALLOW_ONCE"\n {2}\+ storage\.writePolicy: "ALLOW"/);
    assert.match(stdout, /^blog on main: container: gone$/m);
    assert.equal(state(), before);
    const opened = await issue();
    assert.equal(opened?.state, "opened");
    assert.match(opened.title, /^Drift in berth\/dev: \d resources differ/);
    assert.match(opened.description, /\+ storage\.writePolicy: "ALLOW"/);
    for (const secret of [outputs.accounts.admin.password, token, project.passphrase])
      assert.ok(!(stdout + stderr + opened.description).includes(secret));
    assert.match((await job(["drift", "dev", "--issue"])).stderr, /the issue says so already/);
    const untold = await job(["drift", "dev", "--issue"], { BERTH_GITLAB_TOKEN: "wrong" });
    assert.equal(untold.code, 3, "the drift counts, whether or not GitLab knows of it");
    assert.match(untold.stderr, /The issue could not be written\. .*401 Unauthorized/);
  });

  it("has no drift any more when it is repaired: the issue is closed", async () => {
    assert.equal((await job(["refresh", "dev"])).code, 0);
    const { iid: _, ...second } = await upWith("drift-2");
    releases.push(second);
    const { code, stdout, stderr } = await job(["drift", "dev", "--issue", "--json"]);
    assert.equal(code, 0, stdout + stderr);
    assert.equal((await issue())?.state, "closed");
    writeFileSync(join(project.project, "drift.json"), stdout);
  });

  it("is told as failed in its merge request where the update failed, with what stays", async () => {
    const iid = await merged("drift-broken");
    project.edit("Pulumi.dev.yaml", (text) => text.replace(/caBundle: \S+/, "caBundle: /does/not/exist"));
    const { code } = await job(["up", "dev", "--note"]);
    assert.equal(code, 2);
    project.git("checkout", "--quiet", "Pulumi.dev.yaml");
    const [note] = await notesOf(iid);
    assert.match(note!, /\*\*The update of `berth\/dev` failed\*\*/);
    assert.match(note!, /\| .*there is no file \/does\/not\/exist/);
    assert.ok(note!.includes(`\`${releases[1]!.tag}\` (\`${releases[1]!.digest}\`) stays`), note);
    assert.equal((await api("GET", "/deployments?environment=dev&sort=desc"))[0].status, "failed");
  });

  it("is cleaned of releases that nobody can go back to, and of nothing else", async () => {
    const { iid: _, ...third } = await upWith("drift-3");
    releases.push(third);
    const [one, two] = releases as [(typeof releases)[0], (typeof releases)[0]];
    const foreign = await job([
      "copy",
      `127.0.0.1:5050/team/blog/blog:${two.tag}`,
      "127.0.0.1:5050/team/blog/blog:mine",
    ]);
    assert.equal(foreign.code, 0, foreign.stderr);
    const rule = ["--keep", "2", "--older-than", "0"];
    const asked = await job(["cleanup", "dev", ...rule]);
    assert.equal(asked.code, 2, asked.stdout);
    assert.match(asked.stderr, /Delete 2 tags\? Without a terminal to ask on, say --yes/);
    const dry = await job(["cleanup", "dev", ...rule, "--dry-run", "--json"]);
    const planned = JSON.parse(dry.stdout).registries as {
      where: string;
      removed: { tag: string; bytes: number }[];
      foreign: string[];
    }[];
    assert.deepEqual(
      planned.map(({ where, removed }) => [where, ...removed.map(({ tag }) => tag)]),
      [
        ["GitLab", one.tag],
        ["Nexus", one.tag],
      ],
    );
    const { blobStores } = JSON.parse(dry.stdout) as { blobStores: StoreSpace[] };
    assert.deepEqual(blobStores.map(({ name, type }) => `${name} ${type}`).sort(), [
      "default File",
      "docker File",
    ]);
    for (const { used, free = 0, blobs } of blobStores)
      assert.ok(free > 0 && Number.isInteger(used) && Number.isInteger(blobs), JSON.stringify(blobStores));
    assert.ok(planned[0]!.removed[0]!.bytes > 10e6 && planned[0]!.foreign.includes("mine"));
    const done = await job(["cleanup", "dev", ...rule, "--yes"]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stdout,
      new RegExp(
        `Nexus, 127\\.0\\.0\\.1:8082/blog: 1 tag deleted[\\s\\S]*${two.tag} stays: dev [\\s\\S]*\nHow full Nexus is:\nBLOB STORE +TYPE +BLOBS +USED +FREE\n`,
      ),
    );
    const again = JSON.parse((await job(["cleanup", "dev", ...rule, "--dry-run", "--json"])).stdout);
    assert.deepEqual(
      again.registries.map(({ removed }: { removed: object[] }) => removed),
      [[], []],
    );
    const settings = () => readFileSync(join(project.project, "Pulumi.dev.yaml"), "utf8");
    const inGit = () => [
      project.git("rev-parse", "HEAD"),
      project.git("status", "--porcelain", "--untracked-files=no"),
    ];
    const before = { settings: settings(), state: state(), git: inGit() };
    const wish = ["rollback", "dev", "--preview"];
    const seen = await job([...wish, "--out", "back"]);
    assert.equal(seen.code, 0, seen.stderr);
    assert.match(seen.stderr, new RegExp(`blog would go back to ${two.tag} \\(${two.digest}\\)\\.`));
    assert.match(seen.stdout, new RegExp(`^blog on main: ${third.tag} → ${two.tag}$`, "m"));
    const short = (digest: string) => digest.slice(0, 19);
    assert.match(
      seen.stdout,
      new RegExp(
        `^replace +blog on main: container\n +because its image changes: ${short(third.digest)} → ${short(two.digest)}$`,
        "m",
      ),
    );
    assert.doesNotMatch(seen.stdout, /^(create|update|replace) +blog: build$/m, "nothing is built");
    assert.deepEqual(
      { settings: settings(), state: state(), git: inGit() },
      before,
      "nothing is pinned or changed by looking",
    );
    const reviewed = JSON.parse(readFileSync(join(project.project, "back", "preview.json"), "utf8"));
    assert.equal(reviewed.hash, /^hash: (\S+)$/m.exec(seen.stdout)?.[1]);
    const back = await job(["rollback", "dev"]);
    assert.equal(back.code, 0, back.stderr);
    assert.match(
      back.stdout.replace(/\s+/g, " "),
      new RegExp(
        `replaced: .*blog on main: container.* because its image changes: ${short(third.digest)} → `,
      ),
    );
    const now = JSON.parse((await job(["outputs", "dev", "--json"])).stdout) as Outputs;
    assert.equal(now.apps.blog.release.digest, two.digest);
  });

  it("is all on one page, without a secret, and without an address unless asked for", async () => {
    const [one, two, three] = releases;
    const args = ["report", "dev", "--out", "public", "--drift", "drift.json", "--json"];
    const { code, stdout, stderr } = await job(args);
    assert.equal(code, 0, stderr);
    const file = join(project.project, "public", "index.html");
    const page = readFileSync(file, "utf8");
    const report = JSON.parse(stdout) as StackReport;
    const found = <T>(part: Part<T>): T => ("found" in part ? part.found : assert.fail(part.problem));
    const blog = found(report.services).find(({ app }) => app === "blog");
    assert.deepEqual([blog?.state, blog?.tag, blog?.digest], ["running", two!.tag, two!.digest]);
    const [app] = found(report.apps);
    assert.deepEqual(
      app!.releases.map(({ tag, result, registries }) => [
        tag,
        result,
        ...registries!.map(({ digest }) => digest),
      ]),
      [
        [two!.tag, "succeeded", two!.digest, two!.digest],
        [three!.tag, "succeeded", three!.digest, three!.digest],
        [two!.tag, "succeeded", two!.digest, two!.digest],
        [one!.tag, "succeeded", undefined, undefined],
      ],
    );
    assert.deepEqual(
      app!.back.map(({ tag }) => tag),
      [one!.tag],
    );
    for (const { where, holds } of report.registries) {
      const [held] = found(holds);
      assert.deepEqual([where, held!.releases, found(held!.cleanup).tags], [where, 2, []]);
      assert.ok(held!.bytes > 10e6, `${where} ${held!.bytes}`);
    }
    const { repositories, limits } = found(report.nexus);
    const kept = repositories.find(({ name }) => name === "releases");
    assert.ok(kept?.content && found(kept.content).components >= 2);
    assert.ok(limits.length > 0);
    assert.doesNotMatch(stdout, /CVE-/, "what this Nexus is open to is for the doctor alone");
    assert.deepEqual(found(report.drift).resources, []);
    found(report.certificates);
    for (const secret of [outputs.accounts.admin.password, token, project.passphrase])
      assert.ok(!(stdout + stderr + page).includes(secret));
    assert.doesNotMatch(stdout + page, /127\.0\.0\.1|docker\.sock|:8082/);
    assert.equal((await job([...args, "--addresses"])).code, 0);
    assert.match(readFileSync(file, "utf8"), /127\.0\.0\.1/);
  });
});
