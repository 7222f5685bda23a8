import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { SECRET_SIGNATURE, SIGNATURE } from "../../../../automation/change/model/shown";
import { ProgramSecrets } from "../../../../automation/change/secrets/program-secrets";
import { StackState } from "../../../../automation/engine/stack-state";
import { updateJob } from "../../../../automation/gitlab/gitlab";
import type { OpenStack } from "../../../../automation/stack/open-stack";
import { CommandError, Exit } from "../../../../automation/terminal/exit";
import type { Report } from "../../../../automation/terminal/report";
import { type BegunUpdate, UpdateTeller } from "../../../../automation/update/update-teller";
import { Secrets } from "../../../../components/http/secrets";
import { GitlabWeb } from "../../../support/gitlab-web";
import { FailingFront } from "../../../support/http/failing-front";

const commit = "d".repeat(40);
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const outputs = (tag: string, digit: string) => ({
  apps: { blog: { release: { tag, digest: digest(digit) }, url: "http://127.0.0.1:8080" } },
});
const message = `berth ${JSON.stringify({ apps: { blog: "two" }, digests: { blog: digest("2") }, who: "ann" })}`;

describe("what GitLab is told of an update", () => {
  let gitlab: GitlabWeb;
  let front: FailingFront;
  let said: string[];
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    gitlab = await new GitlabWeb().start();
    front = await new FailingFront(() => gitlab.url).start();
    said = [];
    env = {
      CI_API_V4_URL: `http://${front.host}/api/v4`,
      CI_PROJECT_ID: gitlab.project,
      CI_COMMIT_SHA: commit,
      CI_COMMIT_REF_NAME: "main",
      BERTH_GITLAB_TOKEN: gitlab.token("berth", { accessLevel: 30 }),
    };
  });

  afterEach(async () => {
    await front.stop();
    await gitlab.stop();
  });

  function teller(over: NodeJS.ProcessEnv = {}, apps: BegunUpdate["apps"] = [{ name: "blog" }]) {
    const state = { deployment: { a: { [SIGNATURE]: SECRET_SIGNATURE, plaintext: '"hunter-22"' } } };
    const open = {
      name: "prod",
      before: new StackState(undefined),
      stack: { exportStack: async () => state },
    } as unknown as OpenStack;
    const report = { say: (line: string) => said.push(line) } as unknown as Report;
    const secrets = new ProgramSecrets(new Secrets());
    const made = new UpdateTeller(updateJob({ ...env, ...over }), { open, apps, message, secrets }, report);
    made.onEvent({
      resourcePreEvent: {
        metadata: { type: "pulumi:pulumi:Stack", old: { outputs: outputs("one", "1") } },
      },
    } as unknown as EngineEvent);
    made.begin();
    return made;
  }

  const ask = async (path: string) => {
    const headers = { "private-token": gitlab.token("reader", { scopes: ["read_api"] }) };
    return (await gitlab.ask("GET", path, headers)).json;
  };
  const notesOf = async (iid: number): Promise<string[]> =>
    (await ask(`/merge_requests/${iid}/notes?sort=asc`)).map(({ body }: { body: string }) => body);

  /** A merge request whose merge made the job's commit. */
  async function merged(): Promise<number> {
    const headers = { "private-token": gitlab.token("developer") };
    const iid = await gitlab.mergeRequest("e".repeat(40));
    await gitlab.ask("PUT", `/merge_requests/${iid}/merge`, headers, { merge_commit_sha: commit });
    return iid;
  }

  it("is a note in the merged request that the commit came from, and a deployment with the app's address", async () => {
    const [iid] = [await merged(), await gitlab.mergeRequest(), await gitlab.mergeRequest()];
    await teller().succeeded({ update: 3 }, outputs("two", "2"));
    const [note, ...others] = await notesOf(iid);
    assert.match(note!, /^<!-- berth:update project=berth stack=prod commit=d+ -->\n\*\*Deployed\*\*/);
    assert.match(note!, /`one` \(`sha256:1+`\) → `two` \(`sha256:2+`\), at \[`http:\/\/127\.0\.0\.1:8080`\]/);
    assert.deepEqual(others, []);
    const [deployment] = await ask("/deployments");
    const { status, sha, ref, environment } = deployment;
    assert.deepEqual(
      [status, sha, ref, environment.name, environment.external_url],
      ["success", commit, "main", "prod", "http://127.0.0.1:8080"],
    );
    await teller().succeeded({}, outputs("two", "2"));
    assert.equal((await notesOf(iid)).length, 1, "one note, updated in place");
  });

  it("has what came of the files of an app's clusters, and that nobody looked further", async () => {
    const iid = await merged();
    const { blog } = outputs("two", "2").apps;
    const outcome = "commit https://gitlab.test/c1; nobody looked whether pods run it";
    const apps = { blog: { ...blog, gitops: { "platform/clusters main:values.yaml": outcome } } };
    await teller().succeeded({ update: 1 }, { apps });
    assert.match(
      (await notesOf(iid))[0]!,
      /\n {2}- `platform\/clusters main:values\.yaml: commit https:\/\/gitlab\.test\/c1; nobody looked whether pods run it`\n/,
    );
  });

  it("has what was removed of old images in this update, and not in one before", async () => {
    const iid = await merged();
    const made = teller();
    const ended = (op: string, told: string[], type = "pulumi-nodejs:dynamic/deploy:OldImages") =>
      made.onEvent({
        resOutputsEvent: { metadata: { op, type, new: { outputs: { told } } } },
      } as unknown as EngineEvent);
    ended("update", ["web1: removed 2 images of blog, 412.0 MB"]);
    ended("create", ["web2: removed 1 image of shop, 7.0 MB"]);
    ended("same", ["web1: removed 9 images of wiki, 1.0 GB"]);
    ended("update", ["of something else"], "pulumi-nodejs:dynamic/deploy:Drain");
    await made.succeeded({ update: 3 }, outputs("two", "2"));
    const [note] = await notesOf(iid);
    assert.match(
      note!,
      /\n- `web1: removed 2 images of blog, 412\.0 MB`\n- `web2: removed 1 image of shop, 7\.0 MB`\n/,
    );
    assert.doesNotMatch(note!, /wiki|something else/);
  });

  it("is one line of a renamed app, with what ran under its name before", async () => {
    const iid = await merged();
    const { blog } = outputs("two", "2").apps;
    await teller({}, [{ name: "shop", was: "blog" }]).succeeded({ update: 3 }, { apps: { shop: blog } });
    const [note] = await notesOf(iid);
    assert.match(note!, /^- `shop`, until now `blog`: `one` \(`sha256:1+`\) → `two` \(`sha256:2+`\), at /m);
    assert.doesNotMatch(note!, /nothing|not deployed/);
  });

  it("is the error of a failure, without a secret of the state, and a deployment that failed", async () => {
    const iid = await merged();
    await teller().failed(new CommandError("login with hunter-22 failed"));
    const [note] = await notesOf(iid);
    assert.match(note!, /failed\*\*[\s\S]*wanted was `two` \(`sha256:2+`\); `one` \(`sha256:1+`\) stays/);
    assert.match(note!, /\| login with \*\*\* failed/);
    assert.equal((await ask("/deployments"))[0].status, "failed");
    await teller().failed(new CommandError("locked", Exit.locked));
    assert.match((await notesOf(iid))[0]!, /Next: run the job again when the other run has ended/);
  });

  it("is no deployment where the job has an environment, whose address is told unless the job has it", async () => {
    const headers = { "private-token": gitlab.token("developer") };
    await gitlab.ask("POST", "/environments", headers, { name: "production" });
    const job = { CI_ENVIRONMENT_NAME: "production" };
    await teller({ ...job, CI_ENVIRONMENT_URL: "https://job" }).succeeded({}, outputs("two", "2"));
    const url = async () => (await ask("/environments?name=production"))[0].external_url;
    assert.equal(await url(), null);
    await teller(job).succeeded({}, outputs("two", "2"));
    assert.equal(await url(), "http://127.0.0.1:8080");
    assert.deepEqual(await ask("/deployments"), []);
    assert.match(said.join("\n"), /No note was written: no merge request has commit dddddddddddd/);
  });

  it("is a note in the project that a fork was made of, while the deployment is the fork's own", async () => {
    const iid = await gitlab.mergeRequest();
    const pipeline = { CI_MERGE_REQUEST_IID: String(iid), CI_MERGE_REQUEST_PROJECT_ID: gitlab.project };
    await teller({ ...pipeline, CI_PROJECT_ID: "4711" }).succeeded({}, outputs("two", "2"));
    assert.equal((await notesOf(iid)).length, 1);
    const [deployment] = front.requests.filter(
      (one) => one.startsWith("POST") && one.endsWith("/deployments"),
    );
    assert.equal(deployment, "POST /api/v4/projects/4711/deployments");
  });

  it("is a note where GitLab says that the commit's merge request is, not where the commit is", async () => {
    const iid = await merged();
    const found = [{ iid, state: "merged", merge_commit_sha: commit, project_id: 12 }];
    front.next("GET", { status: 200, body: JSON.stringify(found) });
    const environment = { CI_ENVIRONMENT_NAME: "prod", CI_ENVIRONMENT_URL: "https://job" };
    await teller({ ...environment, CI_PROJECT_ID: "4711" }).succeeded({}, outputs("two", "2"));
    assert.ok(
      front.requests.includes(`GET /api/v4/projects/12/merge_requests/${iid}`),
      front.requests.join(),
    );
  });

  it("is said where GitLab doesn't take it, and never thrown", async () => {
    const iid = await merged();
    const reporter = gitlab.token("reporter", { accessLevel: 20 });
    await teller({ BERTH_GITLAB_TOKEN: reporter }).succeeded({}, outputs("two", "2"));
    assert.match(
      said.join("\n"),
      /GitLab wasn't told\. Could not tell of a deployment to prod .*403.*needs the role Developer \(for a protected environment: one that may deploy to it\) or higher/,
    );
    assert.equal((await notesOf(iid)).length, 1, "the note is written all the same");
    said = [];
    front.next("GET", ...Array.from({ length: 9 }, () => ({ status: 401, body: "{}" })));
    await teller().succeeded({}, outputs("two", "2"));
    assert.match(said.join("\n"), /Could not look for the merge request of commit dddddddddddd.*401/);
  });

  it("needs a job and a token before anything is done", () => {
    for (const name of ["CI_API_V4_URL", "CI_PROJECT_ID", "CI_COMMIT_SHA", "BERTH_GITLAB_TOKEN"]) {
      assert.throws(
        () => updateJob({ ...env, [name]: "" }),
        (error: unknown) => error instanceof CommandError && error.exit === 2 && error.message.includes(name),
      );
    }
  });
});
