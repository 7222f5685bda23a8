import { isIP } from "node:net";
import { isPrivateAddress } from "../../components/http/private-address";
import { isJsonObject } from "../../components/values/json-object";
import { knownSecrets } from "../terminal/known-secrets";
import type { StackReport } from "./stack-report";

/** Fields that hold nothing but an address. */
const ADDRESSES = ["docker", "image", "ports", "address", "repository"];
/** Fields with a name that may look like an address: `10.0.0.1` as a version. */
const NAMES = ["stack", "project", "app", "service", "where", "tag", "digest", "commit", "who", "was"];
const MARK = "[address]";

const URL_LIKE = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'`<>()]+/gi;
const IP_LIKE =
  /(?<![\w.])\[?(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})\]?(?::\d{1,5})?(?![\w.])/gi;

/**
 * The report without secrets, and without hosts, ports and addresses, also those that an error names. Of a pipeline its number stays.
 * @param hosts names that the settings have for hosts, which no pattern would find; undefined: addresses stay
 */
export function forReaders(report: StackReport, hosts: readonly string[] | undefined): StackReport {
  const safe = knownSecrets.scrubbed(report);
  if (hosts === undefined) return safe;
  const known = [...new Set(hosts)].filter(Boolean).sort((a, b) => b.length - a.length);
  return walked(safe, (text, field) =>
    field === "pipeline" ? pipelineNumber(text) : withoutAddresses(text, field, known),
  ) as StackReport;
}

/** @param change of every text, with the field that it is in */
function walked(value: unknown, change: (text: string, field: string) => string, field = ""): unknown {
  if (typeof value === "string") return change(value, field);
  if (Array.isArray(value)) return value.map((one) => walked(one, change, field));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([name]) => !ADDRESSES.includes(name));
  return Object.fromEntries(entries.map(([name, inner]) => [name, walked(inner, change, name)]));
}

function withoutAddresses(text: string, key: string, hosts: readonly string[]): string {
  if (NAMES.includes(key)) return text;
  const plain = text.replace(URL_LIKE, MARK).replace(IP_LIKE, (one) => (isInternal(one) ? MARK : one));
  return hosts.reduce((so, host) => so.replaceAll(wholeName(host), MARK), plain);
}

/** A time, `10:05:59`, has colons too. */
function isInternal(found: string): boolean {
  const address = found.replace(/^\[|\](:\d+)?$/g, "").replace(/^((?:\d+\.){3}\d+):\d+$/, "$1");
  return isIP(address) !== 0 && (isPrivateAddress(address) || found !== address);
}

function wholeName(host: string): RegExp {
  const text = host.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])${text}(?::\\d{1,5})?(?![\\w-])`, "gi");
}

/** `#123` of `https://gitlab.example.com/team/blog/-/pipelines/123`. */
export function pipelineNumber(address: string): string {
  const [, number] = /\/pipelines\/(\d+)\/?$/.exec(address) ?? [];
  return number === undefined ? MARK : `#${number}`;
}
