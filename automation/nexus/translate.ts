import type { ServerTask } from "../../components/nexus/tasks/task-api";
import { accountRole } from "../../components/settings/nexus/nexus-grants";
import {
  type RepositoryDefaults,
  repositoryDefaults,
} from "../../components/settings/nexus/nexus-repository-defaults";
import { type NexusSettings, parseSettings } from "../../components/settings/settings";
import { isJsonObject } from "../../components/values/json-object";
import type { RepositoryFormats } from "./grants-of";
import { judge, type Raw, withEntries } from "./judge";
import type { ServerObject } from "./server-objects";
import { translateBlobStore } from "./translate-blob-store";
import {
  translateCertificate,
  translateCleanupPolicy,
  translateRoutingRule,
  translateTask,
} from "./translate-housekeeping";
import { translateRepository } from "./translate-repository";
import {
  translateContentSelector,
  translatePrivilege,
  translateRole,
  translateUser,
} from "./translate-security";
import { isReady, type Translation, unsayable } from "./translation";

/**
 * Objects of a server in the words of the settings, each as far as the settings' own checks let it in.
 * @param raw the stack's settings as written, without fault
 * @returns one for each object, in their order
 */
export function translate(objects: readonly ServerObject[], raw: Raw): Translation[] {
  const certificates = new Set<string>();
  const { nexus } = parseSettings(raw);
  const defaults = repositoryDefaults(withCertificates(nexus, objects));
  const things = objects.map((object) => {
    const one = translateThing(object, objects, certificates, defaults);
    if (one?.part === "certificates") certificates.add(one.key);
    return one;
  });
  const repositories = repositoriesWith(
    raw,
    things.filter((one) => one !== undefined),
  );
  const all = things.map((one, index) => one ?? translateRights(objects[index]!, objects, repositories));
  return judge(raw, nexus.adopt ? all : all.map(adopted));
}

/** Where nothing is taken over unasked, each entry asks. Those of certificates are texts, and are the same on both sides. */
function adopted(one: Translation): Translation {
  return isJsonObject(one.settings) ? { ...one, settings: { ...one.settings, adopt: true } } : one;
}

/** With the server's own certificates, which would be taken over, too: what proxies trust hangs on them. */
function withCertificates(nexus: NexusSettings, objects: readonly ServerObject[]): NexusSettings {
  const theirs = objects.filter(({ part }) => part === "certificates").map(({ id }) => [id, id]);
  return { ...nexus, certificates: { ...nexus.certificates, ...Object.fromEntries(theirs) } };
}

/** What a role may do is told by repository, of which only those that the settings will hold can be named. */
function repositoriesWith(raw: Raw, things: readonly Translation[]): RepositoryFormats {
  const ready = judge(raw, things).filter(isReady);
  return parseSettings(withEntries(raw, ready)).nexus.repositories;
}

/** Undefined for roles and users. */
function translateThing(
  { part, body }: ServerObject,
  all: readonly ServerObject[],
  certificates: ReadonlySet<string>,
  defaults: RepositoryDefaults,
): Translation | undefined {
  switch (part) {
    case "blobStores":
      return translateBlobStore(body);
    case "cleanupPolicies":
      return translateCleanupPolicy(body);
    case "routingRules":
      return translateRoutingRule(body);
    case "repositories":
      return translateRepository(body, defaults);
    case "contentSelectors":
      return translateContentSelector(body);
    case "privileges":
      return translatePrivilege(body);
    case "tasks": {
      const twins = all.filter((other) => other.part === part && other.body["name"] === body["name"]);
      return translateTask(body as unknown as ServerTask, twins.length);
    }
    case "certificates":
      return translateCertificate(body, certificates);
    case "roles":
    case "accounts":
      return undefined;
  }
}

/** A role that an account has as its own goes with the account. */
function translateRights(
  { part, id, body }: ServerObject,
  all: readonly ServerObject[],
  repositories: RepositoryFormats,
): Translation {
  if (part === "accounts") {
    const own = all.find((other) => other.part === "roles" && other.id === ownRole(id));
    return translateUser(body, own?.body, repositories);
  }
  const owner = all.find((other) => other.part === "accounts" && ownRole(other.id) === id);
  if (!owner) return translateRole(body, repositories);
  return unsayable("roles", id, `it is the account ${owner.id}'s own and goes with it`);
}

const ownRole = (username: string) => accountRole(username, { purpose: "" }).roleId;
