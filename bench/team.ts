import { ensureCiToken } from "../sandbox/gitlab/access-tokens";
import { defaultPlaces, gitlabDir } from "../sandbox/lib/places";
import { withOwnNexus } from "../test/support/package/in-the-sandbox";
import { TeamRepository, Tools } from "../test/support/package/team-repository";
import { TEN_APPS } from "../test/support/package/ten-apps";
import { runBench } from "./run-bench";

/**
 * `node --require tsx/cjs bench/team.ts [APP]`: from the repository of an app to a page that answers, by the three commands of the README,
 * in the sandbox (`npx berth sandbox up`). npm gets every package out of a registry, none of them from a cache. APP is one of the ten of
 * test/support/package/ten-apps.ts; Django where none is named.
 */
const APP = process.argv[2] ?? "Django";
const PROJECT = "bench/shop";

async function main(): Promise<void> {
  const app = TEN_APPS[APP];
  if (!app?.hasRemote) throw new Error(`${APP}: expected one of ${Object.keys(TEN_APPS).join(", ")}`);
  const tools = await Tools.start();
  const remote = `http://127.0.0.1:${defaultPlaces.ports.gitlab}/${PROJECT}.git`;
  const team = new TeamRepository(tools, app, remote);
  const login = {
    CI_REGISTRY_USER: "gitlab-ci-token",
    CI_REGISTRY_PASSWORD: ensureCiToken(gitlabDir(defaultPlaces), PROJECT).token,
  };
  const berth = async (...args: string[]) => {
    const { code, stdout, stderr } = await team.berth(args, login);
    if (code !== 0) throw new Error(`berth ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
    return stdout;
  };
  try {
    await timed("npm install berth", () => team.install(true));
    await timed("npx berth init --yes", () => team.init());
    await withOwnNexus(team);
    await timed("npx berth up dev", () => berth("up", "dev"));
    const { apps } = JSON.parse(await berth("outputs", "dev", "--json"));
    await timed("the pages", () => Promise.all(Object.keys(app.pages).map((name) => fetch(apps[name].url))));
  } finally {
    await berth("destroy", "dev", "--yes");
    team.remove();
    await tools.stop();
  }
}

async function timed(what: string, work: () => unknown): Promise<void> {
  const began = performance.now();
  await work();
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${what}`);
}

runBench(main);
