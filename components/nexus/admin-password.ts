import * as pulumi from "@pulumi/pulumi";
import { dockerHost, execIn } from "../docker-host";
import { type ModuleProvider, ModuleResource } from "../dynamic-module";
import { GLANCE_MS } from "./facts";
import { UNKNOWN } from "./kind";
import { rememberLogin } from "./logins";
import { callNexus, NexusFailure } from "./transport";
import { untilWritable } from "./until-writable";

export interface AdminPasswordArgs {
  /** Base address of Nexus, without a trailing slash. */
  readonly url: pulumi.Input<string>;
  /** PEM of the authority of its certificate, where it has one of its own. */
  readonly ca?: pulumi.Input<string>;
  /** Secret: the password that `admin` is to have. No control characters: Nexus takes them, `docker login` doesn't. */
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

/** Where Nexus writes the password of its first start. */
const FIRST_PASSWORD = "/nexus-data/admin.password";
/** Milliseconds to look whether a change has been carried out whose answer got lost. */
const LOOK_MS = 10_000;

/**
 * Waits until Nexus takes writes, then makes the given password the one of `admin`: it may be so already, else the
 * one before, or the one that Nexus wrote to `admin.password` at its first start, is used to change it. Everything
 * else that is configured depends on this resource.
 */
export class AdminPassword extends ModuleResource {
  declare readonly url: pulumi.Output<string>;
  declare readonly ca: pulumi.Output<string | undefined>;
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, args: AdminPasswordArgs, opts?: pulumi.CustomResourceOptions) {
    const props = {
      ...args,
      password: pulumi.secret(args.password),
      accepted: true,
      code: "components/nexus/admin-password#AdminPassword",
    };
    super("nexus:AdminPassword", name, props, opts);
  }
}

const adminPassword: ModuleProvider = {
  check: async (olds, news) => {
    const failures = failuresOf(news.password);
    if (failures.length === 0) await learnLogin(olds?.password, news);
    return { inputs: news, failures };
  },
  diff: async (_id, olds, news) => {
    const differs = Object.keys(news).some(
      (key) => !["__provider", "code", "readyTimeout"].includes(key) && olds[key] !== news[key],
    );
    return { changes: differs || (await isRefused(news as Wanted)) };
  },
  create: async (inputs) => ({ id: "admin", outs: await establish(inputs, undefined) }),
  update: async (_id, olds, news) => ({ outs: await establish(news, olds.password) }),
  read: async (id, props) => {
    const accepted = props !== undefined && (await logsIn(props as Wanted, props.password));
    if (accepted) rememberLogin(adminOf(props as Wanted, props.password));
    return { id, props: { ...props, accepted } };
  },
  delete: async () => undefined, // the account goes with its Nexus
};

export const providers = { AdminPassword: adminPassword };

type Place = Pick<Wanted, "url" | "ca">;

const adminOf = ({ url, ca }: Place, password: string) => ({ url, ca, username: "admin", password });

function failuresOf(password: string): pulumi.dynamic.CheckFailure[] {
  if (password === "") return [{ property: "password", reason: "The admin password must not be empty." }];
  if (!/\p{Cc}/u.test(password)) return [];
  const reason =
    "The admin password holds a line break or another control character, which can't be typed at a login. " +
    "Was it read from a file with a line break at its end?";
  return [{ property: "password", reason }];
}

/**
 * Finds out which password the rest of this run has to log in with: in the preview of a rotation that is still the one
 * before, and what is deleted after it has an outdated one in its state.
 */
async function learnLogin(previous: unknown, { url, ca, password }: Wanted): Promise<void> {
  if ([url, ca, password].includes(UNKNOWN)) return;
  const place = { url, ca };
  const rotating = typeof previous === "string" && previous !== password && previous !== UNKNOWN;
  const stillBefore =
    rotating &&
    !(await logsIn(place, password, GLANCE_MS).catch(isAway)) &&
    (await logsIn(place, previous, GLANCE_MS).catch(isAway));
  rememberLogin(adminOf(place, stillBefore ? previous : password));
}

/** Whether somebody has changed the password by hand: `up` then says what to do about that. */
async function isRefused(want: Wanted): Promise<boolean> {
  if ([want.url, want.ca, want.password].includes(UNKNOWN)) return false;
  try {
    return !(await logsIn(want, want.password, GLANCE_MS));
  } catch (error) {
    return isAway(error);
  }
}

/** For a glance: a Nexus that is away tells nothing, and the update will wait for it. */
function isAway(error: unknown): false {
  if (error instanceof NexusFailure) return false;
  throw error;
}

/** Whether that password lets `admin` in. 401: no; 403 where a proxy or a newer Nexus puts it so. */
async function logsIn(place: Place, password: string, patience?: number): Promise<boolean> {
  const options = patience === undefined ? {} : { patience };
  const path = "/service/rest/v1/security/realms/active"; // only an administrator may read it
  const answer = await callNexus(adminOf(place, password), "GET", path, [200, 401, 403], undefined, options);
  return answer.status === 200;
}

async function establish(want: Wanted, previous: string | undefined): Promise<Wanted> {
  await untilWritable(want);
  if (!(await logsIn(want, want.password))) await replacePassword(want, previous);
  rememberLogin(adminOf(want, want.password));
  return { ...want, accepted: true };
}

async function replacePassword(want: Wanted, previous: string | undefined): Promise<void> {
  if (previous && previous !== want.password && (await logsIn(want, previous)))
    return changePassword(previous, want);
  const first = await firstPassword(want);
  if (first.password && (await logsIn(want, first.password))) return changePassword(first.password, want);
  const before = previous && previous !== want.password ? "the one before, " : "";
  throw new Error(
    `Nexus at ${want.url} lets admin in with none of these: the stack's admin password, ${before}` +
      `the one in ${FIRST_PASSWORD} of its container (${first.told}). Was it changed by hand? ` +
      "Set berth:nexus.adminPassword (--secret) to what it is now and run `up`; after that it can be rotated.",
  );
}

/** The new password at a login decides whether it was done: the answer may get lost, and asked again it is 401. */
async function changePassword(current: string, want: Wanted): Promise<void> {
  const path = "/service/rest/v1/security/users/admin/change-password";
  let failure: unknown;
  try {
    await callNexus(adminOf(want, current), "PUT", path, [204], want.password, {
      textType: "text/plain; charset=utf-8",
    });
  } catch (error) {
    failure = error;
  }
  if (await logsIn(want, want.password, LOOK_MS)) return;
  throw failure ?? new Error(`Nexus at ${want.url} took the new admin password and does not let it in.`);
}

interface FirstPassword {
  readonly password?: string;
  /** What there is to say of the file, for an error. */
  readonly told: string;
}

/** The password that Nexus wrote at its first start; gone once it has been changed. */
async function firstPassword({ docker, container: id }: Wanted): Promise<FirstPassword> {
  const container = dockerHost(docker).getContainer(id);
  try {
    const { exitCode, output } = await execIn(container, ["cat", FIRST_PASSWORD]);
    const password = output.trim();
    if (exitCode !== 0)
      return {
        told: output.includes("No such file") ? "not there: it goes with the first change" : password,
      };
    if (password === "") return { told: "empty" };
    return { password, told: "there, but outdated: Nexus can write it again at a restart" };
  } catch (error) {
    return { told: `not readable: ${(error as Error).message.trim()}` };
  }
}
