import { isIP } from "node:net";
import { z } from "zod";
import { isDockerAddress } from "../docker/docker-address";
import { parseReference } from "../registry/reference";
import { objectOf } from "../values/json-object";

/** The building blocks of settings: each says what it expected and what it got. */

export const expected = (what: string) => ({
  error: (issue: { input?: unknown }) => expectation(what, issue.input),
});

export function expectation(what: string, input: unknown): string {
  const got = input === undefined || input === null ? "nothing" : JSON.stringify(input);
  // An address may have a login in it.
  return `expected ${what}, got ${got.replace(/(:\/\/[^\s:/@]*):[^\s/]*@/g, "$1:***@")}`;
}

export const recordOf = <T extends z.ZodType>(value: T, what: string, key: z.ZodString = objectName()) =>
  z.record(key, value, {
    error: (issue) =>
      issue.code === "invalid_key" ? undefined : expectation(`${what} by name`, issue.input as unknown),
  });

/** For what makes no sense here. @param message why, and what to do */
export const absent = (message: string) => z.undefined({ error: message }).optional();

export const matching = (pattern: RegExp, what: string) =>
  z.string(expected(what)).regex(pattern, expected(what));
/** @param pattern for editors: a rough one, which lets through all that is valid */
export const checked = (isValid: (text: string) => boolean, what: string, pattern: string) =>
  z.string(expected(what)).refine(isValid, expected(what)).meta({ pattern });
export const text = (what: string) => z.string(expected(what)).min(1, expected(what));
export const flag = () => z.boolean(expected("true or false"));
export const whole = (least: number, what: string) => z.int(expected(what)).min(least, expected(what));
/** @param what with its limits: `retries, 0 to 10` */
export const within = (least: number, most: number, what: string) =>
  whole(least, what).max(most, expected(what));
export const seconds = () => whole(1, "seconds, a whole number above 0");
export const megabytes = (least: number) => whole(least, `megabytes, at least ${least}`);
export const port = () =>
  z.int(expected("a port 1–65535")).min(1, expected("a port 1–65535")).max(65535, expected("a port 1–65535"));
export const listOf = <T extends z.ZodType>(item: T, what: string) => z.array(item, expected(what));
/** As a container has them. */
export const variables = () => z.record(z.string(), z.string(expected("a text")), expected("texts by name"));
export const oneOf = <const T extends readonly string[]>(...values: T) =>
  z.enum(
    values,
    expected(values.length === 1 ? values[0]! : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`),
  );

/** A part of an address, which is put together elsewhere: `http://` and a port in it would stand there twice. */
export const hostName = () => {
  const error = ({ input }: { input?: unknown }) =>
    expectation(isIP(String(input)) === 6 ? `${HOST}, of IPv6 in brackets` : HOST, input);
  return z.string({ error }).refine(isHostName, { error }).meta({ pattern: HOST_PATTERN });
};
const HOST_PATTERN = "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_.-]+)$";
const HOST = "a host name or address, without http:// and without a port";

function isHostName(given: string): boolean {
  const [, inBrackets] = /^\[(.*)\]$/.exec(given) ?? [];
  if (inBrackets !== undefined) return isIP(inBrackets) === 6;
  if (/^\d+(\.\d+){3}$/.test(given)) return isIP(given) === 4;
  return given.split(".").every((label) => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label));
}

export const ipAddress = () => checked((given) => isIP(given) !== 0, "an IP address", "^[0-9A-Fa-f:.]+$");
export const mailAddress = () => matching(/^[^@\s]+@[^@\s]+$/, "a mail address");
/** With or without a registry in front. */
export const imageName = (what: string) =>
  z
    .string(expected(what))
    .refine((text) => isImage(text) || isImage(`registry.invalid/${text}`), expected(what))
    .meta({ pattern: "^[^\\s/]\\S*$" });

function isImage(text: string): boolean {
  try {
    return parseReference(text) !== undefined;
  } catch {
    return false;
  }
}

export const dockerAddress = () =>
  checked(isDockerAddress, "unix:///path, tcp://host:port or ssh://user@host", "^(unix|tcp|ssh)://\\S+$");
/** An IP address, or a range of them as a CIDR. */
export const addressRange = () => checked(isAddressRange, RANGE, "^[0-9A-Fa-f:.]+(/\\d{1,3})?$");
const RANGE = "an address or a CIDR like 10.0.0.0/8";

function isAddressRange(given: string): boolean {
  const [address = "", bits, ...more] = given.split("/");
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    most > 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
}

/** Without the slashes that it may end with: paths are put behind it. */
export const url = () => {
  const error = ({ input }: { input?: unknown }) =>
    expectation(
      `an address like https://example.com${/[@?#]/.test(String(input)) ? ", without login, ? and #" : ""}`,
      input,
    );
  return z
    .string({ error })
    .refine(isWebAddress, { error })
    .meta({ pattern: WEB_ADDRESS.source })
    .transform((address) => address.replace(/\/+$/, ""));
};

const WEB_ADDRESS = /^https?:\/\/[^\s/]\S*$/;

function isWebAddress(given: string): boolean {
  if (!WEB_ADDRESS.test(given) || !URL.canParse(given)) return false;
  const { username, password } = new URL(given);
  return username === "" && password === "" && !/[?#]/.test(given);
}

export const name = () =>
  matching(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "a name of lower-case letters, digits and dashes");
/** A stack, with its organisation and project where they aren't those of the one that names it (pulumi/sdk/go/common/tokens). */
export const stackReference = () =>
  matching(/^([\w.-]+\/){0,2}[\w.-]+$/, "a stack like dev, or organisation/project/dev");
/** As Nexus takes names: the pattern in Sonatype's description of its API (test/data/nexus-openapi-3.94.json). */
export const objectName = () =>
  matching(/^[a-zA-Z0-9-][a-zA-Z0-9_.-]*$/, "a name of letters, digits, dashes, dots and underscores");
export const digest = () => matching(/^sha256:[0-9a-f]{64}$/, "a digest sha256:<64 hex digits>");

/** The fields that secrets belong in. */
export const secretFields = new WeakSet<z.core.$ZodType>();

/** Whether secrets belong there: in one of those fields, or in what `describe` has made of one. */
export function holdsSecret(schema: z.core.$ZodType): boolean {
  const { parent } = schema._zod;
  return secretFields.has(schema) || (parent !== undefined && holdsSecret(parent));
}

const shapes = new WeakMap<z.core.$ZodType, z.core.$ZodType>();

/** A schema that begins with a function can't tell what may be written there: this is it. For editors and the reference. */
export function writtenAs<T extends z.core.$ZodType>(shape: z.core.$ZodType, schema: T): T {
  shapes.set(schema, shape);
  return schema;
}

export function writtenShape(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const { parent } = schema._zod;
  return shapes.get(schema) ?? (parent && writtenShape(parent));
}

/** One is the usual case. @param what one, or a list of them */
export const oneOrMore = <T extends z.ZodType>(item: T, what: string, least: string) => {
  const list = listOf(item, what).min(1, expected(least));
  const schema = z.preprocess((given) => (typeof given === "string" ? [given] : given), list);
  return writtenAs(z.union([item, list]), schema);
};

/** A value that no message repeats, whatever it is. `path` is where to set it. */
export const secret = (what: string, path: string) => {
  const error = () => `expected ${what} (pulumi config set --secret --path 'berth:${path}')`;
  const field = z.string({ error }).min(1, { error });
  secretFields.add(field);
  return field;
};

/** Names of objects in Nexus. @param what they name: `repositories` */
export const names = (what: string) => listOf(objectName(), `a list of ${what}`);

/** For a union that `type` decides. @param what its types: `file or s3` */
export const unionOf = (what: string) => ({
  error: (issue: { code?: string; input?: unknown }) =>
    issue.code === "invalid_union"
      ? expectation(what, objectOf(issue.input)["type"])
      : expectation("settings by name", issue.input),
});
