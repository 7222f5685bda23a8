import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TeamRepository, Tools } from "../../support/package/team-repository";
import { TEN_APPS } from "../../support/package/ten-apps";
import { whyNoPulumi } from "../../support/stack/sandbox-pulumi";
import { changesIn } from "../../unit/automation/init/repositories";

/** `npm install berth`, `berth init --yes` and a preview, as ten teams type them, out of a registry of npm. */
describe("ten repositories that get Berth from a registry", function () {
  this.timeout(1_200_000);
  let tools: Tools | undefined;
  before(async () => {
    tools = await Tools.start();
  });
  after(() => tools?.stop());

  for (const [name, app] of Object.entries(TEN_APPS)) {
    describe(name, () => {
      let team: TeamRepository;
      before(() => {
        team = new TeamRepository(tools!, app, "git@gitlab.example.com:team/shop.git");
      });
      after(() => team?.remove());

      it("installs the package, and is initialised by at most five new files", () => {
        team.install();
        const given = app.hasRemote
          ? []
          : ["--gitlab", "https://gitlab.example.com", "--project", "team/shop"];
        const { stdout } = team.init(...given, "--dev", "unix:///run/nowhere.sock");
        assert.match(stdout, /^new +/m);
        const changes = changesIn(team.root);
        const fresh = changes.filter((line) => line.startsWith("??"));
        assert.ok(fresh.length >= 1 && fresh.length <= 5, changes.join("\n"));
        assert.deepEqual(
          changes.filter((line) => !/^(\?\?| M) /.test(line)),
          [],
        );
      });

      it("installs what init has named, and changes nothing when init is run again", () => {
        team.installAgain();
        const before = changesIn(team.root);
        assert.match(team.init().stdout, /All is there already; nothing was changed\./);
        assert.deepEqual(changesIn(team.root), before);
        assert.ok(existsSync(join(team.folder, "node_modules", "@pulumi", "pulumi", "package.json")));
      });

      if (app.manager === "pnpm")
        it("has a lock file that a job installs from, once that is committed", () => {
          team.commit();
          team.installInJob();
          assert.deepEqual(changesIn(team.root), []);
        });

      it("has a program and settings that a preview takes, without any Docker", async function () {
        if (whyNoPulumi()) return this.skip();
        team.begin();
        const { code, stderr, stdout } = await team.berth(["preview", "dev", "--json"]);
        assert.equal(code, 0, stderr);
        const { changes } = JSON.parse(stdout);
        assert.deepEqual(Object.keys(changes), ["create"], stdout);
        assert.ok(changes.create > 40, stdout);
      });
    });
  }
});
