import type Docker from "dockerode";
import { getFiles } from "../idle-container";

/** Where a container finds its secrets, one file each. */
export const SECRETS_FOLDER = "/run/secrets";

/** Shorter ones aren't looked for: a text without every "1" tells nothing any more. */
const SHORTEST = 4;
/** A line of a secret of many lines, such as a key, is hidden by itself from this length on. */
const SHORTEST_LINE = 8;

/** The values of a container's secret files; undefined where they can't be read, so that nobody shows what may hold them. */
export async function secretsIn(container: Docker.Container): Promise<string[] | undefined> {
  try {
    const files = await getFiles(container, SECRETS_FOLDER);
    return [...(files?.values() ?? [])].map(String);
  } catch {
    return undefined;
  }
}

/** The text without those secrets, also as they look in JSON, in addresses and in Base64. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const forms = new Set(secrets.flatMap((secret) => [...wholeForms(secret), ...lineForms(secret)]));
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, form) => rest.replaceAll(form, "[secret]"), text);
}

function wholeForms(secret: string): string[] {
  const bare = secret.trim();
  if (bare.length < SHORTEST) return [];
  const base64 = [secret, bare].map((text) => Buffer.from(text).toString("base64"));
  return [bare, JSON.stringify(bare).slice(1, -1), encodeURIComponent(bare), ...base64];
}

function lineForms(secret: string): string[] {
  return secret
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE);
}
