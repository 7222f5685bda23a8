import * as pulumi from "@pulumi/pulumi";
import { dockerHost, execIn, lastLogLines } from "../docker-host";
import { type ModuleProvider, moduleProvider } from "../dynamic-module";
import { UNKNOWN } from "./kind";
import { rememberLogin } from "./logins";
import { callNexus, type NexusServer } from "./transport";

export interface AdminPasswordArgs {
  /** Base address of Nexus, without a trailing slash. */
  readonly url: pulumi.Input<string>;
  /** Secret: the password that `admin` is to have. */
  readonly password: pulumi.Input<string>;
  /** Docker host and container that run Nexus: where the first password lies, and the log if it doesn't start. */
  readonly docker: pulumi.Input<string>;
  readonly container: pulumi.Input<string>;
  /** Seconds until Nexus must take writes. */
  readonly readyTimeout: pulumi.Input<number>;
}

type Wanted = pulumi.Unwrap<AdminPasswordArgs> & {
  /** False where a refresh found that the password in the state no longer logs in. */
  readonly accepted?: boolean;
};

/**
 * Waits until Nexus takes writes, then makes the given password the one of `admin`: it may be so already, else
 * the one that Nexus wrote to `admin.password` at its first start is used to change it. Everything else that is
 * configured depends on this resource, so it is also what readiness means.
 */
export class AdminPassword extends pulumi.dynamic.Resource {
  declare readonly url: pulumi.Output<string>;
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, args: AdminPasswordArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, accepted: true, code: "components/nexus/admin-password#AdminPassword" };
    super(moduleProvider, name, props, opts, "nexus", "AdminPassword");
  }
}

const adminPassword: ModuleProvider = {
  check: async (_olds, news) => {
    // Whatever is deleted in this run under an older password logs in with this one.
    if (news.password !== UNKNOWN) rememberLogin({ ...news, username: "admin" });
    return { inputs: news, failures: [] };
  },
  diff: async (_id, olds, news) => ({
    changes: Object.keys(news).some(
      (key) => !["__provider", "code", "readyTimeout"].includes(key) && olds[key] !== news[key],
    ),
  }),
  create: async (inputs) => ({ id: "admin", outs: await establish(inputs, undefined) }),
  update: async (_id, olds, news) => ({ outs: await establish(news, olds.password) }),
  read: async (id, props) => {
    const status = props ? await login(props as Wanted, props.password) : 0;
    return { id, props: { ...props!, accepted: status === 200 } };
  },
  delete: async () => undefined, // the account goes with its Nexus
};

export const providers = { AdminPassword: adminPassword };

/** What a login with this password is answered: 200 or 401. */
async function login(want: Wanted, password: string): Promise<number> {
  const server = { url: want.url, username: "admin", password };
  return (await callNexus(server, "GET", "/service/rest/v1/security/realms/active", [200, 401, 403])).status;
}

async function establish(want: Wanted, previous: string | undefined): Promise<Wanted> {
  await untilWritable(want);
  if ((await login(want, want.password)) === 200) return { ...want, accepted: true };
  for (const candidate of [previous, await firstPassword(want)]) {
    if (!candidate || (await login(want, candidate)) !== 200) continue;
    const server = { url: want.url, username: "admin", password: candidate };
    await changePassword(server, want);
    return { ...want, accepted: true };
  }
  throw new Error(
    `Nexus at ${want.url} takes neither the stack's admin password nor the one in /nexus-data/admin.password. ` +
      "Was it changed by hand? Set it back in Nexus, or set berth:nexus.adminPassword (--secret) to what it is now.",
  );
}

async function changePassword(server: NexusServer, want: Wanted): Promise<void> {
  const path = "/service/rest/v1/security/users/admin/change-password";
  try {
    await callNexus(server, "PUT", path, [204], want.password);
  } catch (error) {
    // Where the answer got lost, the second try logs in with a password that is no longer the one.
    if ((await login(want, want.password)) !== 200) throw error;
  }
}

/** The password that Nexus wrote at its first start; gone once it has been changed. */
async function firstPassword(want: Wanted): Promise<string | undefined> {
  const container = dockerHost(want.docker).getContainer(want.container);
  const { exitCode, output } = await execIn(container, ["cat", "/nexus-data/admin.password"]);
  return exitCode === 0 ? output.trim() : undefined;
}

async function untilWritable(want: Wanted): Promise<void> {
  const container = dockerHost(want.docker).getContainer(want.container);
  const deadline = Date.now() + want.readyTimeout * 1000;
  for (;;) {
    const answered = await statusOf(want.url);
    if (answered === "200") return;
    const { State } = await container.inspect();
    const late = Date.now() > deadline;
    if (!State.Running || late) {
      const what = State.Running
        ? `is not ready after ${want.readyTimeout} s (its /status/writable: ${answered}; limit: berth:nexus.readyTimeout)`
        : `stopped with exit code ${State.ExitCode}`;
      const log = await lastLogLines(container, 20);
      throw new Error(
        `Nexus in container ${want.container.slice(0, 12)} ${what}. Its last log lines:\n${log}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function statusOf(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/service/rest/v1/status/writable`, {
      signal: AbortSignal.timeout(5000),
    });
    await response.arrayBuffer();
    return String(response.status);
  } catch (error) {
    const cause = (error as Error).cause as { code?: string; message?: string } | undefined;
    return cause?.code ?? cause?.message ?? (error as Error).name;
  }
}
