import type { Fields } from "../../components/nexus/object/kind";
import { FORMAT_NAMES, type Format, formatOf } from "../../components/settings/nexus/nexus-formats";
import type { RepositoryDefaults } from "../../components/settings/nexus/nexus-repository-defaults";
import {
  Notes,
  partOf,
  secretCommand,
  some,
  type Translation,
  textsOf,
  unsayable,
  without,
} from "./translation";

/** As components/settings/nexus/nexus-settings.ts has them; what isn't here is said even where it is the default. */
const DEFAULTS = { online: true, contentMaxAge: 1440, metadataMaxAge: 1440 };

/** What Berth sends to every proxy where the settings are silent (components/nexus/kinds/repository/repository.ts). */
const DAY = 1440;

/** Nexus's own: Berth sends none, so that it is said only where it is another. */
const DISPOSITIONS: { readonly [format in Format]?: string } = { raw: "ATTACHMENT", maven: "INLINE" };

/** The host by which components/nexus/nexus-repositories.ts tells the public hub. */
const HUB_HOST = "registry-1.docker.io";

/**
 * A repository, from an entry of GET /v1/repositorySettings.
 * @param defaults what the settings of this stack come to where they say nothing of it
 */
export function translateRepository(body: Fields, defaults: RepositoryDefaults): Translation {
  const key = String(body["name"]);
  const format = formatOf(body["format"]);
  const type = String(body["type"]);
  if (!format || !["hosted", "proxy", "group"].includes(type)) {
    const reason = `it is a ${body["format"]} ${type} repository; they have ${FORMAT_NAMES.join(", ")}`;
    return unsayable("repositories", key, reason);
  }
  const notes = new Notes();
  const storage = partOf(body, "storage");
  const settings = {
    ...(format !== "docker" && { format }),
    type,
    ...without(
      { ...DEFAULTS, blobStore: defaults.blobStore },
      { blobStore: storage["blobStoreName"], online: body["online"] },
    ),
    ...flag(notes, "strictContentTypeValidation", storage, "storage", true),
    ...ofType(type, body, notes, defaults),
    ...ofFormat(format, type, body, notes, defaults),
  };
  const signature = signatureOf(key, type, body, notes);
  const login = type === "proxy" ? loginAt(key, body, notes) : {};
  if (typeof login === "string") return unsayable("repositories", key, login);
  return { part: "repositories", key, settings, ...notes, asked: { ...signature, ...login } };
}

/** Where it isn't what Berth sends without the setting; what Nexus doesn't tell would be set to that. */
function flag(notes: Notes, name: string, part: Fields, path: string, silent: boolean): Fields {
  const have = part[name];
  if (typeof have === "boolean") return have === silent ? {} : { [name]: have };
  notes.sets(`${path}.${name}`, have, silent);
  return {};
}

function ofType(type: string, body: Fields, notes: Notes, defaults: RepositoryDefaults): Fields {
  if (type === "group") {
    const { memberNames, writableMember } = partOf(body, "group");
    return { members: textsOf(memberNames), ...some({ writableMember }) };
  }
  const cleanup = textsOf(partOf(body, "cleanup")["policyNames"]);
  if (type === "proxy") return { ...ofProxy(body, notes, defaults), ...some({ cleanup }) };
  const writePolicy = String(partOf(body, "storage")["writePolicy"]).toUpperCase();
  const ours = partOf(body, "component")["proprietaryComponents"] === true;
  return { writePolicy, ...some({ cleanup }), ...(ours && { proprietaryComponents: true }) };
}

function ofProxy(body: Fields, notes: Notes, defaults: RepositoryDefaults): Fields {
  const { remoteUrl, contentMaxAge, metadataMaxAge } = partOf(body, "proxy");
  const remote = String(remoteUrl).replace(/\/+$/, "");
  const { enabled, timeToLive } = partOf(body, "negativeCache");
  if (enabled !== true) notes.sets("negativeCache.timeToLive", timeToLive, DAY);
  const client = partOf(body, "httpClient");
  const { retries, timeout: timeoutSeconds, useTrustStore } = partOf(client, "connection");
  const trustsBySilence = defaults.useTrustStore && remote.startsWith("https:");
  const trusts = useTrustStore === true;
  return {
    remote,
    ...without(DEFAULTS, { contentMaxAge, metadataMaxAge }),
    ...some({
      negativeCache: enabled === true ? timeToLive : undefined,
      routingRule: body["routingRuleName"] ?? body["routingRule"],
    }),
    ...flag(notes, "blocked", client, "httpClient", false),
    ...flag(notes, "autoBlock", client, "httpClient", true),
    ...some({ retries, timeoutSeconds }),
    ...(trusts !== trustsBySilence && { useTrustStore: trusts }),
  };
}

/**
 * How a proxy logs in at its remote. Left out of the settings it stays as it is, as long as nothing of the proxy changes: Nexus
 * wants the password again with every change.
 * @returns what has to be filled in before; a text where the settings can't say it
 */
function loginAt(key: string, body: Fields, { changes, remarks }: Notes): Fields | string {
  const { type, username } = partOf(partOf(body, "httpClient"), "authentication");
  if (type === undefined || type === null) return {};
  if (type !== "username") {
    if (changes.length > 0)
      return `${changes.join(", ")}, and with that Nexus wants its login at the remote (${type}), for which they have no words`;
    remarks.push(`its login at the remote (${type}) stays as Nexus has it: settings can't say it`);
    return {};
  }
  const how = `add username: ${JSON.stringify(username)} and run ${secretCommand("repositories", key, "password")}`;
  if (changes.length === 0) {
    remarks.push(`it logs in at its remote: before anything of it changes, ${how}`);
    return {};
  }
  changes.push(`it logs in at its remote, for which Nexus wants the password again: ${how}`);
  return { username, password: "[secret]" };
}

/** A hosted apt repository always signs; a proxy or group of yum where Nexus tells of a key. */
function signatureOf(key: string, type: string, body: Fields, { changes }: Notes): Fields {
  const hasKey = Object.keys(some(partOf(body, "yumSigning"))).length > 0;
  if (!hasKey && !(body["format"] === "apt" && type === "hosted")) return {};
  const command = secretCommand("repositories", key, "signingKey");
  changes.push(`it signs what it serves, and the settings need the key: ${command} < key.asc`);
  return { signingKey: "[secret]" };
}

function ofFormat(
  format: Format,
  type: string,
  body: Fields,
  notes: Notes,
  defaults: RepositoryDefaults,
): Fields {
  if (format === "docker") return ofDocker(type, body, notes, defaults);
  const { contentDisposition } = partOf(body, format);
  const shown = some(without({ contentDisposition: DISPOSITIONS[format] }, { contentDisposition }));
  if (type === "group") return shown;
  if (format === "maven") {
    const { versionPolicy, layoutPolicy } = partOf(body, "maven");
    const policies = { versionPolicy, layoutPolicy };
    return { ...without({ versionPolicy: "RELEASE", layoutPolicy: "STRICT" }, policies), ...shown };
  }
  if (format === "yum") {
    const { repodataDepth, deployPolicy } = partOf(body, "yum");
    return some(without({ repodataDepth: 0, deployPolicy: "STRICT" }, { repodataDepth, deployPolicy }));
  }
  if (format !== "apt") return shown;
  const { distribution, flat } = partOf(body, "apt");
  return { ...some({ distribution }), ...(flat === true && { flat }), ...shown };
}

/** The index that Berth asks for, unless the settings name one. */
function indexOf(body: Fields, notes: Notes): Fields {
  const { indexType, indexUrl } = partOf(body, "dockerProxy");
  if (indexType === "CUSTOM" && typeof indexUrl === "string")
    return { indexUrl: indexUrl.replace(/\/+$/, "") };
  const remote = String(partOf(body, "proxy")["remoteUrl"]);
  const hostname = URL.canParse(remote) ? new URL(remote).hostname : "";
  notes.sets("dockerProxy.indexType", indexType, hostname === HUB_HOST ? "HUB" : "REGISTRY");
  return {};
}

function ofDocker(type: string, body: Fields, notes: Notes, defaults: RepositoryDefaults): Fields {
  const docker = partOf(body, "docker");
  for (const [field, word] of [
    ["httpPort", "port"],
    ["httpsPort", "httpsPort"],
  ] as const) {
    if (typeof docker[field] !== "number") continue;
    notes.remarks.push(
      `Nexus serves it on its port ${docker[field]}; ${word}: ${docker[field]} would publish that, ` +
        "for which Nexus's container is made anew",
    );
  }
  const { writePolicy, latestPolicy } = partOf(body, "storage");
  const movable = type === "hosted" && /^allow_once$/i.test(String(writePolicy)) && latestPolicy === true;
  return {
    ...some({ subdomain: docker["subdomain"] }),
    ...(movable && { movableLatest: true }),
    ...(docker["pathEnabled"] === true && { byPath: true }),
    ...flag(notes, "v1Enabled", docker, "docker", false),
    ...flag(notes, "forceBasicAuth", docker, "docker", defaults.forceBasicAuth),
    ...(type === "proxy" && indexOf(body, notes)),
  };
}
