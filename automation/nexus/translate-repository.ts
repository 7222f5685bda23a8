import type { Fields } from "../../components/nexus/kind";
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

/** Nexus's word for a format → the settings'. */
const FORMATS: { readonly [format: string]: string } = {
  apt: "apt",
  docker: "docker",
  maven2: "maven",
  raw: "raw",
};

/** As components/nexus-settings.ts has them; what isn't here is said even where it is the default. */
const DEFAULTS = { blobStore: "docker", online: true, contentMaxAge: 1440, metadataMaxAge: 1440 };

/** What Berth sends to every proxy where the settings are silent (components/nexus/repository.ts). */
const DAY = 1440;

/** The host by which components/nexus-repositories.ts tells the public hub. */
const HUB_HOST = "registry-1.docker.io";

/** A repository, from an entry of GET /v1/repositorySettings. */
export function translateRepository(body: Fields): Translation {
  const key = String(body["name"]);
  const format = FORMATS[String(body["format"])];
  const type = String(body["type"]);
  if (!format || !["hosted", "proxy", "group"].includes(type)) {
    const reason = `it is a ${body["format"]} ${type} repository; they have docker, raw, maven and apt`;
    return unsayable("repositories", key, reason);
  }
  const notes = new Notes();
  const storage = partOf(body, "storage");
  notes.sets("storage.strictContentTypeValidation", storage["strictContentTypeValidation"], true);
  const settings = {
    ...(format !== "docker" && { format }),
    type,
    ...without(DEFAULTS, { blobStore: storage["blobStoreName"], online: body["online"] }),
    ...ofType(type, body, notes),
    ...ofFormat(format, type, body, notes),
  };
  const secrets = type === "proxy" ? loginAt(key, body, notes) : signatureOf(key, format, type, notes);
  if (typeof secrets === "string") return unsayable("repositories", key, secrets);
  return { part: "repositories", key, settings, ...notes, asked: secrets };
}

function ofType(type: string, body: Fields, notes: Notes): Fields {
  if (type === "group") return { members: textsOf(partOf(body, "group")["memberNames"]) };
  const cleanup = textsOf(partOf(body, "cleanup")["policyNames"]);
  if (type === "proxy") return { ...ofProxy(body, notes), ...some({ cleanup }) };
  const writePolicy = String(partOf(body, "storage")["writePolicy"]).toUpperCase();
  return { writePolicy, ...some({ cleanup }) };
}

function ofProxy(body: Fields, notes: Notes): Fields {
  const { remoteUrl, contentMaxAge, metadataMaxAge } = partOf(body, "proxy");
  const remote = String(remoteUrl).replace(/\/+$/, "");
  const { enabled, timeToLive } = partOf(body, "negativeCache");
  if (enabled !== true) notes.sets("negativeCache.timeToLive", timeToLive, DAY);
  const client = partOf(body, "httpClient");
  notes.sets("httpClient.blocked", client["blocked"], false);
  notes.sets("httpClient.autoBlock", client["autoBlock"], true);
  return {
    remote,
    ...without(DEFAULTS, { contentMaxAge, metadataMaxAge }),
    ...some({
      negativeCache: enabled === true ? timeToLive : undefined,
      routingRule: body["routingRuleName"] ?? body["routingRule"],
    }),
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

function signatureOf(key: string, format: string, type: string, { changes }: Notes): Fields {
  if (format !== "apt" || type !== "hosted") return {};
  const command = secretCommand("repositories", key, "signingKey");
  changes.push(`it signs what it serves, and the settings need the key: ${command} < key.asc`);
  return { signingKey: "[secret]" };
}

function ofFormat(format: string, type: string, body: Fields, notes: Notes): Fields {
  if (format === "docker") return ofDocker(type, body, notes);
  if (type === "group") return {};
  if (format === "maven") {
    const { versionPolicy, layoutPolicy } = partOf(body, "maven");
    return without({ versionPolicy: "RELEASE", layoutPolicy: "STRICT" }, { versionPolicy, layoutPolicy });
  }
  const { distribution, flat } = partOf(body, "apt");
  return { ...some({ distribution }), ...(flat === true && { flat }) };
}

function ofDocker(type: string, body: Fields, notes: Notes): Fields {
  const docker = partOf(body, "docker");
  notes.sets("docker.v1Enabled", docker["v1Enabled"], false);
  notes.sets("docker.forceBasicAuth", docker["forceBasicAuth"], false);
  if (type === "proxy") {
    const remote = String(partOf(body, "proxy")["remoteUrl"]);
    const hostname = URL.canParse(remote) ? new URL(remote).hostname : "";
    const indexType = partOf(body, "dockerProxy")["indexType"];
    notes.sets("dockerProxy.indexType", indexType, hostname === HUB_HOST ? "HUB" : "REGISTRY");
  }
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
  };
}
