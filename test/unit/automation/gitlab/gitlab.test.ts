import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  artefactLink,
  gitlabRun,
  gitlabToken,
  mergeRequestNotes,
} from "../../../../automation/gitlab/gitlab";
import { CommandError } from "../../../../automation/terminal/exit";

const job = {
  CI_API_V4_URL: "https://gitlab.example.com/api/v4",
  CI_PROJECT_ID: "12",
  CI_MERGE_REQUEST_IID: "5",
  CI_JOB_TOKEN: "job-token",
  BERTH_GITLAB_TOKEN: "glpat-1",
};

describe("GitLab's job", () => {
  it("is of the merge request's head, not of what GitLab merges it to for a try", () => {
    const env = {
      CI_COMMIT_SHA: "merged",
      CI_PIPELINE_ID: "7",
      CI_PIPELINE_URL: "https://x/7",
      CI_JOB_URL: "https://x/j",
    };
    assert.deepEqual(gitlabRun({ ...env, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: "head" }), {
      commit: "head",
      pipeline: { id: "7", url: "https://x/7" },
      job: "https://x/j",
    });
    assert.equal(gitlabRun({ ...env, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: "" }).commit, "merged");
    assert.deepEqual(gitlabRun({}), { commit: undefined, pipeline: undefined, job: undefined });
  });

  it("shows files of its artefacts where they are within the project", () => {
    const env = { CI_JOB_URL: "https://x/-/jobs/9", CI_PROJECT_DIR: "/builds/blog" };
    const link = (file: string) => artefactLink(file, env);
    assert.equal(link("/builds/blog/a b/preview.md"), "https://x/-/jobs/9/artifacts/file/a%20b/preview.md");
    assert.equal(link("/tmp/preview.md"), undefined);
    assert.equal(artefactLink("/builds/blog/preview.md", {}), undefined);
  });

  it("is asked for what a note needs, before anything else is done", () => {
    assert.ok(mergeRequestNotes(job));
    for (const name of ["CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "BERTH_GITLAB_TOKEN"]) {
      assert.throws(
        () => mergeRequestNotes({ ...job, [name]: "" }),
        (error: unknown) => {
          return error instanceof CommandError && error.exit === 2 && error.message.includes(name);
        },
      );
    }
    assert.throws(() => mergeRequestNotes({ ...job, CI_MERGE_REQUEST_IID: "5/../6" }), CommandError);
  });

  it("has a token as it is or in a file, but not the job's own", () => {
    const dir = mkdtempSync(join(tmpdir(), "berth-token-"));
    const file = join(dir, "token");
    writeFileSync(file, "glpat-2\n");
    assert.equal(gitlabToken(job), "glpat-1");
    assert.equal(gitlabToken({ BERTH_GITLAB_TOKEN: file }), "glpat-2");
    assert.throws(
      () => gitlabToken({ BERTH_GITLAB_TOKEN: join(dir, "none") }),
      /there is no token in the file/,
    );
    for (const own of ["job-token", "glcbt-64_abc"]) {
      assert.throws(
        () => gitlabToken({ ...job, BERTH_GITLAB_TOKEN: own }),
        (error: Error) => {
          assert.match(
            error.message,
            /the job's own token, which may read notes and not write them.*scope api/,
          );
          return !error.message.includes(own);
        },
      );
    }
    rmSync(dir, { recursive: true });
  });
});
