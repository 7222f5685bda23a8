import { type Fields, listIn, objectIn } from "../../components/nexus/rest/answer-shape";
import type { Call } from "../../components/nexus/rest/call";
import { bytesText } from "../../components/values/bytes-text";
import { isJsonObject } from "../../components/values/json-object";
import { textTable } from "../terminal/text-table";

/** How full a blob store is, in bytes. */
export interface StoreSpace {
  readonly name: string;
  /** In Nexus's own words: `File`, `S3`. */
  readonly type: string;
  readonly blobs: number;
  readonly used: number;
  /** On its disk; undefined where it is on none. */
  readonly free?: number;
  readonly quota?: StoreQuota;
}

/** A soft quota: Nexus warns of it and refuses nothing. */
export interface StoreQuota {
  /** At most so much is used, or so much stays free. */
  readonly kind: "used" | "free";
  readonly limit: number;
  /** What Nexus says where it is exceeded. */
  readonly exceeded?: string;
}

/** Every blob store of a Nexus with its size. @throws NexusFailure where Nexus can't be asked, or the login isn't an administrator's */
export async function blobStoreSpace(call: Call): Promise<StoreSpace[]> {
  const stores = listIn(await call("GET", "/v1/blobstores", [200]));
  return Promise.all(stores.map((store) => spaceOf(call, store)));
}

async function spaceOf(call: Call, store: Fields): Promise<StoreSpace> {
  const { name, type, blobCount, totalSizeInBytes: used, availableSpaceInBytes: free } = store;
  const quota = await quotaOf(call, String(name), store["softQuota"]);
  return {
    name: String(name),
    type: String(type),
    blobs: Number(blobCount),
    used: Number(used),
    // Of a bucket Nexus says as much as a number can hold.
    ...(type === "File" && typeof free === "number" && { free }),
    ...(quota && { quota }),
  };
}

async function quotaOf(call: Call, name: string, softQuota: unknown): Promise<StoreQuota | undefined> {
  if (!isJsonObject(softQuota)) return undefined;
  const path = `/v1/blobstores/${encodeURIComponent(name)}/quota-status`;
  const { isViolation, message } = objectIn(await call("GET", path, [200]));
  return {
    kind: softQuota["type"] === "spaceRemainingQuota" ? "free" : "used",
    limit: Number(softQuota["limit"]),
    ...(isViolation === true && { exceeded: String(message) }),
  };
}

const HEAD = ["BLOB STORE", "TYPE", "BLOBS", "USED", "FREE", "QUOTA"];

/** A table for people. */
export function spaceText(stores: readonly StoreSpace[]): string {
  const rows = stores.map(({ name, type, blobs, used, free, quota }) => [
    name,
    type,
    String(blobs),
    bytesText(used),
    free === undefined ? "" : bytesText(free),
    quota === undefined ? "" : quotaText(quota),
  ]);
  return textTable(HEAD, rows);
}

function quotaText({ kind, limit, exceeded }: StoreQuota): string {
  const wish = kind === "free" ? `${bytesText(limit)} free` : `${bytesText(limit)} at most`;
  return exceeded === undefined ? wish : `${wish}: EXCEEDED`;
}
