import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import type Docker from "dockerode";
import { dockerAt } from "./docker/client";
import { findDocker, type MainDocker, startDocker } from "./docker/main-docker";
import { startGitlab } from "./gitlab/start";
import * as images from "./images/base-images";
import { debianRootfs } from "./images/debian-rootfs";
import { type Recipe, recipes } from "./images/recipes";
import { startUpstream } from "./images/upstream";
import { locked } from "./lib/lock";
import { cacheDir, type Places, passphraseFile, serverSocket, stateDir } from "./lib/places";
import { refuseTakenPorts } from "./lib/ports";
import { missingRequirements, pathWithSystemFolders, pip } from "./lib/requirements";
import { inTurn, type Progress, type Steps, together } from "./lib/steps";
import { buildNexusImage, NEXUS_IMAGE } from "./nexus/build";
import { installIfDebian, preflight, refuseWhereNotInstallable, removeOwnPolicy } from "./preflight";
import { goFrom } from "./pulumi/install/find-go";
import { preparePulumi } from "./pulumi/install/prepare-pulumi";
import { pulumiPlaces } from "./pulumi/install/pulumi-places";
import { giveImage } from "./server/give-image";
import { isShared, startRelays, startServer } from "./server/start";

/**
 * Brings up everything that is not up yet. What depends on nothing runs side by side:
 * packages → Docker → server and relays; packages → registries; Debian → base images and Nexus; Pulumi.
 */
export async function up(places: Places, steps: Steps): Promise<void> {
  process.env.PATH = pathWithSystemFolders(process.env.PATH ?? "");
  refuseWhereNotInstallable(await missingRequirements());
  await locked(places, async () => {
    removeOwnPolicy();
    const { rest } = await preflight(steps);
    makeFolders(places);
    const rootfs = ensureRootfs(places, steps);
    await together([rest.then(() => services(places, steps, rootfs)), rootfs, pulumi(places, steps, rest)]);
  });
}

/** Where Go's own installation puts it; not in everybody's PATH. */
const usualGo = "/usr/local/go/bin";

/** Where its CLI has to be built that takes longest: it needs nothing of the others. */
async function pulumi(places: Places, steps: Steps, installed: Promise<void>): Promise<void> {
  const path = process.env.PATH ?? "";
  const installPip = async (progress: Progress) => {
    await installed; // one apt at a time
    return installIfDebian(pip, progress);
  };
  const findGo = goFrom({ path: `${path}:${usualGo}`, installPip });
  await steps.run("Pulumi", (progress) => preparePulumi(pulumiPlaces(places), { path, findGo, progress }));
}

async function services(places: Places, steps: Steps, rootfs: Promise<string>): Promise<void> {
  refuseTakenPorts(places);
  const registries = together([
    steps.run("GitLab and its registry", () => startGitlab(places)),
    steps.run("registry of base images", () => startUpstream(places)),
  ]);
  const main = await steps.run("Docker", async () => (await findDocker(places)) ?? startDocker(places));
  const host = server(places, steps, main);
  const debian = rootfs.then((file) =>
    steps.run("Debian image", () => images.ensureDebianImage(dockerAt(main.socket), places, file)),
  );
  const nexus = nexusImage(places, steps, debian);
  await together([
    registries,
    host,
    ...baseImages(places, steps, main, debian, registries),
    nexusOnServer(places, steps, main, host, nexus),
  ]);
}

/** The prod stack runs a Nexus of its own on the server. */
async function nexusOnServer(
  places: Places,
  steps: Steps,
  main: MainDocker,
  host: Promise<unknown>,
  image: Promise<unknown>,
): Promise<void> {
  await together([host, image]);
  if (isShared(places)) return;
  const there = dockerAt(serverSocket(places));
  await steps.run("Nexus image on the server", async () => {
    await giveImage(dockerAt(main.socket), there, NEXUS_IMAGE);
  });
}

async function server(places: Places, steps: Steps, main: MainDocker): Promise<void> {
  const result = await steps.run("server", () => startServer(places, main.socket));
  if (result.kind === "shared") {
    steps.note(
      `the server is this machine's own Docker, and the prod stack can't run: no network namespace can be made here (${result.reason})`,
    );
  }
  await steps.run("relays", () => startRelays(places, main.socket));
}

function baseImages(
  places: Places,
  steps: Steps,
  main: MainDocker,
  debian: Promise<void>,
  registries: Promise<unknown>,
): Promise<void>[] {
  const docker = dockerAt(main.socket);
  // All are made of one Debian: what the first push has sent, the next ones need not send again.
  const push = inTurn();
  return recipes.map(async (recipe) => {
    await registries;
    if (await images.isUpstream(places, recipe)) return;
    await haveImage(docker, places, steps, recipe, debian);
    await push(() =>
      steps.run(`push ${nameOf(recipe)}`, (progress) =>
        images.pushUpstream(docker, places, recipe, progress),
      ),
    );
  });
}

const nameOf = ({ repository, tag }: Recipe) => `${repository.replace("library/", "")}:${tag}`;

/** Pulled from the hub, or made of Debian. */
async function haveImage(
  docker: Docker,
  places: Places,
  steps: Steps,
  recipe: Recipe,
  debian: Promise<void>,
): Promise<void> {
  if (await images.isBuilt(docker, places, recipe)) return;
  const name = nameOf(recipe);
  const pulled = await steps.run(`look for ${name} at the hub`, (progress) =>
    images.pullBaseImage(docker, places, recipe, progress),
  );
  await debian;
  if (pulled) return;
  steps.note(`the hub cannot be reached: ${recipe.description}`);
  await steps.run(`make ${name} from Debian`, (progress) =>
    images.buildBaseImage(docker, places, recipe, progress),
  );
}

/** Its download needs no Debian and goes on while that is made. */
function nexusImage(places: Places, steps: Steps, debian: Promise<void>): Promise<string> {
  const rootfs = () => debian.then(() => images.debianImage(places));
  return steps.run("Nexus image", (progress) =>
    buildNexusImage({ log: progress, cacheDir: cacheDir(places), rootfs }),
  );
}

function ensureRootfs(places: Places, steps: Steps): Promise<string> {
  return steps.run("Debian by debootstrap", (progress) => debianRootfs(cacheDir(places), progress));
}

function makeFolders(places: Places): void {
  for (const folder of [places.home, places.run, stateDir(places), cacheDir(places)]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  }
  const file = passphraseFile(places);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
}
