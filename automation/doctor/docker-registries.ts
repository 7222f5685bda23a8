import { EVERY_ADDRESS, edgePorts } from "../../components/deploy/server-addresses";
import { dockerHost } from "../../components/docker/docker-host";
import { providers as plainHttp } from "../../components/docker/plain-http";
import { providers as ports } from "../../components/docker/published-ports";
import type { Account } from "../../components/registry/logins/account";
import { isServed } from "../../components/settings/app-settings";
import { publishedPorts } from "../../components/settings/nexus/nexus-addresses";
import { needsPlainHttp, pulledRegistries } from "../../components/settings/nexus/plain-http-checks";
import { messageOf } from "../../components/values/error-facts";
import { STATE } from "./backend";
import { type Host, hostName } from "./docker-hosts";
import { type Finding, fail, ok } from "./finding";
import type { Check } from "./run-checks";
import { hasNexus, type Subject } from "./subject";

/** What a Docker says itself of the registries that it is to pull from, and who has the ports that it is to publish. */
export function hostRegistryChecks(host: Host, subject: Subject, identity: () => Promise<string>): Check[] {
  const name = hostName(host);
  const { address } = host;
  const { nexus } = subject.settings;
  const wanted = registriesOf(host, subject);
  const published = portsOf(host, subject);
  const checks: (Check | false)[] = [
    nexus !== undefined &&
      wanted.length > 0 &&
      needsPlainHttp(nexus) && {
        name: `${name}: plain http`,
        needs: [name],
        run: () => plainHttpFinding(name, address, wanted),
      },
    wanted.length > 0 && {
      name: `${name}: logins`,
      needs: [name, STATE],
      run: () => loginFindings(host, wanted, subject),
    },
    published.length > 0 && {
      name: `${name}: ports`,
      needs: [name, STATE],
      run: async () => portsFinding(`${name}: ports`, address, published, await identity()),
    },
  ];
  return checks.filter((check) => check !== false);
}

function registriesOf({ address, roles }: Host, { settings: { nexus, servers = [] } }: Subject): string[] {
  if (nexus === undefined) return [];
  const pullers = {
    builder: roles.includes("builder") ? address : undefined,
    servers: servers.some(({ name }) => roles.includes(name)) ? [address] : [],
  };
  return pulledRegistries(nexus, pullers).get(address) ?? [];
}

async function plainHttpFinding(
  name: string,
  docker: string,
  registries: readonly string[],
): Promise<Finding> {
  const { failures = [] } = await plainHttp.PlainHttp.check({}, { docker, registries: [...registries] });
  const what = `${name}: plain http`;
  const [refused] = failures;
  if (refused === undefined) return ok(what, `it pulls from ${registries.join(" and ")}`);
  return fail(
    what,
    refused.reason,
    "sudo systemctl reload docker # on that machine, after the change of its daemon.json",
  );
}

/** The account of Nexus that a Docker pulls with; a server's own is enough for the builder's repository, too. */
async function loginFindings({ address, roles }: Host, registries: readonly string[], subject: Subject) {
  if (!(await hasNexus(subject))) return [];
  const { accounts = {} } = await subject.outputs();
  const isServer = subject.settings.servers?.some(({ name }) => roles.includes(name));
  const account = isServer ? "puller" : "base-reader";
  const login = accounts[account];
  const what = `Docker of ${roles.join(", ")}: logins`;
  if (login === undefined) return ok(what, "no update has made an account of Nexus yet");
  const looked = registries.map((registry) =>
    daemonLogin({ what, docker: address, registry, login, stack: subject.stack }),
  );
  return Promise.all(looked);
}

interface DaemonLogin {
  readonly what: string;
  readonly docker: string;
  readonly registry: string;
  readonly login: Account;
  readonly stack: string;
}

/**
 * Has the Docker itself log in (POST /auth of its API), as a pull does: by its own names, trust, and list of insecure registries. It
 * keeps nothing of it.
 */
export async function daemonLogin({ what, docker, registry, login, stack }: DaemonLogin): Promise<Finding> {
  const account =
    "identityToken" in login
      ? { identitytoken: login.identityToken }
      : { username: login.username, password: login.password };
  const who = "identityToken" in login ? "its token" : login.username;
  try {
    await dockerHost(docker).checkAuth({ ...account, serveraddress: registry });
    return ok(what, `${registry} lets it in as ${who}`);
  } catch (error) {
    const said = messageOf(error);
    return fail(
      what,
      `${registry} doesn't let it in as ${who}: ${said}`,
      loginAdvice(said, { docker, registry, stack }),
    );
  }
}

export function loginAdvice(
  said: string,
  { registry, stack }: Pick<DaemonLogin, "docker" | "registry" | "stack">,
): string {
  if (/x509|certificate/.test(said))
    return `berth up ${stack} # has it trust Nexus's authority; by hand: its PEM into /etc/docker/certs.d/${registry}/ca.crt on that machine`;
  if (/server gave HTTP response to HTTPS client/.test(said))
    return `sudo systemctl reload docker # on that machine, once "${registry}" is in the "insecure-registries" of its /etc/docker/daemon.json`;
  if (/no such host|server misbehaving|lookup/.test(said))
    return `getent hosts ${registry.replace(/:\d+$/, "")} # on that machine: the name has to be in its DNS, or in its /etc/hosts`;
  if (/401|unauthorized|denied|incorrect/i.test(said))
    return `berth up ${stack} # puts the account right, where somebody has changed it`;
  return `curl -v ${registry}/v2/ # on that machine`;
}

interface Published {
  readonly bind: string;
  readonly ports: number[];
  readonly settings: string;
}

/** What the settings publish on a host, with the setting that chooses it. */
export function portsOf(
  { roles }: Pick<Host, "roles">,
  { settings }: Pick<Subject, "settings">,
): Published[] {
  const { nexus, servers = [], apps = [] } = settings;
  const ofNexus =
    nexus?.url === undefined && nexus !== undefined && roles.includes("Nexus")
      ? [{ bind: nexus.bind, ports: publishedPorts(nexus), settings: "nexus" }]
      : [];
  const ofServers = servers
    .filter(({ name }) => roles.includes(name))
    .map((server) => {
      const here = apps.filter(isServed).filter((app) => app.servers.includes(server.name));
      return { bind: EVERY_ADDRESS, ports: edgePorts(server, here), settings: `servers.${server.name}` };
    });
  return [...ofNexus, ...ofServers].filter((one) => one.ports.length > 0);
}

async function portsFinding(
  what: string,
  docker: string,
  published: readonly Published[],
  identity: string,
): Promise<Finding> {
  const checked = await Promise.all(
    published.map(({ bind, ports: wanted, settings }) =>
      ports.PublishedPorts.check(
        {},
        { docker, bind, ports: wanted, settings: wanted.map(() => settings), owner: "doctor", identity },
      ),
    ),
  );
  const taken = checked.flatMap(({ failures = [] }) => failures.map(({ reason }) => reason));
  const all = published.flatMap((one) => one.ports).join(", ");
  if (taken.length === 0) return ok(what, `${all}: free, or this stack's own`);
  const [, port] = /port (\d+)/.exec(taken[0]!) ?? [];
  return fail(what, taken.join("\n"), `sudo ss -ltnp 'sport = :${port}' # on that machine: who has it`);
}
