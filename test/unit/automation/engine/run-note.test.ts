import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { jobHasEnded, readNote, runNote, stateOfProcess } from "../../../../automation/engine/run-note";
import { LoopbackServer } from "../../../support/http/loopback-server";

/** A GitLab that knows how one job is. */
class Jobs extends LoopbackServer {
  readonly paths: string[] = [];

  constructor(private readonly status: string) {
    super();
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.paths.push(`${request.url} ${request.headers["private-token"]}`);
    response.end(JSON.stringify({ status: this.status }));
  }
}

describe("what a run says of itself beside its lock", () => {
  const job = { CI_API_V4_URL: "https://gitlab.test/api/v4", CI_PROJECT_ID: "12", CI_JOB_ID: "345" };

  it("is its process, exactly, and its GitLab job", () => {
    const note = runNote(process.pid, job)!;
    assert.equal(note.pid, process.pid);
    assert.equal(note.job, "https://gitlab.test/api/v4/projects/12/jobs/345");
    assert.equal(stateOfProcess(note), "alive");
    assert.deepEqual(readNote(JSON.stringify(note)), note);
  });

  it("is nothing for a process that isn't there, and nothing where a tag holds something else", () => {
    assert.equal(runNote(2 ** 22 + 1), undefined);
    for (const text of [undefined, "", "null", "{}", "not JSON", '{"pid": 1}'])
      assert.equal(readNote(text), undefined);
  });

  it("tells a process from another one of the same number, and says nothing of other boots and namespaces", () => {
    const note = runNote(process.pid)!;
    assert.equal(stateOfProcess({ ...note, start: "1" }), "gone");
    assert.equal(stateOfProcess({ ...note, boot: "another" }), "unknown");
    assert.equal(stateOfProcess({ ...note, namespace: "pid:[1]" }), "unknown");
  });
});

describe("whether a run's job has ended", () => {
  const before = process.env["BERTH_GITLAB_TOKEN"];
  afterEach(() => {
    if (before === undefined) delete process.env["BERTH_GITLAB_TOKEN"];
    else process.env["BERTH_GITLAB_TOKEN"] = before;
  });

  /** @returns what is found out, and the paths that GitLab was asked for */
  async function asked(status: string, { token = "glpat-1234567890", foreign = false } = {}) {
    const gitlab = await new Jobs(status).start();
    process.env["BERTH_GITLAB_TOKEN"] = token;
    const api = `http://${gitlab.host}/api/v4`;
    const note = { ...runNote(process.pid)!, job: `${api}/projects/12/jobs/345` };
    const ended = await jobHasEnded(note, foreign ? ["https://gitlab.test/api/v4"] : [api]);
    await gitlab.stop();
    return { ended, paths: gitlab.paths };
  }

  it("is what GitLab says, and nothing else counts as an end", async () => {
    for (const status of ["success", "failed", "canceled"]) assert.ok((await asked(status)).ended, status);
    for (const status of ["running", "pending", "canceling", "manual", "unheard-of"])
      assert.ok(!(await asked(status)).ended, status);
    assert.deepEqual((await asked("failed")).paths, ["/api/v4/projects/12/jobs/345 glpat-1234567890"]);
  });

  it("is not asked without a token, nor of another GitLab than ours, whatever a note says", async () => {
    assert.deepEqual(await asked("failed", { token: " " }), { ended: false, paths: [] });
    assert.deepEqual(await asked("failed", { foreign: true }), { ended: false, paths: [] });
  });
});
