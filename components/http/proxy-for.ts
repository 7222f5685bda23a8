import { isThisMachine, NoProxy } from "./no-proxy";

/** A proxy that the environment names. */
export interface HttpProxy {
  /** Without its login. */
  readonly address: URL;
  /** What it wants as Proxy-Authorization. Secret. */
  readonly authorization?: string | undefined;
  /** The variable that names it. */
  readonly variable: string;
}

/** A variable that names no proxy that can be used; a mistake in the settings (exit code 2). Never holds its value. */
export class InvalidProxy extends Error {
  override name = "InvalidProxy";
}

/** By scheme of the address to reach, in the order in which Go's programs read them; curl knows the small ones alone. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  "https:": ["HTTPS_PROXY", "https_proxy"],
  "http:": ["HTTP_PROXY", "http_proxy"],
};
const EXCEPTIONS = ["NO_PROXY", "no_proxy"];

/** Both are the same for each of thousands of requests. */
const proxies = new Map<string, HttpProxy>();
const exceptions = new Map<string, NoProxy>();

/**
 * The proxy on the way to an address; undefined where the way is direct, as to this machine it always is.
 * @throws InvalidProxy
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv = process.env): HttpProxy | undefined {
  const variable = VARIABLES[url.protocol]?.find((name) => env[name]);
  if (variable === undefined || isThisMachine(url.hostname)) return undefined;
  const excepted = EXCEPTIONS.map((name) => env[name]).find(Boolean) ?? "";
  if (remembered(exceptions, excepted, () => new NoProxy(excepted)).covers(url)) return undefined;
  const text = env[variable] ?? "";
  return remembered(proxies, `${variable} ${text}`, () => parseProxy(variable, text));
}

/** `http://user:password@proxy.example.com:3128`; without a scheme http is meant. */
function parseProxy(variable: string, given: string): HttpProxy {
  const text = given.trim();
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const isOther = url !== undefined && !/^https?:$/.test(url.protocol);
  // "/", "?", "#" and "\" end an address's host: with a login after them, what stands before is no host but half a login.
  const isCut = /^[^/]*:\/\/[^/?#\\]*[/?#\\].*@/s.test(whole);
  if (url === undefined || isOther || isCut || url.hostname === "" || /["']/.test(url.hostname)) {
    const got = isOther ? `one of ${url.protocol}//` : "something else";
    const login = whole.includes("@")
      ? `. Special characters of its user and password have to be percent-encoded ("/" is %2F, "#" %23, "?" %3F, "\\" %5C, "%" %25)`
      : "";
    throw new InvalidProxy(
      `${variable}: expected the address of a proxy, http://host:port or https://host:port, got ${got}${login}. Correct it, or name the hosts that need no proxy in NO_PROXY`,
    );
  }
  const { username, password } = url;
  const login = Buffer.concat([bytesOf(username), Buffer.from(":"), bytesOf(password)]);
  return {
    address: new URL(url.origin),
    authorization: username + password === "" ? undefined : `Basic ${login.toString("base64")}`,
    variable,
  };
}

/** Of a part of a login, which may be encoded in another way than UTF-8; a percent sign that encodes nothing stands for itself. */
function bytesOf(text: string): Buffer {
  const parts = text.split(/(%[0-9a-f]{2})/i);
  return Buffer.concat(
    parts.map((part, i) => (i % 2 === 1 ? Buffer.from(part.slice(1), "hex") : Buffer.from(part))),
  );
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}
