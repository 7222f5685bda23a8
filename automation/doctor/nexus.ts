import { caller } from "../../components/nexus/object/object-provider";
import type { NexusServer } from "../../components/nexus/rest/nexus-server";
import { type Facts, factsOf, nameOf } from "../../components/nexus/rest/server-abilities";
import { callNexus } from "../../components/nexus/rest/transport";
import { whatIsMissing } from "../../components/nexus/rest/writable";
import { nexusUrl } from "../../components/settings/nexus/nexus-addresses";
import { versionWarnings } from "../../components/settings/nexus/nexus-advisories";
import { NEXUS_IMAGE } from "../../components/settings/nexus/nexus-version";
import { isJsonObject } from "../../components/values/json-object";
import { isOlder } from "../../components/values/versions";
import { blobStoreSpace, type StoreSpace } from "../nexus/blob-stores";
import { findNexusServer } from "../nexus/server";
import { STATE } from "./backend";
import { spaceFinding } from "./docker-hosts";
import { type Finding, fail, ok, warn } from "./finding";
import { hostOf, nameCheck } from "./names";
import type { Check } from "./run-checks";
import { hasNexus, nexusPlace, SETTINGS, type Subject } from "./subject";

export const NEXUS = "Nexus";

/** Milliseconds for Nexus to take a call. */
const PATIENCE_MS = 8_000;

/** Whether it takes writes, what is known of its version, and, as its administrator, how full it is. */
export function nexusChecks(subject: Subject): Check[] {
  if (subject.settings.nexus === undefined) return [];
  const place = async () => (await nexusPlace(subject))!;
  const ifThere = (look: () => Promise<Finding | Finding[]>) => async () =>
    (await hasNexus(subject)) ? look() : [];
  return [
    {
      name: NEXUS,
      needs: [nameCheck(hostOf(new URL(nexusUrl(subject.settings.nexus))))],
      run: async () =>
        (await hasNexus(subject))
          ? nexusFinding(await place(), subject)
          : ok(NEXUS, `not there yet: berth up ${subject.stack} makes it`),
    },
    {
      name: "Nexus: version",
      needs: [NEXUS],
      run: ifThere(async () => versionFinding(await facts(await place()), subject.stack)),
    },
    {
      name: "Nexus: administrator",
      needs: [NEXUS, STATE, SETTINGS],
      run: ifThere(async () => {
        const server = await serverOf(subject);
        return server ? administratorFindings(server, subject.stack) : [];
      }),
    },
  ];
}

const facts = (place: Place) => factsOf({ ...place, username: "", password: "" }, PATIENCE_MS);

interface Place {
  readonly url: string;
  readonly ca?: string | undefined;
}

/** With its administrator's login, out of the settings or of the stack's outputs. */
export async function serverOf({ file, stack }: Subject): Promise<NexusServer | undefined> {
  return file && findNexusServer({ file, name: stack });
}

export async function nexusFinding(
  place: Place,
  { stack, settings: { nexus } }: Pick<Subject, "stack" | "settings">,
): Promise<Finding> {
  const missing = await whatIsMissing(place);
  if (missing === undefined) return ok(NEXUS, `${nameOf(await facts(place))} at ${place.url} takes writes`);
  const advice = missing.includes("read-only")
    ? "After the backup, in its pages: Administration → System → Nodes → Disable read-only mode"
    : nexus?.url === undefined
      ? `berth ps ${stack}; berth logs nexus --stack ${stack}`
      : `curl -sSi ${place.url}/service/rest/v1/status # berth:nexus.url is its address`;
  return fail(NEXUS, `${place.url}: ${missing}`, advice);
}

/** What the Community Edition takes (Sonatype's usage limits): what is over it is refused. */
const LIMITS = [
  { since: "3.87.0", components: 40_000, requests: 100_000 },
  { since: "3.77.0", components: 100_000, requests: 200_000 },
] as const;

function limitsOf({ edition, version }: Pick<Facts, "edition" | "version">) {
  return edition === "COMMUNITY" ? LIMITS.find(({ since }) => !isOlder(version, since)) : undefined;
}

/** Known holes, by the version that runs and not by the one that the settings name. */
export function versionFinding(
  { version, edition }: Pick<Facts, "edition" | "version">,
  stack: string,
): Finding {
  const what = "Nexus: version";
  if (version === "") return ok(what, "it is hidden, by a proxy in front");
  const holes = versionWarnings(version);
  const advice = `Set berth:nexus.image to ${NEXUS_IMAGE} and run berth up ${stack}; before it, a backup`;
  if (holes.length > 0) return warn(what, holes.join("\n"), advice);
  const limits = limitsOf({ edition, version });
  const most = limits
    ? `; it takes ${limits.components} components and ${limits.requests} requests a day`
    : "";
  return ok(what, `${version}${edition && ` (${edition})`}, no hole is known here${most}`);
}

/** How full it is: limits of the edition, the licence, quotas and disks of its blob stores. */
export async function administratorFindings(server: NexusServer, stack: string): Promise<Finding[]> {
  const known = await facts(server);
  const get = async (path: string, expected: readonly number[] = [200]) =>
    callNexus(server, "GET", `/service/rest${path}`, expected, undefined, { patience: PATIENCE_MS });
  const stores = await blobStoreSpace(caller(server, PATIENCE_MS));
  const found = stores.map((store) => storeFinding(store, stack));
  const ofEdition = limitsOf(known)
    ? [await eulaFinding(get, stack), await usageFinding(known, get, stack)]
    : [];
  return [...ofEdition, ...found];
}

type Get = (
  path: string,
  expected?: readonly number[],
) => Promise<{ readonly status: number; readonly body: unknown }>;

async function eulaFinding(get: Get, stack: string): Promise<Finding> {
  const { body } = await get("/v1/system/eula", [200, 404]);
  const what = "Nexus: licence";
  if (isJsonObject(body) && body["accepted"] === false)
    return fail(
      what,
      "nobody has accepted it, and until then Nexus serves nothing",
      `Set berth:nexus.eula to accepted and run berth up ${stack}`,
    );
  return ok(what, "accepted");
}

/**
 * Components of the last month, against the edition's limit. Sonatype's description of this call has no shape of its answer: a number
 * is taken where there is one of that name.
 */
async function usageFinding(known: Facts, get: Get, stack: string): Promise<Finding> {
  const what = "Nexus: limits";
  const { components } = limitsOf(known)!;
  const { body } = await get("/v1/monthly-metrics", [200, 403, 404]);
  const months = Array.isArray(body) ? body.filter(isJsonObject) : [];
  const used = Math.max(
    ...months.map((month) => Number(month["componentCount"] ?? Number.NaN)).filter(Number.isFinite),
    -1,
  );
  if (used < 0) return ok(what, `${components} components at most; how many there are, its page Usage tells`);
  const text = `${used} of ${components} components`;
  const advice = `berth cleanup ${stack} --dry-run # without --dry-run it deletes; or cleanup policies: docs/nexus.md`;
  if (used >= components) return fail(what, `${text}: it takes no new ones`, advice);
  return used >= components * 0.8 ? warn(what, text, advice) : ok(what, text);
}

/** Its soft quota, where it has one, and the space of its disk, where it is on one. */
function storeFinding({ name, type, free, quota }: StoreSpace, stack: string): Finding {
  const advice = `berth cleanup ${stack} --dry-run; berth nexus gc ${stack} # without --dry-run it deletes, and gc frees the space`;
  const what = `Nexus: blob store ${name}`;
  if (quota?.exceeded !== undefined) return warn(what, `over its quota: ${quota.exceeded}`, advice);
  if (free === undefined) return ok(what, quota ? "within its quota" : `${type}, no quota`);
  const { advice: _, ...space } = spaceFinding(
    what,
    free,
    quota ? "on its disk, within its quota" : "on its disk",
  );
  return space.state === "ok" ? space : { ...space, advice };
}
