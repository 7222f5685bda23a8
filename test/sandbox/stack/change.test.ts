import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "../../../automation/change/model/change";
import { GitlabWeb } from "../../support/gitlab-web";
import { ProjectCopy } from "../../support/stack/project-copy";

/** Previews of the dev stack as a merge request's job runs them; nothing is applied, and nothing but an engine runs. */
describe("the change in the merge request", () => {
  let gitlab: GitlabWeb;
  let project: ProjectCopy;
  let iid: number;
  let job: NodeJS.ProcessEnv;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    project = new ProjectCopy();
    const commit = project.git("rev-parse", "HEAD");
    iid = await gitlab.mergeRequest(commit);
    job = {
      CI_API_V4_URL: `${gitlab.url}/api/v4`,
      CI_PROJECT_ID: gitlab.project,
      CI_MERGE_REQUEST_IID: String(iid),
      CI_COMMIT_SHA: commit,
      CI_PROJECT_DIR: project.project,
      CI_JOB_URL: `${gitlab.url}/team/blog/-/jobs/1`,
      CI_PIPELINE_ID: "1",
      CI_PIPELINE_URL: `${gitlab.url}/team/blog/-/pipelines/1`,
      CI_REGISTRY_USER: "gitlab-ci-token",
      CI_REGISTRY_PASSWORD: "login-of-job-one",
      BERTH_GITLAB_TOKEN: gitlab.token("berth", { accessLevel: 20 }),
    };
  });

  after(async () => {
    project?.remove();
    await gitlab?.stop();
  });

  const read = (name: string) => readFileSync(join(project.project, "change", name), "utf8");
  const previewed = () => JSON.parse(read("preview.json")) as Change;
  const preview = (over: NodeJS.ProcessEnv = {}) =>
    project.berth(["preview", "dev", "--out", "change", "--note", "--json"], { ...job, ...over });

  async function notes(): Promise<string[]> {
    const headers = { "private-token": job["BERTH_GITLAB_TOKEN"]! };
    const { json } = await gitlab.ask("GET", `/merge_requests/${iid}/notes?sort=asc`, headers);
    return (json as { body: string }[]).map(({ body }) => body);
  }

  let first: Change;

  it("is a note and three files of one and the same change", async () => {
    const { code, stdout, stderr } = await preview();
    assert.equal(code, 0, stderr);
    first = previewed();
    const told = JSON.parse(stdout) as { hash: string; note: { result: string } };
    assert.deepEqual([told.hash, told.note.result], [first.hash, "created"]);
    assert.deepEqual(await notes(), [read("preview.md")]);
    assert.match(read("preview.md"), new RegExp(`Hash of this change: \`${first.hash}\``));
    assert.match(
      read("preview.md"),
      /- `blog` on `main`: not deployed → `[0-9a-f]{12}` \(built by the update\)/,
    );
    const report = JSON.parse(read("terraform-report.json"));
    assert.deepEqual(report, { create: first.resources.length, update: 0, delete: 0 });
    assert.ok(first.resources.length > 30);
  });

  it("is the same in another job, which updates the note", async () => {
    const { code, stderr } = await preview({ CI_REGISTRY_PASSWORD: "login-of-job-two", CI_PIPELINE_ID: "2" });
    assert.equal(code, 0, stderr);
    assert.deepEqual(previewed().resources, first.resources);
    assert.equal(previewed().hash, first.hash);
    assert.equal((await notes()).length, 1);
    assert.match(stderr, /The note was updated: http:.*#note_\d+/);
  });

  it("shows a secret nowhere, not even one that somebody put into a label", async () => {
    const secret = "a-planted-secret";
    project.edit("Pulumi.dev.yaml", (text) =>
      text.replace("publish: 8080", `publish: 8080\n      env: { COPY: "login ${secret}" }`),
    );
    const { code, stdout, stderr } = await preview({ CI_REGISTRY_PASSWORD: secret, CI_PIPELINE_ID: "3" });
    assert.equal(code, 0, stderr);
    const [note] = await notes();
    assert.match(note!, /COPY=login \*\*\*/);
    const artefacts = readdirSync(join(project.project, "change")).map(read);
    const token = job["BERTH_GITLAB_TOKEN"]!;
    for (const hidden of [secret, token, project.passphrase]) {
      for (const text of [note!, stdout, stderr, ...artefacts]) assert.ok(!text.includes(hidden), hidden);
    }
  });

  it("is applied only if it is what was reviewed: exit 3 with the difference, or with what would be done", async () => {
    const reviewed = join(project.project, "change", "preview.json");
    project.edit("Pulumi.dev.yaml", (text) => text.replace("publish: 8080", "publish: 8079"));
    const differs = await project.berth(["up", "dev", "--expect", reviewed], job);
    assert.equal(differs.code, 3, differs.stderr);
    assert.match(differs.stderr, /Nothing was applied: it is no longer the change that was reviewed/);
    assert.match(differs.stderr, /not reviewed: create edge of main: port 8079$/m);
    assert.match(
      differs.stderr,
      /create blog: traffic: publish: reviewed nothing → 8080, now nothing → 8079/,
    );
    const byHash = await project.berth(["up", "dev", "--expect", first.hash], job);
    assert.equal(byHash.code, 3);
    assert.match(byHash.stderr, /What would be done now:\n {2}blog on main: not deployed → \S+\n {2}create /);
    assert.equal((await project.berth(["up", "dev", "--expect", "nonsense"], job)).code, 2);
    assert.equal(
      JSON.parse((await project.berth(["preview", "dev", "--json"], job)).stdout).changes.update,
      undefined,
    );
  });

  it("is out of date in the note where a later preview fails", async () => {
    project.edit("Pulumi.dev.yaml", (text) => text.replace(/caBundle: \S+/, "caBundle: /does/not/exist"));
    const { code, stderr } = await preview({ CI_PIPELINE_ID: "4" });
    assert.equal(code, 2);
    assert.match(stderr, /there is no file \/does\/not\/exist/);
    assert.match(stderr, /The note in the merge request says that it is out of date/);
    const [note] = await notes();
    assert.match(
      note!,
      /^<!-- berth:change [^\n]+ -->\n> \*\*Out of date\.\*\* It is of an earlier commit; the preview of `[0-9a-f]{12}` \[failed\]\(<http/,
    );
  });

  it("needs a merge request and a token for the note, before anything is previewed", async () => {
    for (const name of ["CI_MERGE_REQUEST_IID", "BERTH_GITLAB_TOKEN"]) {
      const { code, stderr } = await preview({ [name]: undefined });
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`--note .*${name}`));
    }
  });
});
