import assert from "node:assert/strict";
import { ensureCiToken } from "../../../sandbox/gitlab/access-tokens";
import { defaultPlaces, gitlabDir } from "../../../sandbox/lib/places";
import { withOwnNexus, withTheirNexus } from "../../support/package/in-the-sandbox";
import { TeamRepository, Tools } from "../../support/package/team-repository";
import { TEN_APPS } from "../../support/package/ten-apps";
import { docker, whyNoSandbox } from "../../support/stack/sandbox";
import { changesIn } from "../../unit/automation/init/repositories";
import { NexusStage } from "../nexus/harness";

const PROJECT = "ten-teams/shop";
const GITLAB = `http://127.0.0.1:${defaultPlaces.ports.gitlab}`;
/** Images that these Dockerfiles and the edge are made of. */
const BASES = ["python:3.11-slim", "caddy:2", "nginx:1"];
/**
 * The one that makes a Nexus of its own, by three commands and nothing else. The others have one that is there already, as it takes a
 * minute, and do all that `berth init` says.
 */
const FIRST = "Django";
/** From a registry of npm to a page that answers: `npm install berth`, `berth init --yes`, `berth up dev`. */
describe("teams that begin with the package", function () {
  this.timeout(1_200_000);
  const stage = new NexusStage(2);
  let tools: Tools | undefined;

  before(async function () {
    const why = whyNoSandbox();
    if (why) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    await stage.startFor(this);
    for (const base of BASES) await givesUpstream(base);
    tools = await Tools.start();
  });
  after(async () => {
    await tools?.stop();
    await stage.cleanUp();
  });

  /** As Docker's hub would have it. */
  async function givesUpstream(base: string): Promise<void> {
    const name = `127.0.0.1:${stage.ports.upstream}/library/${base}`;
    await stage.docker(["tag", `berth-sandbox/${base}`, name]);
    await stage.docker(["push", name]);
  }

  const login = () => ({
    CI_REGISTRY_USER: "gitlab-ci-token",
    CI_REGISTRY_PASSWORD: ensureCiToken(gitlabDir(defaultPlaces), PROJECT).token,
  });

  for (const [name, app] of Object.entries(TEN_APPS)) {
    describe(name, () => {
      let team: TeamRepository | undefined;
      let isUp = false;
      const must = async (...args: string[]) => {
        const { code, stdout, stderr } = await team!.berth(args, login());
        assert.equal(code, 0, `berth ${args.join(" ")}\n${stdout}\n${stderr}`);
        return stdout;
      };

      before(() => {
        team = new TeamRepository(tools!, app, `${GITLAB}/${PROJECT}.git`);
      });
      after(async () => {
        if (isUp) await must("destroy", "dev", "--yes");
        const built = docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
        const theirs = built.filter((image) => image.includes(`/${PROJECT}`));
        if (theirs.length > 0) docker(["image", "rm", "--force", ...theirs]);
        team?.remove();
      });

      it("is installed, and initialised by at most five new files, which a second init leaves as they are", () => {
        team!.install();
        const given = app.hasRemote ? [] : ["--gitlab", GITLAB, "--project", PROJECT];
        const theirs = name === FIRST ? [] : ["--nexus", `http://127.0.0.1:${stage.ports.http}`];
        assert.match(team!.init(...given, ...theirs).stdout, /^new +/m);
        const changes = changesIn(team!.root);
        const fresh = changes.filter((line) => line.startsWith("??"));
        assert.ok(fresh.length >= 1 && fresh.length <= 5, changes.join("\n"));
        assert.deepEqual(
          changes.filter((line) => !/^(\?\?| M) /.test(line)),
          [],
        );
        assert.match(team!.init().stdout, /All is there already; nothing was changed\./);
        assert.deepEqual(changesIn(team!.root), changes);
      });

      it("is deployed, and its pages answer", async () => {
        await standIns(name, team!);
        isUp = true;
        await must("up", "dev");
        const { apps } = JSON.parse(await must("outputs", "dev", "--json"));
        assert.deepEqual(Object.keys(apps).sort(), Object.keys(app.pages).sort());
        for (const [one, word] of Object.entries(app.pages)) {
          const answer = await fetch(apps[one].url, { signal: AbortSignal.timeout(10_000) });
          assert.match(await answer.text(), new RegExp(`Here is ${word}\\.`), one);
        }
      });

      if (app.manager === "pnpm")
        it("has a lock file that a job installs from, as it was committed", () => {
          team!.installInJob();
          assert.deepEqual(changesIn(team!.root), []);
        });
    });
  }

  /** Into the settings, in place of what can't be reached here; then what `berth init` says, where that is asked for. */
  async function standIns(name: string, team: TeamRepository): Promise<void> {
    if (name === FIRST) return withOwnNexus(team);
    const [releases = 0, docker = 0] = stage.more;
    await withTheirNexus(team, { releases, docker }, "http://upstream:5000");
    team.installAgain();
    team.begin(stage.password);
  }
});
