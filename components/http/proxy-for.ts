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
function parseProxy(variable: string, text: string): HttpProxy {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const isOther = url !== undefined && !/^https?:$/.test(url.protocol);
  if (url === undefined || isOther || url.hostname === "")
    throw new InvalidProxy(
      `${variable}: expected the address of a proxy, http://host:port or https://host:port, got ${isOther ? `one of ${url.protocol}//` : "something else"}. Correct it, or name the hosts that need no proxy in NO_PROXY`,
    );
  const login = url.username === "" ? undefined : `${decoded(url.username)}:${decoded(url.password)}`;
  return {
    address: new URL(url.origin),
    authorization: login && `Basic ${Buffer.from(login).toString("base64")}`,
    variable,
  };
}

/** A percent sign that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}
