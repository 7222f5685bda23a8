import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { BaseAvailable } from "./base-available";
import { builderArgs } from "./builder-address";
import type { Account } from "./nexus-configuration";
import type { RegistryAccess } from "./registry-access";
import type { AppSettings, BuildSettings, GitlabSettings } from "./settings";

export interface AppImageArgs {
  readonly app: AppSettings;
  readonly build: BuildSettings;
  readonly gitlab: GitlabSettings;
  /** Tag in GitLab's registry: the commit. */
  readonly tag: string;
  /** Registry (`host:port`) that base images are pulled from, and who may. */
  readonly bases: {
    readonly registry: pulumi.Input<string>;
    readonly reader: Account;
    /** Docker host and container of the Nexus that serves them. */
    readonly docker: string;
    readonly container: pulumi.Input<string>;
    readonly access: RegistryAccess;
    /** What must be there before anything is pulled. */
    readonly trust?: pulumi.Resource[];
  };
}

/** Where the CA bundle lies in the build context; the Dockerfile copies it into its build stage only. */
const CA_FILE = ".berth-ca.crt";

/** The app's image: built on a base pulled through Nexus, pushed to the GitLab registry. */
export class AppImage extends pulumi.ComponentResource {
  /** repository@digest in the GitLab registry. */
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: AppImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:app:AppImage", name, {}, opts);
    const { build, bases } = args;
    const { username, password } = bases.reader;
    const builder = new docker.Provider(
      `${name}-builder`,
      { ...builderArgs(), registryAuth: [{ address: bases.registry, username, password }] },
      { parent: this, dependsOn: bases.trust ?? [] },
    );
    const child = { parent: this, provider: builder };
    const available = new BaseAvailable(
      `${name}-base-available`,
      {
        image: pulumi.interpolate`${bases.registry}/${build.base}`,
        ...bases.access,
        username,
        password,
        docker: bases.docker,
        container: bases.container,
      },
      { parent: this },
    );
    // Pulled by a resource of its own: the build itself could only log in through the user's docker config.
    const base = new docker.RemoteImage(`${name}-base`, { name: available.image, keepLocally: true }, child);
    placeCaBundle(args.app.name, build);
    const image = new docker.Image(
      `${name}-image`,
      {
        imageName: `${appRepository(args.gitlab, args.app)}:${args.tag}`,
        build: {
          context: build.context,
          dockerfile: join(build.context, build.dockerfile),
          platform: "linux/amd64",
          args: { ...build.args, BASE_IMAGE: base.repoDigest },
        },
        registry: { server: args.gitlab.registry, ...gitlabCredentials() },
      },
      child,
    );
    this.reference = image.repoDigest;
    this.registerOutputs({ reference: this.reference });
  }
}

/** The app's repository in the GitLab registry: `registry/group/project/app`. */
export function appRepository(gitlab: GitlabSettings, app: { readonly name: string }): string {
  return `${gitlab.registry}/${gitlab.project}/${app.name}`;
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

/** Puts the CA bundle into the build context, only if that would change something. */
function placeCaBundle(app: string, { caBundle, context }: BuildSettings): void {
  if (!caBundle) return;
  if (!existsSync(caBundle)) {
    throw new pulumi.RunError(`berth:apps.${app}.build.caBundle: there is no file ${caBundle}`);
  }
  const place = join(context, CA_FILE);
  if (!existsSync(place) || !readFileSync(place).equals(readFileSync(caBundle)))
    copyFileSync(caBundle, place);
}
