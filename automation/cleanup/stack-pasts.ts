import { existsSync } from "node:fs";
import { stackFilePath } from "../../components/settings/pulumi-project";
import { everyApp, type Settings } from "../../components/settings/settings";
import { engineFailure } from "../engine/engine-error";
import { engineJson } from "../engine/engine-json";
import { readProject, shortName, siblingOf } from "../engine/project";
import { StackState } from "../engine/stack-state";
import { lookAtWorkloads } from "../gitops/look-at-clusters";
import { wayBack } from "../releases/deployments";
import { openReleases } from "../releases/open-releases";
import { type Running, runningDigests, runningIn } from "../releases/running-digests";
import { findServices } from "../services/find-services";
import type { OpenStack } from "../stack/open-stack";
import { StackFile, stacksOf } from "../stack-file/stack-file";
import { CommandError } from "../terminal/exit";
import type { AppPast } from "./retention";

interface Outputs {
  readonly apps?: { readonly [app: string]: { readonly release?: { readonly digest?: string } } };
}

/**
 * What every stack of the project knows of its apps: what one of them runs the other's registry may hold. A stack without
 * state here has deployed nothing, as a promotion needs both stacks in one place; its pins count.
 * @throws CommandError where a stack or one of its servers or clusters can't be asked: then nobody knows what may go
 */
export async function stackPasts({ stack, name }: OpenStack): Promise<AppPast[]> {
  const known = (await stack.workspace.listStacks().catch(engineFailure)).map((one) => shortName(one.name));
  const names = [...new Set([shortName(name), ...known, ...stacksOf(readProject())])];
  const pasts = await Promise.all(
    names.map((one) => pastOf(one, known.includes(one) ? siblingOf(name, one) : undefined)),
  );
  return pasts.flat();
}

/** @param inEngine what the engine knows the stack as; undefined where it has no state of it */
async function pastOf(stack: string, inEngine: string | undefined): Promise<AppPast[]> {
  if (inEngine === undefined) return pinsOf(stack, new StackFile(stack).settings());
  const hasSettings = readProject().hasConfig || existsSync(stackFilePath(readProject(), stack));
  const settings = hasSettings ? (await StackFile.open(inEngine)).settings() : undefined;
  const state = await StackState.read(inEngine).catch(engineFailure);
  const [releases, outputs, services, workloads] = await Promise.all([
    openReleases(inEngine, state),
    engineJson<Outputs>(inEngine, ["stack", "output", "--json"]).catch(engineFailure),
    settings ? findServices(state, settings) : [],
    settings ? lookAtWorkloads(settings) : [],
  ]);
  const apps = new Set([
    ...Object.keys(outputs.apps ?? {}),
    ...(settings ? everyApp(settings).map(({ name }) => name) : []),
    ...services.flatMap(({ app }) => app ?? []),
  ]);
  return [...apps].map((app) => ({
    stack,
    app,
    deployments: releases.deployments(app),
    way: wayBack(releases.history, app),
    running: [
      ...digestsOf(stack, app, runningDigests(services, app)),
      ...digestsOf(stack, app, runningIn(workloads, app)),
      ...[outputs.apps?.[app]?.release?.digest ?? []].flat(),
      ...pinOf(settings, app),
    ],
  }));
}

function digestsOf(stack: string, app: string, running: readonly Running[]): string[] {
  return running.flatMap(({ server, digest, problem }) => {
    if (problem !== undefined) {
      throw new CommandError(
        `Nothing was deleted: it isn't known what ${server} of ${stack} runs of ${app}, as it can't be asked: ${problem}`,
      );
    }
    return digest ?? [];
  });
}

function pinsOf(stack: string, settings: Settings): AppPast[] {
  return settings.apps.map(({ name: app }) => ({
    stack,
    app,
    deployments: [],
    way: [],
    running: pinOf(settings, app),
  }));
}

function pinOf(settings: Settings | undefined, app: string): string[] {
  const digest = settings?.apps.find(({ name }) => name === app)?.release?.digest;
  return digest === undefined ? [] : [digest];
}
