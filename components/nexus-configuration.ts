import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { ActiveRealms } from "./nexus/active-realms";
import { AdminPassword } from "./nexus/admin-password";
import { AnonymousAccess } from "./nexus/anonymous-access";
import { DockerGroup, DockerHosted, DockerProxy } from "./nexus/docker-repository";
import { FileBlobStore } from "./nexus/file-blob-store";
import { Role } from "./nexus/role";
import { User } from "./nexus/user";
import type { NexusHost } from "./nexus-host";
import type { NexusSettings } from "./settings";

/** Name and secret password of a Nexus account. */
export interface Account {
  readonly username: string;
  readonly password: pulumi.Output<string>;
}

export type AccountName = "admin" | "pusher" | "puller" | "baseReader";

export interface NexusConfigurationArgs {
  readonly host: NexusHost;
  readonly settings: NexusSettings;
}

/** The public hub as Nexus has to name it, and what tells it from any other upstream. */
const HUB_HOST = "registry-1.docker.io";

/** Everything in Nexus that is set over its REST API, in the order in which one part needs the other. */
export class NexusConfiguration extends pulumi.ComponentResource {
  /** `host:port` to which releases are pushed. Known once the repository takes them. */
  readonly dockerHosted: pulumi.Output<string>;
  /** `host:port` from which everything is pulled: base images and releases. */
  readonly dockerGroup: pulumi.Output<string>;
  readonly accounts: Readonly<Record<AccountName, Account>>;
  private readonly common: {
    server: pulumi.Output<{ url: string; username: string; password: string }>;
    adopt: true;
  };

  constructor(
    private readonly name: string,
    { host, settings }: NexusConfigurationArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("berth:nexus:NexusConfiguration", name, {}, opts);
    const { adminPassword } = settings;
    const password = adminPassword ? pulumi.secret(adminPassword) : this.password("admin");
    const { docker, readyTimeout } = settings;
    const admin = new AdminPassword(
      `${name}-admin-password`,
      { url: host.url, password, docker, container: host.container, readyTimeout },
      { parent: this },
    );
    const server = pulumi
      .all([admin.url, admin.password])
      .apply(([url, secret]) => ({ url, username: "admin", password: secret }));
    this.common = { server, adopt: true }; // the host is ours: what is there under our names, a broken run left

    const security = this.closeTheDoors();
    const { releases, group } = this.makeRepositories(settings, security);
    this.accounts = { admin: { username: "admin", password }, ...this.makeAccounts([releases, group]) };

    const at = (port: number, repository: pulumi.Resource) =>
      pulumi.all([repository.urn]).apply(() => `${settings.hostname}:${port}`);
    this.dockerHosted = at(settings.ports.docker, releases);
    this.dockerGroup = at(settings.ports.dockerGroup, group);
    this.registerOutputs({ dockerHosted: this.dockerHosted, dockerGroup: this.dockerGroup });
  }

  private closeTheDoors(): pulumi.Resource[] {
    const parent = { parent: this };
    const realms = ["NexusAuthenticatingRealm", "DockerToken"]; // the token realm is what `docker login` needs
    return [
      new ActiveRealms(`${this.name}-realms`, { ...this.common, realms }, parent),
      new AnonymousAccess(`${this.name}-anonymous`, { ...this.common, enabled: false }, parent),
    ];
  }

  private makeRepositories(settings: NexusSettings, dependsOn: pulumi.Resource[]) {
    const { common, name } = this;
    const opts = { parent: this, dependsOn, protect: !settings.allowDataLoss };
    const store = new FileBlobStore(`${name}-blobs`, { ...common, name: "docker", path: "docker" }, opts);
    const stored = { ...common, blobStore: "docker" };
    const onStore = { ...opts, dependsOn: [...dependsOn, store] };
    const releases = new DockerHosted(
      `${name}-releases`,
      { ...stored, name: "releases", writePolicy: "ALLOW_ONCE", httpPort: settings.ports.docker },
      onStore,
    );
    const hub = new DockerProxy(`${name}-hub`, { ...stored, name: "hub", ...upstreamOf(settings) }, onStore);
    const group = new DockerGroup(
      `${name}-group`,
      { ...stored, name: "docker", members: ["releases", "hub"], httpPort: settings.ports.dockerGroup },
      { ...onStore, dependsOn: [...dependsOn, releases, hub] },
    );
    return { releases, group };
  }

  private makeAccounts(repositories: pulumi.Resource[]): Record<Exclude<AccountName, "admin">, Account> {
    return {
      pusher: this.account(
        "pusher",
        "pushes releases",
        { releases: ["browse", "read", "add", "edit"] },
        repositories,
      ),
      puller: this.account(
        "puller",
        "pulls what a server runs",
        { docker: ["browse", "read"], releases: ["browse", "read"] },
        repositories,
      ),
      baseReader: this.account(
        "base-reader",
        "pulls base images",
        { docker: ["browse", "read"] },
        repositories,
      ),
    };
  }

  /** A user with a role of its own, which allows these actions on these repositories and nothing else. */
  private account(
    username: string,
    purpose: string,
    allowed: Record<string, string[]>,
    dependsOn: pulumi.Resource[],
  ): Account {
    const opts = { parent: this, dependsOn };
    const privileges = Object.entries(allowed).flatMap(([repository, actions]) =>
      actions.map((action) => `nx-repository-view-docker-${repository}-${action}`),
    );
    const roleId = `berth-${username}`;
    const role = new Role(
      `${this.name}-${username}-role`,
      { ...this.common, roleId, description: `Berth: ${purpose}`, privileges },
      opts,
    );
    const user = new User(
      `${this.name}-${username}`,
      { ...this.common, userId: username, purpose, password: this.password(username), roles: [roleId] },
      { ...opts, dependsOn: [role] },
    );
    // Taken from the user, so that whoever logs in waits until the account exists.
    return { username, password: user.password };
  }

  private password(account: string): pulumi.Output<string> {
    return new random.RandomPassword(
      `${this.name}-${account}-secret`,
      { length: 32, special: false }, // letters and digits only: it passes through shells and config files
      { parent: this },
    ).result;
  }
}

function upstreamOf({ upstream: { url, username, password } }: NexusSettings) {
  const indexType: "HUB" | "REGISTRY" = new URL(url).hostname === HUB_HOST ? "HUB" : "REGISTRY";
  const remotePassword = password === undefined ? undefined : pulumi.secret(password);
  return { remoteUrl: url, indexType, remoteUsername: username, remotePassword };
}
