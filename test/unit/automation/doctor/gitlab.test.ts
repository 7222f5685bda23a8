import assert from "node:assert/strict";
import { gitlabFinding, tokenFindings } from "../../../../automation/doctor/gitlab";
import type { GitlabSettings } from "../../../../components/settings/settings";
import { GitlabWeb } from "../../../support/gitlab-web";
import { scriptedNexus } from "../../../support/nexus/scripted-nexus";

describe("doctor on GitLab's token", () => {
  let web: GitlabWeb;
  before(async () => {
    web = await new GitlabWeb().start();
  });
  after(() => web.stop());

  const gitlab = (more: object = {}) =>
    ({ url: web.url, registry: "127.0.0.1:5050", project: web.project, ...more }) as GitlabSettings;
  let tokens = 0;
  const found = (token: Parameters<GitlabWeb["token"]>[1], more: object = {}, now?: Date) =>
    tokenFindings(gitlab(more), { BERTH_GITLAB_TOKEN: web.token(`doctor-${tokens++}`, token) }, now);

  it("is ok for a maintainer's with the scope api, and says for how long", async () => {
    const [scopes, role] = await found({ accessLevel: 40, expiresAt: "2099-01-01" });
    assert.match(
      scopes!.text,
      /^"doctor-0" \(BERTH_GITLAB_TOKEN\) has api, good for \d+ days \(2099-01-01\)$/,
    );
    assert.deepEqual([scopes!.state, role!.state, role!.text], ["ok", "ok", "Maintainer in team/blog"]);
  });

  it("fails for each missing scope, with what that costs, and looks at no role then", async () => {
    for (const scope of ["read_api", "read_registry", "write_repository"] as const) {
      const [only, ...more] = await found({ accessLevel: 40, scopes: [scope] });
      assert.equal(more.length, 0);
      assert.equal(only!.state, "fail");
      assert.match(only!.text, new RegExp(`has ${scope} and not api`));
      assert.match(only!.text, /there are no notes in merge requests .*; deployments .*; releases committed/);
      assert.match(only!.advice!, /scope api, role Maintainer/);
    }
  });

  it("warns of a role that some commands need more than, and names them", async () => {
    const [, reporter] = await found({ accessLevel: 20 });
    assert.equal(reporter!.state, "warn");
    assert.match(
      reporter!.text,
      /^Reporter in team\/blog: without Developer there are no deployments .*; without Maintainer/,
    );
    const [, guest] = await found({ accessLevel: 10 });
    assert.match(guest!.text, /^Guest in team\/blog: without Reporter there are no notes/);
    const [, developer] = await found({ accessLevel: 30 });
    assert.doesNotMatch(developer!.text, /without Developer/);
  });

  it("fails for a role that the settings need more than", async () => {
    const [, role] = await found({ accessLevel: 30 }, { manage: {} });
    assert.equal(role!.state, "fail");
  });

  it("warns in the last two weeks of a token, by the clock that it is told", async () => {
    const [scopes] = await found(
      { accessLevel: 40, expiresAt: "2099-01-01" },
      {},
      new Date("2098-12-22T12:00:00Z"),
    );
    assert.deepEqual([scopes!.state, /good for 9 days/.test(scopes!.text)], ["warn", true]);
  });

  it("fails for one that is expired, revoked, unknown, a job's own, or another project's, with the way to a new one", async () => {
    const expired = await found({ expiresAt: "2020-01-01" });
    const revoked = await found({ revoked: true });
    const unknown = await tokenFindings(gitlab(), { BERTH_GITLAB_TOKEN: "glpat-nobody-knows-it" });
    const job = await tokenFindings(gitlab(), { BERTH_GITLAB_TOKEN: "glcbt-1" });
    const elsewhere = await found({ accessLevel: 40 }, { project: "team/other" });
    const words = [
      /is expired: make a new one/,
      /was revoked/,
      /doesn't know the token/,
      /the job's own token/,
      /for another project/,
    ];
    for (const [index, findings] of [expired, revoked, unknown, job, elsewhere].entries()) {
      const last = findings.at(-1)!;
      assert.deepEqual([last.state, words[index]!.test(last.text)], ["fail", true], last.text);
      assert.match(last.advice!, /Settings → Access tokens/);
      assert.doesNotMatch(last.text, /glpat-nobody/);
    }
  });

  it("warns without one, and fails where the settings keep something in GitLab", async () => {
    const [none] = await tokenFindings(gitlab(), {});
    assert.equal(none!.state, "warn");
    assert.match(none!.text, /^BERTH_GITLAB_TOKEN isn't set: without it there are no notes/);
    assert.equal((await tokenFindings(gitlab({ manage: {} }), {}))[0]!.state, "fail");
  });
});

describe("doctor on GitLab itself", () => {
  const found = async (body: unknown, status = 401) => {
    const server = await scriptedNexus(() => ({ status, body }));
    try {
      return await gitlabFinding({ url: server.url } as GitlabSettings, {});
    } finally {
      server.close();
    }
  };

  it("knows it by how it refuses who has no login", async () => {
    const finding = await found({ message: "401 Unauthorized" });
    assert.deepEqual([finding.state, / answers$/.test(finding.text)], ["ok", true]);
  });

  it("fails where something else answers, and where nobody does", async () => {
    const page = await found("<html>welcome</html>", 200);
    assert.deepEqual([page.state, /answers 200, which is not GitLab's API/.test(page.text)], ["fail", true]);
    assert.match(page.advice!, /^curl -si /);
    const nobody = await gitlabFinding({ url: "http://127.0.0.1:9" } as GitlabSettings, {});
    assert.deepEqual([nobody.state, /ECONNREFUSED/.test(nobody.text)], ["fail", true]);
  });
});
