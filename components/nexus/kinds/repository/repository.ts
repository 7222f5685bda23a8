import type * as pulumi from "@pulumi/pulumi";
import { isJsonObject } from "../../../values/json-object";
import { repositoryContent } from "../../object/content";
import type { Fields, Kind } from "../../object/kind";
import { type ContentArgs, NexusObject } from "../../object/nexus-object";
import { objectIn } from "../../rest/answer-shape";
import type { Call } from "../../rest/call";
import { type Facts, nameOf } from "../../rest/server-abilities";

/** Ends the refusal of a server that is only the open core: who has the formats that are closed source. */
export const SONATYPES_OWN_HAVE_THEM = "Sonatype's own images and downloads have them";

type RepositoryType = "hosted" | "proxy" | "group";

/** What repositories of every format and type have. */
interface RepositoryArgs extends ContentArgs {
  readonly name: pulumi.Input<string>;
  /** Nexus never moves a repository to another blob store. */
  readonly blobStore: pulumi.Input<string>;
  /** @default true */
  readonly online?: pulumi.Input<boolean>;
  /** Refuse content whose bytes don't look like its name. @default true */
  readonly strictContentTypeValidation?: pulumi.Input<boolean>;
}

export interface HostedArgs extends RepositoryArgs {
  /** ALLOW_ONCE: what was once written stays what it is. */
  readonly writePolicy: pulumi.Input<"ALLOW" | "ALLOW_ONCE" | "DENY">;
  readonly cleanupPolicies?: pulumi.Input<pulumi.Input<string>[]>;
  /** Its components are our own: for Sonatype's firewall against confused dependencies. */
  readonly proprietaryComponents?: pulumi.Input<boolean>;
}

export interface ProxyArgs extends RepositoryArgs {
  readonly remoteUrl: pulumi.Input<string>;
  readonly remoteUsername?: pulumi.Input<string>;
  /** Secret. Never told by Nexus and sent again with every change, or it would be lost. */
  readonly remotePassword?: pulumi.Input<string>;
  /** Minutes until content is asked for again; -1: never. @default 1440 */
  readonly contentMaxAge?: pulumi.Input<number>;
  /** Minutes until metadata is asked for again. @default 1440 */
  readonly metadataMaxAge?: pulumi.Input<number>;
  /** Minutes to remember that something is not there. @default it isn't remembered: what was pushed a minute ago must be found */
  readonly negativeCacheMinutes?: pulumi.Input<number>;
  /** Never ask the remote: serve only what is cached. @default false */
  readonly blocked?: pulumi.Input<boolean>;
  /** Stop asking a remote that doesn't answer, for a while. @default true */
  readonly autoBlock?: pulumi.Input<boolean>;
  /** Name of a routing rule. */
  readonly routingRule?: pulumi.Input<string>;
  readonly cleanupPolicies?: pulumi.Input<pulumi.Input<string>[]>;
  /** How often to ask again where the remote doesn't answer; 0 to 10. */
  readonly retries?: pulumi.Input<number>;
  /** Seconds to wait for the remote; 1 to 3600. */
  readonly timeoutSeconds?: pulumi.Input<number>;
  /** Trust the certificates in Nexus's own store, too; only with an https remote. */
  readonly useTrustStore?: pulumi.Input<boolean>;
}

export interface GroupArgs extends RepositoryArgs {
  /** Names of repositories of this format, in the order in which they are asked; at least one. */
  readonly members: pulumi.Input<pulumi.Input<string>[]>;
}

/** A repository; its `name` is known once it is there. */
export abstract class Repository extends NexusObject {
  declare readonly name: pulumi.Output<string>;
}

/** Nexus's own default for what a proxy keeps, in minutes. */
const DAY = 1440;

export function hostedFields(args: HostedArgs, storage: object = {}) {
  const { cleanupPolicies, proprietaryComponents } = args;
  return {
    ...common(args, { writePolicy: args.writePolicy, ...storage }),
    cleanup: given({ policyNames: cleanupPolicies }),
    component: given({ proprietaryComponents }),
  };
}

/** @param authentication more of how to log in to the remote, for formats that know it */
export function proxyFields(args: ProxyArgs, authentication: object = {}) {
  const { remoteUrl, contentMaxAge = DAY, metadataMaxAge = DAY, negativeCacheMinutes } = args;
  const { retries, timeoutSeconds: timeout, useTrustStore } = args;
  return {
    ...common(args),
    proxy: { remoteUrl, contentMaxAge, metadataMaxAge },
    negativeCache: {
      enabled: negativeCacheMinutes !== undefined,
      timeToLive: negativeCacheMinutes ?? DAY, // required even where it means nothing
    },
    httpClient: given({
      blocked: args.blocked ?? false,
      autoBlock: args.autoBlock ?? true,
      authentication: loginOf(args, authentication),
      connection: given({ retries, timeout, useTrustStore }),
    }),
    routingRule: args.routingRule,
    cleanup: given({ policyNames: args.cleanupPolicies }),
  };
}

export function groupFields(args: GroupArgs, group: object = {}) {
  return { ...common(args), group: { memberNames: args.members, ...group } };
}

function common(args: RepositoryArgs, storage: object = {}) {
  const {
    server,
    adopt,
    keepFound,
    allowDataLoss,
    name,
    online = true,
    strictContentTypeValidation = true,
  } = args;
  const stored = { blobStoreName: args.blobStore, strictContentTypeValidation, ...given(storage) };
  return { server, adopt, keepFound, allowDataLoss, name, online, storage: stored };
}

function loginOf({ remoteUsername: username, remotePassword: password }: ProxyArgs, more: object) {
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined) {
    const missing = username === undefined ? "remoteUsername" : "remotePassword";
    throw new Error(`A proxy that logs in to its remote needs both a name and a password: set ${missing}.`);
  }
  return given({ type: "username", username, password, ...more });
}

/** Only what is given, and undefined where nothing is: what we don't ask for stays as Nexus has it. */
export function given(fields: object): object | undefined {
  const some = Object.entries(fields).filter(([, value]) => value !== undefined);
  return some.length === 0 ? undefined : Object.fromEntries(some);
}

/**
 * Repositories of a format and type: `/v1/repositories/<format>/<type>`, where the format is as in the path, "maven"
 * for maven2. POST 201, PUT 204 replaces all of it (measured on 3.71).
 */
export function repositoryKind(
  format: string,
  type: RepositoryType,
  more: Pick<Kind, "conflict" | "refusal"> & {
    readonly writeOnly?: readonly string[];
    /** Ends the refusal of a server that lacks the kind: who has it. @default newer versions */
    readonly elsewhere?: string;
  } = {},
): Kind {
  const collection = `/v1/repositories/${format}/${type}`;
  const at = (id: string) => `${collection}/${encodeURIComponent(id)}`;
  return {
    name: capitalized(format) + capitalized(type),
    noun: `${format} ${type} repository`,
    id: (want) => String(want.name),
    read: (call, id) => read(call, at(id)),
    create: async (call, want) => {
      await requireRule(call, want);
      await call("POST", collection, [201], bodyOf(want));
    },
    update: async (call, id, merged) => {
      requireLogin(id, merged);
      await requireRule(call, merged);
      await call("PUT", at(id), [204], bodyOf(merged));
    },
    remove: (call, id) => call("DELETE", `/v1/repositories/${encodeURIComponent(id)}`, [204, 404]),
    fixed: ["name", "storage.blobStoreName"],
    unordered: ["policyNames"],
    anyCase: ["writePolicy"],
    addresses: ["remoteUrl", "indexUrl"], // Nexus keeps it as given and asks for the same paths either way (measured on 3.71)
    writeOnly: ["password", ...(more.writeOnly ?? [])],
    refusal: (facts, want) =>
      missing(facts, format, type, more.elsewhere) ?? emptyGroup(type, want) ?? more.refusal?.(facts, want),
    ...(more.conflict && { conflict: more.conflict }),
    ...(type !== "group" && { content: repositoryContent }),
  };
}

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

async function read(call: Call, path: string): Promise<Fields | undefined> {
  const answer = await call("GET", path, [200, 404]);
  if (answer.status === 404) return undefined;
  // Nexus tells routingRuleName and takes routingRule.
  const body = objectIn(answer);
  return body["routingRuleName"] ? { ...body, routingRule: body["routingRuleName"] } : body;
}

/** What a POST or PUT takes. Up to 3.93 the rule is `routingRule`, from 3.94 `routingRuleName`: the other is ignored. */
function bodyOf({ url: _url, format: _format, type: _type, routingRuleName: _told, ...fields }: Fields) {
  const { routingRule } = fields;
  return routingRule ? { ...fields, routingRuleName: routingRule } : fields;
}

/** Nexus would answer 400 about a missing password, or forget the login. */
function requireLogin(name: string, merged: Fields): void {
  const client = merged["httpClient"];
  const login = isJsonObject(client) ? client["authentication"] : undefined;
  if (!isJsonObject(login) || !login["username"] || login["password"]) return;
  throw new Error(
    `The proxy "${name}" logs in to its remote as "${login["username"]}", and Nexus wants the password again ` +
      "with every change: set remoteUsername and remotePassword.",
  );
}

/** Nexus takes the name of a rule that isn't there without a word (204), and the proxy then follows none. */
async function requireRule(call: Call, { name, routingRule: rule }: Fields): Promise<void> {
  if (typeof rule !== "string") return;
  const answer = await call("GET", `/v1/routing-rules/${encodeURIComponent(rule)}`, [200, 404]);
  if (answer.status === 200) return;
  throw new Error(
    `The proxy "${name}" is to follow the routing rule "${rule}", and Nexus has no such rule. ` +
      "Create it first, or leave routingRule out.",
  );
}

function missing(facts: Facts, format: string, type: RepositoryType, elsewhere = "newer versions have them") {
  // What lacks even this is not Nexus's document, and says nothing about what Nexus has.
  if (!facts.offers("GET", "/v1/repositories")) return undefined;
  if (facts.offers("POST", `/v1/repositories/${format}/${type}`)) return undefined;
  return `${nameOf(facts)} has no ${format} ${type} repositories; ${elsewhere}.`;
}

function emptyGroup(type: RepositoryType, want: Fields): string | undefined {
  const group = want["group"];
  const members = isJsonObject(group) ? group["memberNames"] : undefined;
  if (type !== "group" || !Array.isArray(members) || members.length > 0) return undefined;
  return `The group "${want["name"]}" has no members, and Nexus takes no empty group. Name at least one.`;
}
