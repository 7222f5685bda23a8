import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as gitlab from "@pulumi/gitlab";
import { StackState } from "../../../../automation/engine/stack-state";
import { needProviderToken, offerProviderToken } from "../../../../automation/stack/provider-token";
import { CommandError } from "../../../../automation/terminal/exit";
import { GitlabWeb } from "../../../support/gitlab-web";
import { inEnvironment } from "../../../support/stack/in-environment";
import { InlineProject } from "../../../support/stack/inline-stack";
import { pulumiRoot } from "../../../support/stack/sandbox-pulumi";

describe("the token for Pulumi's plugin for GitLab", () => {
  const offered = (env: NodeJS.ProcessEnv, isManaged = true) => {
    const given = { ...env };
    offerProviderToken(isManaged, given);
    return given["GITLAB_TOKEN"];
  };

  it("is berth's own, or what somebody has set for the plugin, whatever the settings keep in GitLab", () => {
    for (const isManaged of [true, false]) {
      assert.equal(offered({ BERTH_GITLAB_TOKEN: "glpat-berth" }, isManaged), "glpat-berth");
      const both = { BERTH_GITLAB_TOKEN: "glpat-berth", GITLAB_TOKEN: "glpat-own" };
      assert.equal(offered(both, isManaged), "glpat-own");
    }
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
    assert.equal(offered({}, false), "-");
  });

  it("is never a job's own, which is an error where the settings need one", () => {
    const own = { BERTH_GITLAB_TOKEN: "glcbt-1", CI_JOB_TOKEN: "glcbt-1" };
    assert.throws(() => offered(own), /job's own token/);
    assert.equal(offered(own, false), "-");
  });

  describe("of a stack that has kept something in GitLab", () => {
    let web: GitlabWeb;
    let project: InlineProject;

    before(async () => {
      web = await new GitlabWeb().start();
      project = new InlineProject("berth");
    });
    after(async () => {
      project.remove();
      await web.stop();
    });

    const program = () => {
      const provider = new gitlab.Provider("api", { baseUrl: `${web.url}/api/v4/`, earlyAuthCheck: false });
      const args = { project: web.project, key: "KEPT", value: "long-enough" };
      new gitlab.ProjectVariable("kept", args, { provider });
    };
    const needed = async () => needProviderToken({ name: "dev", before: await StackState.read("dev") });
    const variables = async () => {
      const headers = { "private-token": web.token("looking", { accessLevel: 40 }) };
      return (await web.ask("GET", "/variables", headers)).json as unknown[];
    };
    /** As a command of berth's has it, that opened the stack with settings that keep nothing in GitLab. */
    const opened = <T>(token: string, work: () => Promise<T>) => {
      const PATH = [join(pulumiRoot, "bin"), process.env["PATH"]].join(delimiter);
      const env = { ...project.environment, PATH, BERTH_GITLAB_TOKEN: token, GITLAB_TOKEN: "" };
      return inEnvironment(env, () => {
        offerProviderToken(false);
        return work();
      });
    };

    it("is wanted before anything is changed, and deletes what was made, though the settings keep nothing", async function () {
      this.timeout(120_000);
      const token = web.token("keeper", { accessLevel: 40 });
      const dev = await project.stack("dev");
      await opened("", needed);
      await opened(token, () => dev.up(program));
      assert.equal((await variables()).length, 1);
      await opened("", () =>
        assert.rejects(needed(), (error: unknown) => {
          assert.ok(error instanceof CommandError && error.exit === 2);
          assert.match(
            error.message,
            /^The stack dev keeps something in GitLab \(1: ProjectVariable\), .*; nothing was done\. Set BERTH_GITLAB_TOKEN/,
          );
          return true;
        }),
      );
      await opened(token, async () => {
        await needed();
        await dev.refresh();
        await dev.up(() => undefined);
      });
      assert.deepEqual(await variables(), []);
    });
  });
});
