import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offerProviderToken } from "../../../../automation/ci/provider-token";

describe("the token for Pulumi's plugin for GitLab", () => {
  const offered = (env: NodeJS.ProcessEnv) => {
    const given = { ...env };
    offerProviderToken(given);
    return given["GITLAB_TOKEN"];
  };

  it("is berth's own, or what somebody has set for the plugin", () => {
    assert.equal(offered({ BERTH_GITLAB_TOKEN: "glpat-berth" }), "glpat-berth");
    assert.equal(offered({ BERTH_GITLAB_TOKEN: "glpat-berth", GITLAB_TOKEN: "glpat-own" }), "glpat-own");
  });

  it("comes out of a file, too", () => {
    const dir = mkdtempSync(join(tmpdir(), "berth-token-"));
    writeFileSync(join(dir, "token"), "glpat-file\n");
    assert.equal(offered({ BERTH_GITLAB_TOKEN: join(dir, "token") }), "glpat-file");
    rmSync(dir, { recursive: true });
  });

  it("is none where there is none, so that a preview goes on without", () => {
    assert.equal(offered({}), "-");
    assert.equal(offered({ BERTH_GITLAB_TOKEN: " ", GITLAB_TOKEN: "" }), "-");
  });

  it("is never a job's own", () => {
    assert.throws(
      () => offered({ BERTH_GITLAB_TOKEN: "glcbt-1", CI_JOB_TOKEN: "glcbt-1" }),
      /job's own token/,
    );
  });
});
