import type { Fields } from "../../components/nexus/object/kind";
import { Notes, partOf, secretCommand, some, type Translation, unsayable, without } from "./translation";

/** Nexus's own word for a type, as GET /v1/blobstores lists it → the settings', which is also that of its path. */
export const STORE_TYPES: { readonly [type: string]: "file" | "s3" } = { File: "file", S3: "s3" };

/** As components/settings/nexus/nexus-settings.ts has them. */
const S3_DEFAULTS = { region: "DEFAULT", expirationDays: 3 };
const MEGABYTE = 1e6;

/** A blob store: its entry of GET /v1/blobstores with what GET /v1/blobstores/<type>/<name> tells besides. */
export function translateBlobStore(body: Fields): Translation {
  const key = String(body["name"]);
  const type = STORE_TYPES[String(body["type"])];
  if (!type)
    return unsayable("blobStores", key, `it is of type ${body["type"]}; they have file and s3 blob stores`);
  const notes = new Notes();
  const words = type === "file" ? ofFile(key, body) : ofS3(key, body, notes);
  const settings = { type, ...words, ...quotaOf(partOf(body, "softQuota"), notes) };
  return { part: "blobStores", key, settings, ...notes };
}

function ofFile(key: string, { path }: Fields): Fields {
  return path === key ? {} : { path };
}

function ofS3(key: string, body: Fields, notes: Notes): Fields {
  const configuration = partOf(body, "bucketConfiguration");
  const { name: bucket, region, prefix, expiration: expirationDays } = partOf(configuration, "bucket");
  const { accessKeyId } = partOf(configuration, "bucketSecurity");
  const connection = partOf(configuration, "advancedBucketConnection");
  if (accessKeyId) {
    const command = secretCommand("blobStores", key, "secretAccessKey");
    notes.remarks.push(
      `Nexus doesn't tell its secret access key: before anything of it changes, run ${command}`,
    );
  }
  const endpoint = String(connection["endpoint"] ?? "").replace(/\/+$/, "");
  return {
    bucket,
    ...without(S3_DEFAULTS, { region, expirationDays }),
    ...some({ prefix, accessKeyId, endpoint }),
    ...(connection["forcePathStyle"] === true && { forcePathStyle: true }),
  };
}

/** A quota that isn't in the settings is left as it is. */
function quotaOf({ type, limit }: Fields, notes: Notes): Fields {
  if (type === undefined || typeof limit !== "number") return {};
  const megabytes = limit / MEGABYTE;
  if (Number.isInteger(megabytes) && megabytes >= 1) return { quota: { type, megabytes } };
  notes.remarks.push(
    `its quota of ${limit} bytes stays as Nexus has it: settings count in whole megabytes of a million bytes`,
  );
  return {};
}
