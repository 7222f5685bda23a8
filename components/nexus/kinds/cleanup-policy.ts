import type * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "../../base/shape";
import type { Fields, Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";
import type { Call } from "../rest/call";
import { NexusFailure } from "../rest/transport";

export interface CleanupPolicyArgs extends NexusObjectArgs {
  readonly name: pulumi.Input<string>;
  /** `docker`, `raw`, `maven2`, `apt` …; `*` for all, which leaves the two criteria in days. @default "*" */
  readonly format?: pulumi.Input<string>;
  readonly notes?: pulumi.Input<string>;
  /** Deletes what nobody has downloaded for so many days. */
  readonly lastDownloadedDays?: pulumi.Input<number>;
  /** Deletes what is older than so many days. */
  readonly ageDays?: pulumi.Input<number>;
  /** Only assets whose path matches it all. */
  readonly assetRegex?: pulumi.Input<string>;
  readonly releaseType?: pulumi.Input<"RELEASES" | "PRERELEASES">;
  /** Versions of a component that stay in any case, and what makes one newer than another. */
  readonly retain?: pulumi.Input<number>;
  readonly sortBy?: pulumi.Input<"version" | "date">;
}

/** Field of the object → our argument, and what the server calls it in its list of formats. */
const CRITERIA = {
  criteriaLastDownloaded: { arg: "lastDownloadedDays", id: "lastDownloaded" },
  criteriaLastBlobUpdated: { arg: "ageDays", id: "lastBlobUpdated" },
  criteriaAssetRegex: { arg: "assetRegex", id: "regex" },
  criteriaReleaseType: { arg: "releaseType", id: "isPrerelease" },
  retain: { arg: "retain", id: "retain" },
  sortBy: { arg: "sortBy", id: "sortBy" },
} as const;

/**
 * What the cleanup task deletes from the repositories that name it. `/v1/cleanup-policies` where the server has it
 * (3.74–3.93), else the same shape below `/internal`, which the UI uses (measured on 3.71). Deleting one in use is
 * taken: the repositories just lose it. A criterion that the format doesn't have is an empty 400, so it is found here.
 */
export const cleanupPolicy: Kind = {
  name: "CleanupPolicy",
  noun: "cleanup policy",
  id: (want) => String(want.name),
  read: async (call, id) => {
    const answer = await call("GET", `${await collection(call)}/${encodeURIComponent(id)}`, [200, 404]);
    return answer.status === 404 ? undefined : objectIn(answer);
  },
  create: async (call, want) => {
    await insist(call, want);
    await call("POST", await collection(call), [200, 201, 204], want).catch((error) => explain(error, want));
  },
  update: async (call, id, { inUseCount: _count, ...merged }) => {
    await insist(call, merged);
    const path = `${await collection(call)}/${encodeURIComponent(id)}`;
    await call("PUT", path, [200, 204], merged).catch((error) => explain(error, merged));
  },
  remove: async (call, id) =>
    call("DELETE", `${await collection(call)}/${encodeURIComponent(id)}`, [200, 204, 404]),
  // Nexus takes another format, but repositories of the old one would keep a policy that no longer fits them.
  fixed: ["name", "format"],
  refusal: (_facts, want) => {
    const what = givenCriteria(want).filter((field) => field !== "retain" && field !== "sortBy");
    if (what.length > 0) return undefined;
    return (
      `The cleanup policy "${want.name}" doesn't say what to delete: ` +
      "give at least one of lastDownloadedDays, ageDays, assetRegex, releaseType."
    );
  },
  conflict: (call, _id, want) => complaint(call, want),
};

/** What is deleted by itself, in the repositories that name it. */
export class CleanupPolicy extends NexusObject {
  constructor(name: string, args: CleanupPolicyArgs, opts?: pulumi.CustomResourceOptions) {
    const { lastDownloadedDays, ageDays, assetRegex, releaseType, format = "*", ...same } = args;
    const fields = {
      ...same,
      format,
      criteriaLastDownloaded: lastDownloadedDays,
      criteriaLastBlobUpdated: ageDays,
      criteriaAssetRegex: assetRegex,
      criteriaReleaseType: releaseType,
    };
    super(cleanupPolicy, name, fields, opts);
  }
}

type Criterion = keyof typeof CRITERIA;

function givenCriteria(want: Fields): Criterion[] {
  return (Object.keys(CRITERIA) as Criterion[]).filter(
    (field) => want[field] !== undefined && want[field] !== null,
  );
}

const RETAINING =
  "How many versions to keep (retain, sortBy) can be said only for some formats and in some editions: " +
  "Sonatype's documentation names Nexus Pro, and maven2 and docker.";

/** A server without a list of criteria answers an empty 400 to one that it doesn't have. */
function explain(error: unknown, { retain }: Fields): never {
  const isAboutIt = error instanceof NexusFailure && error.status === 400;
  if (!isAboutIt || retain === undefined || retain === null) throw error;
  throw new Error(`${error.message}. ${RETAINING}`, { cause: error });
}

async function collection(call: Call): Promise<string> {
  const facts = await call.facts();
  return facts.offers("GET", "/v1/cleanup-policies") ? "/v1/cleanup-policies" : "/internal/cleanup-policies";
}

async function insist(call: Call, want: Fields): Promise<void> {
  const reason = await complaint(call, want);
  if (reason) throw new Error(reason);
}

/** What the server's list of formats and their criteria has against the policy. */
async function complaint(call: Call, want: Fields): Promise<string | undefined> {
  const answer = await call("GET", "/internal/cleanup-policies/criteria/formats", [200, 403, 404]);
  if (answer.status !== 200 || want.format === UNKNOWN) return undefined;
  const formats = answer.body as { readonly id: string; readonly availableCriteria: readonly string[] }[];
  const format = formats.find(({ id }) => id === want.format);
  const who = `The cleanup policy "${want.name}"`;
  if (!format) {
    const known = formats.map(({ id }) => id).join(", ");
    return `${who} is for the format "${want.format}", which this Nexus does not have; it has ${known}.`;
  }
  const args = (ids: readonly string[]) =>
    Object.values(CRITERIA)
      .filter(({ id }) => ids.includes(id))
      .map(({ arg }) => arg)
      .join(", ");
  const wrong = givenCriteria(want)
    .map((field) => CRITERIA[field].id)
    .filter((id) => !format.availableCriteria.includes(id));
  if (wrong.length === 0) return undefined;
  const about = wrong.includes("retain") ? ` ${RETAINING}` : "";
  return `${who} can't use ${args(wrong)}: for the format "${format.id}" Nexus takes ${args(format.availableCriteria)}.${about}`;
}
