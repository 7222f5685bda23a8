import * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { type Shape, UNKNOWN } from "../base/shape";
import { dockerHost, execIn } from "../docker/docker-host";
import {
  adminOf,
  establishAdmin,
  FIRST_PASSWORD,
  type FirstPassword,
  firstPasswordOf,
  logsIn,
  unreadable,
} from "./admin-login";
import { rememberLogin } from "./rest/current-login";
import { GLANCE_MS } from "./rest/server-abilities";
import { NexusFailure } from "./rest/transport";
import { untilWritable } from "./rest/until-writable";

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

/** What is read of a state. */
type Login = Pick<Wanted, "url" | "ca" | "password"> & { readonly accepted?: boolean };

/**
 * Waits until Nexus takes writes, then makes the given password the one of `admin`: it may be so already, else the
 * one before, or the one that Nexus wrote to `admin.password` at its first start, is used to change it. Everything
 * else that is configured depends on this resource.
 */
export class AdminPassword extends DynamicResource {
  declare readonly url: pulumi.Output<string>;
  declare readonly ca: pulumi.Output<string | undefined>;
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, args: AdminPasswordArgs, opts?: pulumi.CustomResourceOptions) {
    const props = {
      ...args,
      password: pulumi.secret(args.password),
      accepted: true,
    };
    super("nexus.AdminPassword", name, props, opts);
  }
}

const login = { url: z.string(), ca: z.optional(z.string()), password: z.string() };
const wanted: Shape<Wanted> = z.looseObject({
  ...login,
  docker: z.string(),
  container: z.string(),
  readyTimeout: z.number(),
  accepted: z.optional(z.boolean()),
});
const state: Shape<Login> = z.looseObject(login);

const adminPassword = dynamicProvider({
  id: () => "admin",
  inputs: wanted,
  state,
  changedBy: ["url", "ca", "password", "docker", "container", "accepted"], // and not with the seconds to wait
  isDue: (_state, want) => isRefused(want),
  failures: async (want, before) => {
    const failures = failuresOf(want.password);
    if (failures.length === 0) await learnLogin(before?.password, want);
    return failures;
  },
  apply: (want, before) => establish(want, before?.password),
  find: async (state) => {
    const accepted = await logsIn(state, state.password);
    if (accepted) rememberLogin(adminOf(state, state.password));
    return { ...state, accepted };
  },
  // The account goes with its Nexus.
});

export const providers = { AdminPassword: adminPassword };

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

async function establish(want: Wanted, previous: string | undefined): Promise<Wanted> {
  await untilWritable(want);
  const { url, ca, password } = want;
  await establishAdmin({
    url,
    ca,
    password,
    previous,
    first: () => firstPassword(want),
    name: "the stack's admin password",
    cure: "Set berth:nexus.adminPassword (--secret) to what it is now and run `up`; after that it can be rotated.",
  });
  return { ...want, accepted: true };
}

/** The password that Nexus wrote at its first start; gone once it has been changed. */
async function firstPassword({ docker, container: id }: Wanted): Promise<FirstPassword> {
  const container = dockerHost(docker).getContainer(id);
  try {
    const { exitCode, output } = await execIn(container, ["cat", FIRST_PASSWORD]);
    if (exitCode === 0) return firstPasswordOf(output);
    return output.includes("No such file") ? firstPasswordOf(undefined) : { told: output.trim() };
  } catch (error) {
    return unreadable(error);
  }
}
