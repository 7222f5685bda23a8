import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runPipeline } from "../../../sandbox/gitlab/runner/pipeline";
import { GitlabWeb } from "../../support/gitlab-web";
import { ProjectCopy } from "../../support/stack/project-copy";
import { root } from "../../support/stack/sandbox";
import { pulumiEnvironment } from "../../support/stack/sandbox-pulumi";

/** The shipped pipeline of a merge request, in a GitLab of the test's own; nothing is deployed. */
describe("the merge request's job as shipped", () => {
  let gitlab: GitlabWeb;
  let project: ProjectCopy;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    project = new ProjectCopy();
    for (const name of [".gitlab-ci.yml", "templates", "package-lock.json"])
      cpSync(join(root, name), join(project.project, name), { recursive: true });
    const install = `cp -a ${join(root, "node_modules")} ${join(root, "sdks")} . && node automation/link.cjs`;
    project.edit(".gitlab-ci.yml", (text) =>
      text.replace("templates/berth.yml", `templates/berth.yml\n    inputs: { install: ${install} }`),
    );
    project.git("add", "--all");
    project.git("commit", "--quiet", "--message", "A pipeline");
  });

  after(async () => {
    project?.remove();
    await gitlab?.stop();
  });

  /** The job with this token for berth, or none. */
  async function previewed(token: string | undefined) {
    const commit = project.git("rev-parse", "HEAD");
    const iid = await gitlab.mergeRequest(commit);
    const headers = { "private-token": gitlab.token("developer") };
    const mergeRequest = (await gitlab.ask("GET", `/merge_requests/${iid}`, headers)).json;
    const projectId = (await gitlab.ask("GET", "", headers)).json.id;
    const state = join(project.directory, "state");
    mkdirSync(state, { recursive: true });
    const variable = { variable_type: "env_var", protected: false, masked: true, raw: true } as const;
    const lines: string[] = [];
    const home = join(project.directory, "runner");
    const { id, jobs } = await runPipeline({
      repository: project.project,
      home,
      given: {},
      secrets: [],
      only: ["berth-preview"],
      wish: {
        source: "merge_request_event",
        commit,
        title: "A pipeline",
        branch: "main",
        defaultBranch: "main",
        mergeRequest,
      },
      instance: {
        url: gitlab.url,
        registry: "127.0.0.1:5050",
        project: gitlab.project,
        projectId,
        registryUser: "gitlab-ci-token",
        jobToken: "glcbt-the-token-of-the-job",
      },
      variables: [
        {
          ...variable,
          key: "PULUMI_CONFIG_PASSPHRASE",
          value: project.passphrase,
          environment_scope: "*",
        },
        ...(token
          ? [{ ...variable, key: "BERTH_GITLAB_TOKEN", value: token, environment_scope: "dev" }]
          : []),
      ],
      isProtected: false,
      environment: {
        ...pulumiEnvironment(join(project.directory, "home")),
        HOME: join(project.directory, "home"),
        PULUMI_BACKEND_URL: `file://${state}`,
      },
      log: (_, line) => lines.push(line),
    });
    const log = lines.join("\n");
    assert.deepEqual(
      [jobs["berth-preview"]!.status, jobs["berth-check"]!.status],
      ["success", "created"],
      log,
    );
    const artefact = (name: string) =>
      readFileSync(join(home, "pipelines", String(id), "artefacts", "berth-preview", "change", name), "utf8");
    const notes = (await gitlab.ask("GET", `/merge_requests/${iid}/notes`, headers)).json as {
      body: string;
    }[];
    assert.ok(!existsSync(join(home, "builds", "0")), "the checkout is gone");
    return { notes: notes.map(({ body }) => body), artefact, log };
  }

  it("leaves the change as an artefact where there is no token", async () => {
    const { notes, artefact } = await previewed(undefined);
    assert.deepEqual(notes, []);
    assert.match(JSON.parse(artefact("preview.json")).hash, /^[0-9a-f]{64}$/);
  });

  it("leaves the same as a note where dev's environment has one, which is in no log", async () => {
    const token = gitlab.token("berth", { accessLevel: 20 });
    const { notes, artefact, log } = await previewed(token);
    assert.deepEqual(notes, [artefact("preview.md")]);
    assert.match(notes[0]!, /- `blog` on `main`: not deployed → `[0-9a-f]{12}` \(built by the update\)/);
    for (const secret of [token, project.passphrase]) assert.ok(!log.includes(secret));
  });
});
