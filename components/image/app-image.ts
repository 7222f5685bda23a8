import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { BUILDER_VARIABLES, builderArgs } from "../docker/builder-address";
import { SSH_AGENT } from "../dockerfile/build-images";
import type { Account, RegistryAccess } from "../registry/registry-access";
import { BASE_ARGUMENT, basesOf, needsBuildx, USUAL_PLATFORM } from "../settings/app-settings";
import { appRepository } from "../settings/gitlab-settings";
import type { AppSettings, BuildSettings, GitlabSettings } from "../settings/settings";
import { BaseAvailable } from "./base-available";
import { type BuildContext, buildContext } from "./build-context";

export interface AppImageArgs {
  readonly app: AppSettings;
  readonly build: BuildSettings;
  readonly gitlab: GitlabSettings;
  /** Tag in GitLab's registry: the commit. */
  readonly tag: string;
  /** What it is built for: `linux/arm64`. */
  readonly platform: string;
  /** repository@digest in the GitLab registry: what layers are taken of, where the build's `cache` is wanted. */
  readonly cacheFrom?: string | undefined;
  /** Registry (`host:port`) that base images are pulled from, and who may. */
  readonly bases: {
    readonly registry: pulumi.Input<string>;
    readonly reader: Account;
    /** Docker host and container of the Nexus that serves them. */
    readonly docker: string | undefined;
    readonly container: pulumi.Input<string>;
    readonly access: RegistryAccess;
    /** What must be there before anything is pulled. */
    readonly trust?: pulumi.Resource[];
  };
}

/** The app's image: built on bases pulled through Nexus, pushed to the GitLab registry. */
export class AppImage extends pulumi.ComponentResource {
  /** repository@digest in the GitLab registry. */
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: AppImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:AppImage", name, {}, opts);
    const { build, bases, platform } = args;
    const { username, password } = bases.reader;
    const builder = new docker.Provider(
      `${name}-builder`,
      { ...builderArgs(), registryAuth: [{ address: bases.registry, username, password }] },
      { parent: this, dependsOn: bases.trust ?? [] },
    );
    const pulled = Object.entries(basesOf(build)).map(([argument, image]) => {
      const resource = argument === BASE_ARGUMENT ? `${name}-base` : `${name}-base-${argument}`;
      return [argument, this.base(resource, { image, platform }, bases, builder)] as const;
    });
    const wish: Build = {
      ...buildContext(args.app.name, build),
      repository: appRepository(args.gitlab, args.app),
      tag: args.tag,
      platform,
      target: build.target,
      args: { ...build.args, ...Object.fromEntries(pulled) },
      cache: build.cache ? { from: args.cacheFrom } : undefined,
      registry: { server: args.gitlab.registry, ...gitlabCredentials() },
      parent: this,
    };
    this.reference = needsBuildx(build) ? builtByBuildx(name, wish, build) : built(name, wish, builder);
    this.registerOutputs({ reference: this.reference });
  }

  /**
   * Pulled by a resource of its own: the build itself could only log in through the user's docker config.
   * @returns repository@digest
   */
  private base(
    name: string,
    { image, platform }: Pick<Build, "platform"> & { readonly image: string },
    { registry, reader, docker: host, container, access }: AppImageArgs["bases"],
    builder: docker.Provider,
  ): pulumi.Output<string> {
    const { username, password } = reader;
    const wanted = pulumi.interpolate`${registry}/${image}`;
    const where = { docker: host, container, username, password };
    const available = new BaseAvailable(
      `${name}-available`,
      { image: wanted, ...access, ...where, ...foreign(platform) },
      { parent: this },
    );
    const child = { parent: this, provider: builder };
    const what = { name: available.image, keepLocally: true, ...foreign(platform) };
    return new docker.RemoteImage(name, what, child).repoDigest;
  }
}

interface Build extends BuildContext {
  readonly repository: string;
  readonly tag: string;
  readonly platform: string;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, pulumi.Input<string>>>;
  /** The image to take layers of, if there is one; without a cache the next build can't take any of this one, either. */
  readonly cache: { readonly from: string | undefined } | undefined;
  readonly registry: {
    readonly server: string;
    readonly username: string;
    readonly password: pulumi.Output<string>;
  };
  readonly parent: pulumi.Resource;
}

/** Bases for the usual platform say none, as in old states. */
function foreign(platform: string): { platform?: string } {
  return platform === USUAL_PLATFORM ? {} : { platform };
}

/** Has BuildKit write into the image which command each of its layers is of: the one kind of cache that Docker's own builder can make. */
const INLINE_CACHE = { BUILDKIT_INLINE_CACHE: "1" };

function built(name: string, wish: Build, provider: docker.Provider): pulumi.Output<string> {
  const { context, dockerfile, repository, tag, registry, parent, platform, target, cache } = wish;
  const args = { ...wish.args, ...(cache && INLINE_CACHE) };
  const build = {
    context,
    dockerfile,
    platform,
    args,
    ...(target !== undefined && { target }),
    ...(cache?.from !== undefined && { cacheFrom: { images: [cache.from] } }),
  };
  const image = new docker.Image(
    `${name}-image`,
    { imageName: `${repository}:${tag}`, build, registry },
    { parent, provider },
  );
  return image.repoDigest;
}

/**
 * With secrets or an ssh agent, which docker.Image can't give to a build: by docker buildx, as the builder's machine has it, in Docker's
 * own builder, which knows the bases that were pulled.
 */
function builtByBuildx(
  name: string,
  wish: Build,
  build: Pick<BuildSettings, "secrets" | "ssh">,
): pulumi.Output<string> {
  const { context, dockerfile, repository, tag, args, registry, parent, platform, target } = wish;
  // Loaded where it is needed: its plugin is, too.
  const buildx: typeof import("@pulumi/docker-build") = require("@pulumi/docker-build");
  const { server: address, username, password } = registry;
  // Here and not with the image, where another job's login would count as a change.
  const provider = new buildx.Provider(
    `${name}-buildx`,
    { registries: [{ address, username, password }] },
    { parent, envVarMappings: BUILDER_VARIABLES },
  );
  const image = new buildx.Image(
    `${name}-image`,
    {
      context: { location: context },
      dockerfile: { location: dockerfile },
      // Its type lists those that there are; another is the plugin's to refuse.
      platforms: [platform as import("@pulumi/docker-build").Platform],
      ...(target !== undefined && { target }),
      buildArgs: { ...args },
      ...givenToBuild(wish, build),
      tags: [`${repository}:${tag}`],
      push: true,
      exec: true,
      builder: { name: "default" },
      buildOnPreview: false,
    },
    // Its deletion would delete the image in the registry, and with it the way back.
    { parent, provider, retainOnDelete: true },
  );
  return pulumi.interpolate`${repository}@${image.digest}`;
}

/** Each where there is any: an app that has none is the same image as before there was such a thing. */
function givenToBuild(
  { cache }: Pick<Build, "cache">,
  { secrets, ssh }: Pick<BuildSettings, "secrets" | "ssh">,
) {
  return {
    ...(Object.keys(secrets).length > 0 && { secrets: pulumi.secret({ ...secrets }) }),
    // Without a path, which is another one on each machine and in each job.
    ...(ssh && { ssh: [{ id: SSH_AGENT }] }),
    ...(cache?.from !== undefined && { cacheFrom: [{ registry: { ref: cache.from } }] }),
    ...(cache && { cacheTo: [{ inline: {} }] }),
  };
}

/** GitLab's registry credentials, by the names that every GitLab job has them under. */
function gitlabCredentials(): { username: string; password: pulumi.Output<string> } {
  const { CI_REGISTRY_USER: username = "", CI_REGISTRY_PASSWORD: password = "" } = process.env;
  if (!pulumi.runtime.isDryRun() && !(username && password)) {
    throw new pulumi.RunError(
      "The GitLab registry needs a login: set CI_REGISTRY_USER and CI_REGISTRY_PASSWORD " +
        "(a GitLab job has them; elsewhere take a token with read_registry and write_registry).",
    );
  }
  return { username, password: pulumi.secret(password) };
}
