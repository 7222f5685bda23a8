import { isIP } from "node:net";
import { z } from "zod";
import * as field from "./fields";

/** `tls` below berth:nexus and below a server: the proxy that speaks https in front. docs/deploy.md has examples. */

const files = z.strictObject({
  certificate: field
    .text("a PEM file")
    .describe("PEM file of the certificate, with the ones between it and its authority's root."),
  key: field.text("a PEM file").describe("PEM file of its key."),
  ca: field
    .text("a PEM file")
    .optional()
    .describe("PEM file of the authority's root, where clients don't have it anyway."),
});

const hostName = () => field.matching(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "a host name in lower case");

/** One is the usual case, and is written by itself. */
const oneOrMoreHostNames = () => {
  const either = field.expected("a host name in lower case, or a list of them");
  const list = z.array(hostName(), either).min(1, field.expected("at least one host name"));
  return z.union([hostName(), list], either);
};

const namesOf = <T extends z.ZodType>(name: T) => field.recordOf(name, "host names", z.string()).default({});

/** In front of Nexus. */
export const nexusTlsSchema = z.strictObject({
  proxy: field.oneOf("caddy", "nginx").default("caddy").describe("The software that speaks https."),
  certificates: z
    .union([z.literal("acme"), z.literal("own"), files], {
      error: ({ input }) =>
        typeof input === "object" && input !== null
          ? "expected certificate and key, both PEM files, and ca or nothing besides"
          : field.expectation("acme, own, or certificate and key", input),
    })
    .describe(
      "`acme`: from a public authority, renewed by itself. `own`: from an authority of the proxy's own. Or files that you have.",
    ),
  email: field
    .mailAddress()
    .optional()
    .describe("With acme: where the authority writes to before a certificate runs out."),
  directory: field
    .url()
    .optional()
    .describe("With acme: an authority other than Let's Encrypt, by the address of its directory."),
  directoryCa: field
    .text("a PEM file")
    .optional()
    .describe("With acme: PEM file of the root that `directory` is trusted by, where that isn't public."),
  port: field.port().default(443).describe("Port on which the proxy speaks https."),
  redirectFrom: z
    .union([field.port(), z.literal(false)], field.expected("a port 1–65535, or false"))
    .default(80)
    .describe("Port whose plain http is sent on to https; false: none."),
  names: namesOf(hostName()).describe(
    "Docker repository → host name under which `port` serves it; the others keep ports of their own.",
  ),
  image: field
    .imageName("an image name")
    .optional()
    .describe("Image of the proxy, where it isn't to be the usual one."),
  doorImage: field
    .imageName("an image name")
    .optional()
    .describe(
      "Image of its doors, nginx with its stream module. Without it: with proxy nginx the proxy's, else nginx:1.",
    ),
});

/** In front of a server's apps. */
export const tlsSchema = nexusTlsSchema.extend({
  names: namesOf(oneOrMoreHostNames()).describe(
    "App → host name under which `port` serves it, or a list of them: the first is the one that people are told. The others keep ports of their own.",
  ),
});

export type NexusTlsSettings = z.infer<typeof nexusTlsSchema>;
/** In front of whatever it is. */
export type TlsSettings = z.infer<typeof tlsSchema>;
export type CertificateFiles = z.infer<typeof files>;

/** The host names of an app, or of a docker repository, the one that people are told first; none where it has its host's. */
export function ownHosts({ names }: Pick<TlsSettings, "names">, thing: string): readonly string[] {
  return Object.hasOwn(names, thing) ? [names[thing]!].flat() : [];
}

/** Those of all of them. */
export function allOwnHosts({ names }: Pick<TlsSettings, "names">): string[] {
  return Object.values(names).flat();
}

type Problem = (path: readonly string[], message: string) => void;

export interface TlsPlace {
  /** The host's own name or address. */
  readonly host: string;
  /** Names that can get host names, and what they are. */
  readonly things: readonly string[];
  readonly what: "docker repository" | "app";
}

/** What no single field of `tls` can know. */
export function checkTls(tls: TlsSettings, { host, things, what }: TlsPlace, problem: Problem): void {
  const { proxy, certificates, port, redirectFrom, names } = tls;
  if (proxy === "nginx" && typeof certificates === "string")
    problem(
      ["certificates"],
      `nginx gets no certificates by itself: give certificate and key, or take proxy caddy for ${certificates}`,
    );
  for (const key of ["email", "directory", "directoryCa"] as const)
    if (tls[key] !== undefined && certificates !== "acme")
      problem([key], "only certificates: acme has a use for it");
  if (redirectFrom === port)
    problem(["redirectFrom"], `port ${port} speaks https already; choose another, or false`);
  const hosts = [host, ...allOwnHosts(tls)];
  if (certificates === "acme" && tls.directory === undefined)
    checkPublicAuthority(tls, hosts, (message) => problem(["certificates"], message));
  for (const name of Object.keys(names)) {
    if (!things.includes(name))
      problem(["names", name], `there is no ${what} of that name; there is ${things.join(", ") || "none"}`);
    for (const own of new Set(ownHosts(tls, name)))
      if (hosts.indexOf(own) !== hosts.lastIndexOf(own))
        problem(["names", name], `the host name ${own} is given twice`);
  }
}

function checkPublicAuthority(
  { port, redirectFrom }: TlsSettings,
  hosts: readonly string[],
  problem: (message: string) => void,
): void {
  const local = hosts.find((host) => isIP(host) !== 0 || !host.includes("."));
  if (local !== undefined)
    problem(`a public authority certifies no ${local}: take own, files, or an ACME directory of your own`);
  if (port !== 443 && redirectFrom !== 80)
    problem("a public authority looks at port 443 or 80: set port: 443, or redirectFrom: 80");
}
