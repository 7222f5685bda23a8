import { everyApp } from "../../components/settings/settings";
import { planCleanup } from "../cleanup/cleanup";
import { type AppStore, gitlabStores, nexusStores } from "../cleanup/open-stores";
import { type AppPast, retentionRule } from "../cleanup/retention";
import { stackPasts } from "../cleanup/stack-pasts";
import type { LookedAt, TagStore } from "../cleanup/tag-store";
import { PATIENCE_MS } from "../nexus/server";
import type { Releases } from "../releases/open-releases";
import type { OpenStack } from "../stack/open-stack";
import { type HeldReleases, type Part, part, type ReportedApp, type ReportedRegistry } from "./stack-report";

/** What one registry has under the tags of an app's releases. */
export interface HeldTags {
  readonly where: string;
  readonly app: string;
  readonly tags: ReadonlyMap<string, LookedAt | undefined>;
}

export interface LookedAtRegistries {
  readonly registries: readonly ReportedRegistry[];
  readonly tags: readonly HeldTags[];
}

/** Both registries, each for itself: who has no token for GitLab's still sees Nexus. */
export async function lookAtRegistries(
  open: OpenStack,
  past: Promise<Part<Pick<Releases, "deployments">>>,
): Promise<LookedAtRegistries> {
  const apps = everyApp(open.file.settings());
  const pasts = { all: part(() => stackPasts(open)), own: past };
  const looks = await Promise.all([
    lookAt("GitLab", () => gitlabStores(open, apps, "Looking at the tags in GitLab's registry"), pasts),
    lookAt("Nexus", () => nexusStores(open, apps, PATIENCE_MS), pasts),
  ]);
  return { registries: looks.map(({ registry }) => registry), tags: looks.flatMap(({ tags }) => tags) };
}

type Look = { readonly registry: ReportedRegistry; readonly tags: readonly HeldTags[] };

interface Pasts {
  /** What every stack of the project knows of the apps: without it nobody knows what may go. */
  readonly all: Promise<Part<readonly AppPast[]>>;
  /** What this one knows, which is enough to tell releases from other tags. */
  readonly own: Promise<Part<Pick<Releases, "deployments">>>;
}

export async function lookAt(
  where: string,
  open: () => readonly AppStore[] | Promise<readonly AppStore[]>,
  pasts: Pasts,
): Promise<Look> {
  const tags: HeldTags[] = [];
  const holds = await part(async () => {
    const [stores, known, own] = [await open(), await pasts.all, await pasts.own];
    try {
      return await Promise.all(
        stores.map(async ({ app, store }) => {
          const noting = new NotingStore(store);
          const held = await heldIn(noting, app, known, "found" in own ? own.found.deployments(app) : []);
          tags.push({ where, app, tags: noting.looks });
          return held;
        }),
      );
    } finally {
      for (const { store } of stores) store.close();
    }
  });
  return { registry: { where, holds }, tags };
}

async function heldIn(
  store: NotingStore,
  app: string,
  pasts: Part<readonly AppPast[]>,
  deployments: AppPast["deployments"],
): Promise<HeldReleases> {
  const known = "found" in pasts ? pasts.found : [{ stack: "", app, deployments, way: [], running: [] }];
  const { remove, kept, foreign } = await planCleanup(store, app, known, retentionRule());
  const all = [...remove, ...kept].map(({ tag }) => store.looks.get(tag));
  return {
    app,
    releases: all.length,
    bytes: bytesOf(all),
    foreign: foreign.length,
    cleanup:
      "found" in pasts ? { found: { tags: remove.map(({ tag }) => tag), bytes: bytesOf(remove) } } : pasts,
  };
}

/** Of each image once, whatever tags it has. */
function bytesOf(looks: readonly (LookedAt | undefined)[]): number {
  const images = new Map(looks.map((look) => [look?.digest, look?.bytes ?? 0]));
  return [...images.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** A registry that is only looked at, and whose answers are kept. */
class NotingStore implements TagStore {
  readonly looks = new Map<string, LookedAt | undefined>();

  constructor(private readonly store: TagStore) {}

  get where(): string {
    return this.store.where;
  }

  get repository(): string {
    return this.store.repository;
  }

  names(): Promise<string[]> {
    return this.store.names();
  }

  async look(tag: string): Promise<LookedAt | undefined> {
    const found = await this.store.look(tag);
    this.looks.set(tag, found);
    return found;
  }

  async remove(tag: string): Promise<void> {
    throw new Error(`${this.repository}:${tag} is looked at only.`);
  }

  close(): void {
    this.store.close();
  }
}

/** The apps with what the registries that could be asked have of each release that was deployed by its tag. */
export function withRegistries(apps: readonly ReportedApp[], held: readonly HeldTags[]): ReportedApp[] {
  return apps.map((app) => {
    const theirs = held.filter((one) => one.app === app.app);
    if (theirs.length === 0) return app;
    const releases = app.releases.map((release) => ({
      ...release,
      registries: theirs.map(({ where, tags }) => {
        const digest = tags.get(release.tag)?.digest;
        return { where, ...(digest !== undefined && { digest }) };
      }),
    }));
    return { ...app, releases };
  });
}
