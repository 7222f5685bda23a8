import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { secretly } from "../base/secretly";
import type { RegistryLogin } from "../gitlab/gitlab-access";
import type { Account } from "../registry/registry-access";
import type { AccountSettings } from "../settings/nexus/nexus-access-settings";
import { registryAddress } from "../settings/nexus/nexus-addresses";
import { accountRole, roleGrants } from "../settings/nexus/nexus-grants";
import { privateHosts } from "../settings/nexus/nexus-private-hosts";
import { repositoryDefaults } from "../settings/nexus/nexus-repository-defaults";
import type { MadeNexus, NexusSettings, OwnNexus } from "../settings/nexus/nexus-settings";
import { AdminAccess } from "./admin-access";
import { AdminPassword } from "./admin-password";
import { ActiveRealms } from "./kinds/active-realms";
import { AnonymousAccess } from "./kinds/anonymous-access";
import { Certificate } from "./kinds/certificate";
import { CleanupPolicy } from "./kinds/cleanup-policy";
import { ContentSelector } from "./kinds/content-selector";
import { Eula } from "./kinds/eula";
import { OutboundHttp } from "./kinds/outbound-http";
import { Privilege } from "./kinds/privilege";
import { Role } from "./kinds/role";
import { RoutingRule } from "./kinds/routing-rule";
import { SsrfProtection } from "./kinds/ssrf-protection";
import { Task } from "./kinds/task";
import { User } from "./kinds/user";
import type { NexusHost } from "./nexus-host";
import { blobStore, repositoriesInOrder, repository } from "./nexus-repositories";
import { readPem } from "./own-nexus";
import { RegistryReady } from "./registry-ready";

export interface NexusConfigurationArgs {
  /** All that is asked of a host. */
  readonly host: Pick<NexusHost, "url" | "container" | "ca" | "access">;
  readonly settings: NexusSettings;
  /** With it the proxy of GitLab's registry logs in there, unless the settings have a login for that. */
  readonly gitlabLogin?: RegistryLogin | undefined;
}

/** What every object in Nexus is made with. */
export interface Common {
  readonly server: {
    url: pulumi.Output<string>;
    username: string;
    password: pulumi.Output<string>;
    ca?: pulumi.Output<string>;
  };
  readonly adopt: boolean;
  readonly keepFound?: boolean;
}

/** The default repository that brings images from GitLab's registry. */
const GITLAB_PROXY = "gitlab";

/** Who administrates Nexus for the stack. */
interface Access {
  readonly common: Common;
  /** As the outputs tell it; undefined where it is not the stack's. */
  readonly admin: Account | undefined;
  /** What shows that the login is right, before anything else is asked for. */
  readonly access: pulumi.Resource[];
}

type Objects = { readonly [name: string]: pulumi.Resource };

/** Everything in Nexus that is set over its REST API, in the order in which one part needs the other. */
export class NexusConfiguration extends pulumi.ComponentResource {
  /** `host:port` to which releases are pushed. Known once the pusher can. */
  readonly dockerHosted: pulumi.Output<string>;
  /** `host:port` from which everything is pulled: base images and releases. Known once the base reader can. */
  readonly dockerGroup: pulumi.Output<string>;
  /** By their names in the settings, and `admin` where the stack made Nexus. */
  readonly accounts: Readonly<Record<string, Account>>;
  private readonly common: Common;
  private readonly settings: NexusSettings;

  constructor(
    private readonly name: string,
    private readonly args: NexusConfigurationArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("berth:nexus:NexusConfiguration", name, {}, opts);
    const { settings } = args;
    this.settings = settings;
    const { common, admin, access } = settings.url === undefined ? this.made(settings) : this.own(settings);
    this.common = common;

    const system = this.system(access);
    const repositories = this.repositories(system);
    const roles = this.roles(repositories);
    this.tasks(repositories);
    this.accounts = { ...(admin && { admin }), ...this.makeAccounts(roles) };

    this.dockerHosted = this.ready("releases", "write", "pusher");
    this.dockerGroup = this.ready("docker", "read", "base-reader");
    this.registerOutputs({ dockerHosted: this.dockerHosted, dockerGroup: this.dockerGroup });
  }

  /** A Nexus of the stack's making: its admin is the stack's, too. */
  private made({ adminPassword, adopt, docker, readyTimeout }: MadeNexus): Access {
    const { name } = this;
    const { host } = this.args;
    const password = secretly(adminPassword) ?? this.password("admin");
    const trust = host.ca && { ca: host.ca };
    const admin = new AdminPassword(
      `${name}-admin-password`,
      { url: host.url, ...trust, password, docker, container: host.container, readyTimeout },
      { parent: this },
    );
    // Each part by itself: only the password is secret, the address may show in errors.
    const server = { url: admin.url, username: "admin", password: admin.password, ...trust };
    return { common: { server, adopt }, admin: { username: "admin", password }, access: [] };
  }

  /** One that was there already, whose administrator the stack borrows. */
  private own({ adopt, username, password: given }: OwnNexus): Access {
    const { ca, url } = this.args.host;
    const server = { url, username, password: pulumi.secret(given), ...(ca && { ca }) };
    const access = new AdminAccess(`${this.name}-access`, server, { parent: this });
    return { common: { server, adopt, keepFound: true }, admin: undefined, access: [access] };
  }

  /** What concerns the whole server: who may come in, and how Nexus itself goes out. */
  private system(access: pulumi.Resource[]): pulumi.Resource[] {
    const { common, name, settings } = this;
    const parent = { parent: this, dependsOn: access };
    const made = [...access];
    const { realms, anonymous } = settings;
    if (realms) made.push(new ActiveRealms(`${name}-realms`, { ...common, realms }, parent));
    if (anonymous !== undefined)
      made.push(new AnonymousAccess(`${name}-anonymous`, { ...common, enabled: anonymous }, parent));
    if (settings.eula) made.push(new Eula(`${name}-eula`, { ...common, accepted: true }, parent));
    const hosts = privateHosts(settings);
    if (hosts) {
      const since = this.args.host.container;
      made.push(new SsrfProtection(`${name}-private-hosts`, { ...common, ...hosts, since }, parent));
    }
    const { outboundHttp } = settings;
    if (outboundHttp) {
      const proxies = {
        ...(outboundHttp.httpProxy && { httpProxy: withSecret(outboundHttp.httpProxy) }),
        ...(outboundHttp.httpsProxy && { httpsProxy: withSecret(outboundHttp.httpsProxy) }),
      };
      made.push(
        new OutboundHttp(`${name}-outbound-http`, { ...common, ...outboundHttp, ...proxies }, parent),
      );
    }
    for (const [key, file] of Object.entries(settings.certificates)) {
      const pem = readPem(`certificates.${key}`, file);
      // One that is there is the same to the last byte.
      const args = { ...common, adopt: true, pem };
      made.push(new Certificate(`${name}-certificate-${key}`, args, parent));
    }
    return made;
  }

  private repositories(system: pulumi.Resource[]): Objects {
    const { common, name, settings } = this;
    const before = { parent: this, dependsOn: system };
    const parts = [
      ...Object.entries(settings.blobStores).map(([key, store]) =>
        blobStore(`${name}-blob-store-${key}`, key, store, this.holding(store.allowDataLoss), before),
      ),
      ...Object.entries(settings.cleanupPolicies).map(
        ([key, policy]) =>
          new CleanupPolicy(`${name}-cleanup-${key}`, { ...common, name: key, ...policy }, before),
      ),
      ...Object.entries(settings.routingRules).map(
        ([key, rule]) =>
          new RoutingRule(`${name}-routing-rule-${key}`, { ...common, name: key, ...rule }, before),
      ),
    ];
    const defaults = repositoryDefaults(settings);
    const made: Record<string, pulumi.Resource> = {};
    for (const [key, wanted] of repositoriesInOrder(settings.repositories)) {
      const members = wanted.type === "group" ? wanted.members.flatMap((member) => made[member] ?? []) : [];
      const opts = { parent: this, dependsOn: [...parts, ...members] };
      const args = { ...this.holding(wanted.allowDataLoss), adopt: wanted.adopt ?? common.adopt };
      const login = key === GITLAB_PROXY ? this.args.gitlabLogin : undefined;
      made[key] = repository(`${name}-repository-${key}`, key, wanted, { ...args, login, defaults }, opts);
    }
    return made;
  }

  /** For what holds content. */
  private holding(own: boolean | undefined) {
    return { ...this.common, allowDataLoss: own ?? this.settings.allowDataLoss };
  }

  private roles(repositories: Objects): pulumi.Resource[] {
    const { common, name, settings } = this;
    const opts = { parent: this, dependsOn: Object.values(repositories) };
    const selectors = Object.entries(settings.contentSelectors).map(
      ([key, selector]) =>
        new ContentSelector(`${name}-selector-${key}`, { ...common, name: key, ...selector }, opts),
    );
    const afterSelectors = { ...opts, dependsOn: [...opts.dependsOn, ...selectors] };
    const privileges = Object.entries(settings.privileges).map(
      ([key, privilege]) =>
        new Privilege(`${name}-privilege-${key}`, { ...common, name: key, ...privilege }, afterSelectors),
    );
    const afterPrivileges = { ...opts, dependsOn: [...opts.dependsOn, ...privileges] };
    const roles = Object.entries(settings.roles).map(
      ([key, { description, roles: held, adopt = common.adopt, ...grants }]) =>
        new Role(
          `${name}-role-${key}`,
          {
            ...common,
            adopt,
            roleId: key,
            description,
            privileges: roleGrants(settings, grants),
            roles: held,
          },
          afterPrivileges,
        ),
    );
    return [...afterPrivileges.dependsOn, ...roles];
  }

  private tasks(repositories: Objects): void {
    const { common, name, settings } = this;
    for (const [key, task] of Object.entries(settings.tasks)) {
      const opts = { parent: this, dependsOn: Object.values(repositories) };
      const resource = key.toLowerCase().replace(/[^a-z0-9]+/g, "-");
      new Task(`${name}-task-${resource}`, { ...common, name: key, ...task }, opts);
    }
  }

  private makeAccounts(roles: pulumi.Resource[]): Record<string, Account> {
    return Object.fromEntries(
      Object.entries(this.settings.accounts).map(([key, account]) => [
        key,
        this.account(key, account, roles),
      ]),
    );
  }

  /** A user with a role of its own, which allows what the settings say and nothing else. */
  private account(username: string, account: AccountSettings, dependsOn: pulumi.Resource[]): Account {
    const { name, settings } = this;
    const common = { ...this.common, adopt: account.adopt ?? this.common.adopt };
    const { roleId, description } = accountRole(username, account);
    const privileges = roleGrants(settings, account);
    const role = new Role(
      `${name}-account-${username}-role`,
      { ...common, roleId, description, privileges, roles: account.roles },
      { parent: this, dependsOn },
    );
    const password = secretly(account.password) ?? this.password(username);
    const user = new User(
      `${name}-account-${username}`,
      { ...common, userId: username, purpose: account.purpose, password, roles: [roleId] },
      { parent: this, dependsOn: [role] },
    );
    // Taken from the user, so that whoever logs in waits until the account exists.
    return { username, password: user.password };
  }

  private password(account: string): pulumi.Output<string> {
    const { rotation } = this.settings;
    return new random.RandomPassword(
      `${this.name}-${account}-secret`,
      // Letters and digits only: it passes through shells and config files.
      { length: 32, special: false, ...(rotation && { keepers: { rotation } }) },
      { parent: this },
    ).result;
  }

  /** Where a docker repository is reached, once this account can use it. */
  private ready(repositoryName: string, probe: "read" | "write", accountName: string): pulumi.Output<string> {
    const { host, settings } = this.args;
    const { username, password } = this.accounts[accountName]!;
    const ready = new RegistryReady(
      `${this.name}-${repositoryName}-ready`,
      {
        registry: registryAddress(settings, repositoryName),
        ...host.access,
        username,
        password,
        probe,
        nexus: host.url,
        container: host.container,
        timeout: settings.readyTimeout,
      },
      { parent: this },
    );
    return ready.registry;
  }
}

function withSecret<T extends { readonly password?: string | undefined }>(proxy: T) {
  const { password, ...rest } = proxy;
  return { ...rest, ...(password !== undefined && { password: pulumi.secret(password) }) };
}
