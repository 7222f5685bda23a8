import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { SandboxError } from "../lib/sandbox-error";
import type { Steps } from "../lib/steps";
import type { Applied, Berth, Outputs } from "./berth";
import type { WorkingCopy } from "./working-copy";

/** The whole pipeline on the dev stack, every step checked from outside. */
export async function runPipeline(steps: Steps, copy: WorkingCopy, berth: Berth): Promise<Outputs> {
  const first = copy.nextVersion();
  copy.commitVersion(first);
  const up =
    (...flags: string[]) =>
    (progress: (text: string) => void) =>
      berth.json<Applied>(["up", "dev", ...flags], progress);

  await steps.run(`berth up dev: Nexus, image, copy, deployment of ${first}`, up());
  await steps.run(`the page answers with ${first}`, () => serves(berth, first));

  const second = copy.nextVersion();
  copy.commitVersion(second);
  await steps.run(`berth up dev: version ${second}`, up());
  await steps.run(`the page answers with ${second}`, () => serves(berth, second));
  const released = (await outputs(berth)).apps.blog.release;

  await steps.run("berth rollback dev", (progress) => berth.json(["rollback", "dev"], progress));
  await steps.run(`the page answers with ${first} again, and the release is pinned`, async () => {
    await serves(berth, first);
    const pin = pinned(copy);
    const { release } = (await outputs(berth)).apps.blog;
    expect(
      isDeepStrictEqual(pin, release),
      `pinned is ${JSON.stringify(pin)}, deployed is ${JSON.stringify(release)}`,
    );
    expect(release.tag !== released.tag, "the rolled back release is still the new one");
  });
  await steps.run("berth preview dev: no changes", async (progress) =>
    unchanged(await berth.json<Applied>(["preview", "dev"], progress)),
  );
  await steps.run("berth up dev: no changes", async (progress) => unchanged(await up()(progress)));

  await steps.run(`berth up dev --unpin: ${second} again, nothing built or copied anew`, async (progress) => {
    const { steps: done } = await up("--unpin")(progress);
    const built = done.filter(({ type }) => type === "docker:index/image:Image");
    expect(built.length === 0, `an image was built: ${JSON.stringify(built)}`);
    await serves(berth, second);
    const now = (await outputs(berth)).apps.blog.release;
    expect(
      isDeepStrictEqual(now, released),
      `the release is ${now.tag} (${now.digest}), not ${released.tag}`,
    );
    expect(pinned(copy) === undefined, "the release is still pinned");
    const { copied } = (await berth.lastCopy("blog")).blobs;
    expect(copied === 0, `${copied} blobs were copied`);
  });
  return outputs(berth);
}

function outputs(berth: Berth): Promise<Outputs> {
  return berth.json<Outputs>(["outputs", "dev", "--show-secrets"]);
}

function pinned(copy: WorkingCopy): unknown {
  return parse(readFileSync(copy.stackFile, "utf8")).config["berth:apps"].blog.release;
}

function unchanged({ changes, steps }: Applied): void {
  expect(Object.keys(changes).length === 0, `changes: ${JSON.stringify(changes)} ${JSON.stringify(steps)}`);
}

/** The app's page and health check answer, with this version. */
async function serves(berth: Berth, version: string): Promise<void> {
  const { url } = (await outputs(berth)).apps.blog;
  const health = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) });
  const said = (await health.json()) as { version: string; database: string };
  expect(health.status === 200, `${url}/healthz answered ${health.status}: ${JSON.stringify(said)}`);
  expect(said.version === version, `${url}/healthz says version ${said.version}, not ${version}`);
  const page = await fetch(`${url}/`, { signal: AbortSignal.timeout(10_000) });
  expect(page.status === 200, `${url}/ answered ${page.status}`);
  expect((await page.text()).includes(version), `${url}/ does not show version ${version}`);
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new SandboxError(otherwise);
}
