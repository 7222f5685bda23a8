import assert from "node:assert/strict";
import { ensureCiToken } from "../../../sandbox/gitlab/access-tokens";
import { defaultPlaces, gitlabDir } from "../../../sandbox/lib/places";
import { withOwnNexus, withTheirNexus } from "../../support/package/in-the-sandbox";
import { TeamRepository, Tools } from "../../support/package/team-repository";
import { TEN_APPS } from "../../support/package/ten-apps";
import { docker, whyNoSandbox } from "../../support/stack/sandbox";
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
/** Of the ten those that differ most in what is deployed; all are installed and previewed in test/integration/package/. */
const DEPLOYED = [FIRST, "a monorepo with two apps", "one with a compose file"];

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

  /** Its settings as `berth init` makes them, then with what stands in here. */
  async function initialise(name: string, team: TeamRepository, gitlab: readonly string[]): Promise<void> {
    if (name === FIRST) {
      team.init(...gitlab);
      return withOwnNexus(team);
    }
    team.init(...gitlab, "--nexus", `http://127.0.0.1:${stage.ports.http}`);
    const [releases = 0, docker = 0] = stage.more;
    await withTheirNexus(team, { releases, docker }, "http://upstream:5000");
  }

  for (const name of DEPLOYED) {
    const app = TEN_APPS[name]!;
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

      it("is installed, initialised and deployed, and its pages answer", async () => {
        team!.install();
        const gitlab = app.hasRemote ? [] : ["--gitlab", GITLAB, "--project", PROJECT];
        await initialise(name, team!, gitlab);
        if (name !== FIRST) {
          team!.installAgain();
          team!.begin(stage.password);
        }
        isUp = true;
        await must("up", "dev");
        const { apps } = JSON.parse(await must("outputs", "dev", "--json"));
        assert.deepEqual(Object.keys(apps).sort(), Object.keys(app.pages).sort());
        for (const [one, word] of Object.entries(app.pages)) {
          const answer = await fetch(apps[one].url, { signal: AbortSignal.timeout(10_000) });
          assert.match(await answer.text(), new RegExp(`Here is ${word}\\.`), one);
        }
      });
    });
  }
});
