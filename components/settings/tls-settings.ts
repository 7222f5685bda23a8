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

export const tlsSchema = z.strictObject({
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
  names: field
    .recordOf(
      field.matching(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "a host name in lower case"),
      "host names",
      z.string(),
    )
    .default({})
    .describe(
      "Docker repository, or app → host name under which `port` serves it; the others keep ports of their own.",
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

export type TlsSettings = z.infer<typeof tlsSchema>;
export type CertificateFiles = z.infer<typeof files>;

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
  const hosts = [host, ...Object.values(names)];
  if (certificates === "acme" && tls.directory === undefined)
    checkPublicAuthority(tls, hosts, (message) => problem(["certificates"], message));
  for (const [name, host] of Object.entries(names)) {
    if (!things.includes(name))
      problem(["names", name], `there is no ${what} of that name; there is ${things.join(", ") || "none"}`);
    if (hosts.indexOf(host) !== hosts.lastIndexOf(host))
      problem(["names", name], `the host name ${host} is given twice`);
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
