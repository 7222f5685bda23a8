import { isIP } from "node:net";
import { z } from "zod";
import { CLOUD_METADATA } from "../../http/private-address";
import { objectOf } from "../../values/json-object";
import * as field from "../fields";
import { nexusTlsSchema } from "../tls-settings";
import { account, contentSelector, privilege, role } from "./nexus-access-settings";
import { blobStore, cleanupPolicy, routingRule, task } from "./nexus-content-settings";
import { repository } from "./nexus-repository-settings";
import { NEXUS_IMAGE } from "./nexus-version";

/** `berth:nexus`: where Nexus is, and what is in it. docs/nexus.md has an example of each part. */

const PRIVATE_HOST = "a host name or an address, without scheme, port or range";
/** A colon is for an address of IPv6 alone. */
const privateHost = () =>
  z
    .string(field.expected(PRIVATE_HOST))
    .refine((host) => /^[\w.-]+$/.test(host) || isIP(host) === 6, field.expected(PRIVATE_HOST))
    .refine((host) => host !== CLOUD_METADATA, {
      error: `Nexus never asks ${CLOUD_METADATA}, where clouds keep credentials`,
    })
    .meta({ pattern: "^([A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+)$" });

const httpProxy = z.strictObject({
  host: field.hostName().describe("Its name or address."),
  port: field.port().describe("Its port."),
  username: field.text("a user name").optional().describe("Who asks, where it wants to know."),
  password: field
    .secret("a password", "nexus.outboundHttp.<httpProxy>.password")
    .optional()
    .describe("That one's password."),
});
const outboundHttp = z.strictObject({
  userAgent: field.text("a text").optional().describe("What Nexus adds to its User-Agent."),
  timeoutSeconds: field
    .within(1, 3600, "seconds, 1 to 3600")
    .optional()
    .describe("Seconds that a remote may take to answer."),
  retries: field.within(0, 10, "retries, 0 to 10").optional().describe("How often Nexus asks again."),
  httpProxy: httpProxy.optional().describe("The proxy that http goes through."),
  httpsProxy: httpProxy.optional().describe("The proxy that https goes through."),
  nonProxyHosts: field
    .listOf(field.text("a host"), "a list of hosts")
    .optional()
    .describe("Hosts that are asked without a proxy; `*` stands for any part of a name."),
});

/** What is in a Nexus, whoever runs it. */
const contents = {
  readyTimeout: field.seconds().default(300).describe("Seconds until Nexus has to answer."),
  rotation: field
    .text("a text, as a date")
    .optional()
    .meta({
      description: "A change of this text makes every random password anew.",
      examples: ["2026-01"],
    }),
  allowDataLoss: field
    .flag()
    .default(false)
    .describe("Lets `destroy` delete repositories, blob stores and the data volume."),
  eula: z
    .literal("accepted", field.expected("accepted, or nothing"))
    .optional()
    .describe(
      "Your acceptance of Sonatype's licence, without which Nexus serves nothing from 3.77 on: `accepted`.",
    ),
  blobStores: field.recordOf(blobStore, "blob stores").describe("Blob stores: where content lies."),
  repositories: field
    .recordOf(repository, "repositories")
    .describe("Repositories, some of which are there out of the box."),
  cleanupPolicies: field
    .recordOf(cleanupPolicy, "cleanup policies")
    .describe("Cleanup policies: what is deleted by itself."),
  routingRules: field
    .recordOf(routingRule, "routing rules")
    .default({})
    .describe("Routing rules: what a proxy may ask for."),
  contentSelectors: field
    .recordOf(contentSelector, "content selectors")
    .default({})
    .describe("Content selectors: parts of what repositories hold."),
  privileges: field.recordOf(privilege, "privileges").default({}).describe("Privileges: single rights."),
  roles: field.recordOf(role, "roles").default({}).describe("Roles: rights by name, for accounts."),
  accounts: field
    .recordOf(account, "accounts")
    .describe("Accounts, each with a random password or your own."),
  tasks: z
    .record(z.string(), task, field.expected("tasks by name"))
    .default({})
    .describe("Tasks: what Nexus does by the clock."),
  certificates: field
    .recordOf(field.text("a PEM file"), "PEM files")
    .default({})
    .describe("PEM files of authorities that Nexus trusts, besides Java's own."),
  outboundHttp: outboundHttp.optional().describe("How Nexus itself goes out."),
  privateHosts: field
    .listOf(privateHost(), "a list of hosts")
    .default([])
    .describe(
      "Hosts at private addresses that Nexus may ask besides the proxies' own remotes (3.92 and later).",
    ),
};

const realms = () =>
  field
    .names("realms")
    .min(1, field.expected("at least one realm"))
    .describe("Realms in use, in order; DockerToken is what `docker login` needs.");

const ofOwn = (what: string) => field.absent(`${what} of a Nexus of your own: set url, too, or take it out`);

/** A Nexus that the stack makes. */
export const madeNexusSchema = z.strictObject({
  url: ofOwn("the address"),
  username: ofOwn("the administrator"),
  password: ofOwn("the administrator's password"),
  ca: ofOwn("the authority"),
  docker: field
    .dockerAddress()
    .default("unix:///var/run/docker.sock")
    .meta({ description: "Docker host that runs Nexus.", examples: ["ssh://deploy@nexus.example.com"] }),
  image: field.imageName("an image name").default(NEXUS_IMAGE).describe("Image of Nexus."),
  hostname: field.hostName().meta({
    description: "Name or address under which CI, builders and servers reach Nexus.",
    examples: ["nexus.example.com"],
  }),
  bind: field
    .ipAddress()
    .default("127.0.0.1")
    .describe("Address of that machine on which the ports are published; 0.0.0.0: all."),
  port: field.port().default(8081).describe("Port of its pages and its REST API."),
  tls: nexusTlsSchema
    .optional()
    .describe("https in front of it; without it Nexus speaks plain http on ports of its own."),
  memory: field
    .megabytes(1536)
    .default(2048)
    .describe("Megabytes of memory for its container; half a gigabyte of heap is the least that works."),
  adminPassword: field
    .secret("a password", "nexus.adminPassword")
    .optional()
    .describe("The password of `admin`, where it is not to be a random one."),
  adopt: field
    .flag()
    .default(true) // the host is ours: what is there under our names, a broken run left
    .describe("Takes over what exists in Nexus under the names used here, instead of failing."),
  anonymous: field.flag().default(false).describe("Lets people read who aren't logged in."),
  realms: realms().default(["NexusAuthenticatingRealm", "DockerToken"]),
  ...contents,
});

const ofMade = (what: string) =>
  field.absent(`${what} of a Nexus that Berth makes; with url it is there already: take it out`);

/** A Nexus that is there already, and stays somebody's own: what isn't named here is left as it is. */
export const ownNexusSchema = z.strictObject({
  url: field.url().meta({
    description: "Address of its pages and REST API; its scheme is that of the docker repositories, too.",
    examples: ["https://nexus.example.com"],
  }),
  username: field.text("the name of an administrator").describe("An administrator of it."),
  password: field
    .secret("that administrator's password", "nexus.password")
    .describe("That administrator's password."),
  ca: field
    .text("a PEM file")
    .optional()
    .describe("PEM file of its certificate's authority, where that isn't a public one."),
  docker: ofMade("the Docker host"),
  image: ofMade("the image"),
  hostname: ofMade("the name"),
  bind: ofMade("the address"),
  port: ofMade("the port"),
  tls: ofMade("the proxy in front"),
  memory: ofMade("the memory"),
  adminPassword: ofMade("admin's password"),
  adopt: field
    .flag()
    .default(false)
    .describe(
      "Takes over everything that exists under the names used here; each thing has an `adopt` of its own, too.",
    ),
  anonymous: field
    .flag()
    .optional()
    .describe("Whether people may read who aren't logged in. Without it: as it is."),
  realms: realms().optional(),
  ...contents,
});

export type MadeNexus = z.infer<typeof madeNexusSchema>;
export type OwnNexus = z.infer<typeof ownNexusSchema>;
export type NexusSettings = MadeNexus | OwnNexus;

/** The one of the two that these settings are to be read by. */
export const nexusSchemaOf = (wish: unknown): z.ZodType<NexusSettings> =>
  objectOf(wish)["url"] === undefined ? madeNexusSchema : ownNexusSchema;

export type BlobStoreSettings = NexusSettings["blobStores"][string];
