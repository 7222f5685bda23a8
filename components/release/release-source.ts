import * as pulumi from "@pulumi/pulumi";
import { aliasesOf } from "../base/renames";
import { AppImage } from "../image/app-image";
import { serversOfImage } from "../image/build-platform";
import { commitTag } from "../image/commit-tag";
import { givenImage } from "../image/given-image";
import type { Account, RegistryAccess } from "../registry/registry-access";
import { USUAL_PLATFORM } from "../settings/app-settings";
import { appRepository } from "../settings/gitlab-settings";
import type { AppSettings, GitlabSettings, Settings } from "../settings/settings";
import { messageOf } from "../values/error-facts";
import { type Built, cacheSource, imagePlan } from "./built-before";
import type { InheritedRelease } from "./inherited-release";
import { type StackNexus, StackNexuses } from "./other-stack-nexus";
import type { RepublishArgs } from "./republish";

/** What is copied into Nexus. */
export interface ReleaseSource extends Pick<RepublishArgs, "source" | "tag" | "reader" | "sourceAccess"> {
  /** Where it is known before the copy. */
  readonly digest?: pulumi.Input<string>;
  readonly image?: string;
  readonly built?: (Omit<Built, "image"> & { readonly image: pulumi.Input<string> }) | undefined;
}

/** The stack's Nexus, and what images are made with. */
export interface ReleaseSourcesArgs extends Pick<Settings, "apps" | "servers"> {
  readonly gitlab: GitlabSettings;
  /** Its Docker host and container; no host where it isn't ours. */
  readonly docker: string | undefined;
  readonly container: pulumi.Input<string>;
  readonly access: RegistryAccess;
  readonly dockerHosted: pulumi.Output<string>;
  readonly dockerGroup: pulumi.Output<string>;
  /** Reads releases. */
  readonly puller: Account;
  /** Reads bases and images of others. */
  readonly baseReader: Account;
  /** What each app's build is for. */
  readonly platforms: Readonly<Record<string, string | undefined>>;
  /** What the builder needs to trust the registry; asked for where something is built. */
  trust(): pulumi.Resource[];
}

/** What the last run knew of an app. */
export interface Past {
  readonly last: Built | undefined;
  readonly inherited: InheritedRelease | undefined;
}

/** The image that each app is to run: its name as a release, where it comes from, and what the next run is to know of it. */
export class ReleaseSources {
  private readonly others = new StackNexuses();

  constructor(private readonly args: ReleaseSourcesArgs) {}

  /** @param released what this run has put into Nexus already, by app */
  of(app: AppSettings, { last, inherited }: Past, released: Readonly<Record<string, ReleaseSource>>) {
    const { image, imageOf, release } = app;
    if (release && inherited) return { ...this.underOldName(inherited, last), tag: release.tag };
    if (release?.from !== undefined)
      return { ...promoted(app, this.others.of(release.from), last), tag: release.tag };
    if (imageOf !== undefined) return this.ofOther(imageOf, release, released);
    return image === undefined ? this.build(app, last) : this.given({ ...app, image });
  }

  /** The app's repository in GitLab, which for an image of before a rename is the old name's; none for one that is not built for it. */
  originOf(app: AppSettings, built?: ReleaseSource["built"]): pulumi.Input<string> | undefined {
    if (app.image !== undefined || app.imageOf !== undefined) return undefined;
    if (app.release || !built || built.inState) return appRepository(this.args.gitlab, app);
    return pulumi.output(built.image).apply((image) => image.replace(/@.*$/, ""));
  }

  private given(app: AppSettings & { readonly image: string }): ReleaseSource {
    const { apps, servers, gitlab, dockerGroup: group, baseReader: reader, access } = this.args;
    const { docker, container } = this.args;
    const on = serversOfImage(app, apps);
    const its = servers.filter(({ name }) => on.includes(name));
    return givenImage({ app, gitlab, servers: its, group, reader, access, docker, container });
  }

  /** Another app's, out of the stack's own Nexus: what it runs, or what was pinned and it has run. */
  private ofOther(
    app: string,
    release: AppSettings["release"],
    released: Readonly<Record<string, ReleaseSource>>,
  ): ReleaseSource {
    const { puller: reader, access: sourceAccess, dockerHosted } = this.args;
    const from = { reader, sourceAccess };
    if (!release) return { ...from, ...released[app]! }; // it is deployed before
    const { tag, digest } = release;
    return { ...from, tag, digest, source: pulumi.interpolate`${dockerHosted}/${app}@${digest}` };
  }

  /** What a renamed app brought along, out of the stack's own Nexus. */
  private underOldName({ app, digest }: InheritedRelease, last?: Built) {
    const { dockerHosted, puller: reader, access: sourceAccess } = this.args;
    const source = pulumi.interpolate`${dockerHosted}/${app}@${digest}`;
    return { source, reader, sourceAccess, built: last && { ...last, inState: false } };
  }

  /** In GitLab's registry. */
  private build(app: AppSettings, last: Built | undefined): ReleaseSource {
    const { gitlab, dockerGroup: registry, baseReader: reader, docker, container, access } = this.args;
    const tag = app.release?.tag ?? workingTag(app.build!.context); // settings hold one of the two
    const plan = imagePlan(app, tag, last);
    if (plan.kind === "build") {
      const bases = { registry, reader, docker, container, access, trust: this.args.trust() };
      const platform = this.args.platforms[app.name] ?? USUAL_PLATFORM;
      const cacheFrom = cacheSource(app, tag, last);
      const what = { app, build: app.build!, tag, gitlab, bases, platform, cacheFrom };
      const image = new AppImage(app.name, what, aliasesOf(app)).reference;
      const foreign = platform !== USUAL_PLATFORM && { platform };
      const cached = cacheFrom !== undefined && { cacheFrom };
      return { source: image, tag, built: { tag, image, inState: true, ...foreign, ...cached } };
    }
    const source = plan.image ?? `${appRepository(gitlab, app)}@${app.release!.digest}`;
    return { source, tag, built: last && { ...last, inState: false } };
  }
}

/** A release that another stack ran, out of that stack's Nexus. */
function promoted({ name, release }: AppSettings, from: StackNexus, last?: Built) {
  return {
    source: pulumi.interpolate`${from.dockerHosted}/${name}@${release!.digest}`,
    reader: from.puller,
    sourceAccess: from.access,
    built: last && { ...last, inState: false },
  };
}

/**
 * The tag of what is built out of a folder.
 * @throws pulumi.RunError with what is in the way, and not where in the program it was found
 */
export function workingTag(folder: string): string {
  try {
    return commitTag(folder);
  } catch (error) {
    throw new pulumi.RunError(messageOf(error));
  }
}
