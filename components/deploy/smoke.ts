import { setTimeout as pause } from "node:timers/promises";
import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { type Shape, unread } from "../base/shape";
import { askHttp, type HttpAnswer } from "../http/ask-http";
import { messageOf } from "../values/error-facts";

/** A server that an app was given the traffic on. */
export interface SmokeServer {
  readonly name: pulumi.Input<string>;
  /** Where people reach the app there. */
  readonly url: pulumi.Input<string>;
  /** PEM of the authority of its edge, where that isn't public. */
  readonly ca?: pulumi.Input<string> | undefined;
  /** The container that has the traffic: another one is looked at anew. */
  readonly container: pulumi.Input<string>;
}

export interface SmokeArgs {
  readonly app: pulumi.Input<string>;
  readonly servers: pulumi.Input<pulumi.Input<SmokeServer>[]>;
  readonly path: pulumi.Input<string>;
  /** A status, or a text in the body. @default any status from 200 to 399 */
  readonly expect?: pulumi.Input<number | string> | undefined;
  /** Seconds until it must be so. */
  readonly timeout: pulumi.Input<number>;
}

type Wanted = Omit<pulumi.Unwrap<SmokeArgs>, "servers"> & { readonly servers: readonly Server[] };
type Server = pulumi.Unwrap<SmokeServer>;

/** Milliseconds between two looks, and for one answer. */
const PAUSE_MS = 1000;
const ANSWER_MS = 10_000;
/** How much of a body is shown. */
const SHOWN = 300;

/**
 * A look at an app after its switch, on each server by the address that people use, and through the edge: what a health check from
 * behind it can't see. It makes nothing and takes nothing back; where it isn't as expected the update fails.
 */
export class Smoke extends DynamicResource {
  constructor(name: string, args: SmokeArgs, opts?: pulumi.CustomResourceOptions) {
    super("deploy.Smoke", name, args, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({
  app: z.string(),
  servers: z.array(
    z.looseObject({ name: z.string(), url: z.string(), ca: z.optional(z.string()), container: z.string() }),
  ),
  path: z.string(),
  expect: z.optional(z.union([z.number(), z.string()])),
  timeout: z.number(),
});

const smoke = dynamicProvider({
  id: ({ app }) => `smoke of ${app}`,
  inputs: wanted,
  state: unread,
  changedBy: ["servers", "path", "expect"],
  apply: async (want) => {
    const looks = want.servers.map(async (server) => [server, await lastingProblem(want, server)] as const);
    const problems = (await Promise.all(looks)).flatMap(([server, said]) =>
      said === undefined ? [] : [`  ${server.name}: GET ${server.url}${want.path}: ${said}`],
    );
    if (problems.length > 0) throw new Error(failure(want, problems));
    return { ...want };
  },
});

export const providers = { Smoke: smoke };

/** What is wrong still when the time is over; undefined as soon as nothing is. */
async function lastingProblem(want: Wanted, server: Server): Promise<string | undefined> {
  const end = Date.now() + want.timeout * 1000;
  for (;;) {
    const said = await problemOf(want, server);
    if (said === undefined || Date.now() + PAUSE_MS > end) return said;
    await pause(PAUSE_MS);
  }
}

async function problemOf({ path, expect }: Wanted, { url, ca }: Server): Promise<string | undefined> {
  const ask = { method: "GET", url: new URL(url + path), headers: {}, ca, timeLimit: ANSWER_MS };
  try {
    const answer = await askHttp(ask);
    return isAsExpected(answer, expect) ? undefined : `${saidBy(answer)}; expected ${inWords(expect)}`;
  } catch (error) {
    return messageOf(error);
  }
}

function isAsExpected({ status, text }: HttpAnswer, expect: Wanted["expect"]): boolean {
  if (typeof expect === "number") return status === expect;
  return status >= 200 && status < 400 && text.includes(expect ?? "");
}

function inWords(expect: Wanted["expect"]): string {
  if (typeof expect === "number") return String(expect);
  return expect === undefined ? "200 to 399" : `200 to 399 with ${JSON.stringify(expect)} in it`;
}

function saidBy({ status, text }: HttpAnswer): string {
  return [status, text.slice(0, SHOWN).trim()].join(" ").trim();
}

function failure({ app, timeout }: Wanted, problems: readonly string[]): string {
  return [
    `${app}: the new release has the traffic on all of its servers, and its smoke check failed for ${timeout} s:`,
    ...problems,
    "Nothing was taken back. The containers of the release before still run, without traffic, until the next update.",
    `Next: berth rollback, which gives the release before the traffic again; or mend the app, or apps.${app}.smoke, and berth up.`,
  ].join("\n");
}
