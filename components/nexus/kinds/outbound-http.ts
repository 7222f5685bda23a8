import * as pulumi from "@pulumi/pulumi";
import type { Fields, Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import type { Call } from "../rest/call";
import { uiCall } from "../rest/ui-api";

export interface OutboundProxy {
  /** Name or address, without a scheme. */
  readonly host: pulumi.Input<string>;
  readonly port: pulumi.Input<number>;
  readonly username?: pulumi.Input<string>;
  /** Secret. Never told by Nexus and sent again with every change. */
  readonly password?: pulumi.Input<string>;
}

export interface OutboundHttpArgs extends NexusObjectArgs {
  /** Added to the User-Agent of Nexus's own requests. */
  readonly userAgent?: pulumi.Input<string>;
  /** 1 to 3600. */
  readonly timeoutSeconds?: pulumi.Input<number>;
  /** 0 to 10. */
  readonly retries?: pulumi.Input<number>;
  readonly httpProxy?: OutboundProxy;
  readonly httpsProxy?: OutboundProxy;
  /** Hosts that are reached directly: `*.corp.example`. Only beside a proxy. */
  readonly nonProxyHosts?: pulumi.Input<pulumi.Input<string>[]>;
}

interface AuthSettings {
  readonly enabled?: boolean | null;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly ntlmHost?: string | null;
  readonly ntlmDomain?: string | null;
}

interface ProxySettings {
  readonly enabled?: boolean | null;
  readonly host?: string | null;
  /** Text, though a number. */
  readonly port?: string | null;
  readonly authInfo?: AuthSettings | null;
}

/** `HttpSettingsXo` of the newer servers' REST API, which is also our shape; the UI's of 3.71 is flat. */
interface HttpSettings {
  readonly userAgent?: string | null;
  readonly timeout?: number | null;
  readonly retries?: number | null;
  readonly httpProxy?: ProxySettings | null;
  readonly httpsProxy?: ProxySettings | null;
  readonly nonProxyHosts?: readonly string[] | null;
}

/**
 * How Nexus itself goes out: one set of settings per server. `/v1/http` where the server has it, else the API of Nexus's
 * own UI (3.71). Leaving the program resets all of them to Nexus's defaults. Repositories have to depend on it: one that is
 * changed at the same moment, hosted too, can end up in the state FAILED, which only a restart of Nexus ends (met on 3.71).
 */
export const outboundHttp: Kind = {
  name: "OutboundHttp",
  noun: "outbound HTTP settings",
  id: () => "outbound-http",
  read: async (call) => ({ ...(await settings(call)) }),
  create: (call, want) => change(call, want),
  update: (call, _id, merged) => change(call, merged),
  remove: async (call) => {
    if (await byRest(call)) await call("DELETE", "/v1/http", [204]);
    else await uiCall(call, "coreui_HttpSettings", "update", [{}], { repeatable: true });
  },
  fixed: [],
  single: true,
  unordered: ["nonProxyHosts"],
  writeOnly: ["password"],
  refusal: (_facts, want) => complaint(want),
};

/** How Nexus itself goes out: proxies, time limits; a Nexus has this setting once. */
export class OutboundHttp extends NexusObject {
  constructor(name: string, args: OutboundHttpArgs, opts?: pulumi.CustomResourceOptions) {
    const { timeoutSeconds, httpProxy, httpsProxy, ...same } = args;
    const fields = {
      ...same,
      timeout: timeoutSeconds,
      httpProxy: httpProxy && proxyFields(httpProxy),
      httpsProxy: httpsProxy && proxyFields(httpsProxy),
    };
    super(outboundHttp, name, fields, opts);
  }
}

function proxyFields({ host, port, username, password }: OutboundProxy): object {
  return {
    enabled: true,
    host,
    port: pulumi.output(port).apply(String),
    ...(username !== undefined && { authInfo: { enabled: true, username, password } }),
  };
}

function complaint(want: Fields): string | undefined {
  const { timeout, retries, nonProxyHosts, httpProxy, httpsProxy } = want as HttpSettings;
  const outside = (value: unknown, from: number, to: number) =>
    typeof value === "number" && (value < from || value > to);
  if (outside(timeout, 1, 3600))
    return `The outbound HTTP settings take a timeoutSeconds from 1 to 3600, not ${timeout}.`;
  if (outside(retries, 0, 10)) return `The outbound HTTP settings take retries from 0 to 10, not ${retries}.`;
  if (nonProxyHosts && !httpProxy && !httpsProxy)
    return "nonProxyHosts of the outbound HTTP settings says what a proxy is not for: give httpProxy or httpsProxy with it.";
  return undefined;
}

async function byRest(call: Call): Promise<boolean> {
  return (await call.facts()).offers("PUT", "/v1/http");
}

async function settings(call: Call): Promise<HttpSettings> {
  if (await byRest(call)) {
    const told = (await call("GET", "/v1/http", [200])).body as HttpSettings;
    return { ...told, httpProxy: textPort(told.httpProxy), httpsProxy: textPort(told.httpsProxy) };
  }
  const flat = (await uiCall(call, "coreui_HttpSettings", "read", null, { repeatable: true })) as Fields;
  return fromUi(flat);
}

/** Some versions tell a number. */
function textPort(proxy: ProxySettings | null | undefined): ProxySettings | null | undefined {
  return proxy?.port ? { ...proxy, port: String(proxy.port) } : proxy;
}

async function change(call: Call, want: HttpSettings): Promise<void> {
  if (await byRest(call)) await call("PUT", "/v1/http", [200, 204], forRest(want));
  else await uiCall(call, "coreui_HttpSettings", "update", [forUi(want)], { repeatable: true });
}

/** Nexus's own defaults (Sonatype's documentation of its HTTP settings): 3.94 wants a number for each. */
const TIMEOUT_SECONDS = 30;
const RETRIES = 2;

/** Every part must be there: what is off is sent as off. */
function forRest({
  userAgent,
  timeout,
  retries,
  httpProxy,
  httpsProxy,
  nonProxyHosts,
}: HttpSettings): object {
  const proxy = (given: ProxySettings | null | undefined) => {
    const off = { enabled: false, host: "", port: "" };
    const noAuth = { enabled: false, username: "", password: "", ntlmHost: "", ntlmDomain: "" };
    return { ...off, ...given, authInfo: { ...noAuth, ...given?.authInfo } };
  };
  return {
    userAgent: userAgent ?? "",
    timeout: timeout ?? TIMEOUT_SECONDS,
    retries: retries ?? RETRIES,
    httpProxy: proxy(httpProxy),
    httpsProxy: proxy(httpsProxy),
    nonProxyHosts: nonProxyHosts ?? [],
  };
}

const UI_PROXY = ["http", "https"] as const;

/** `httpHost`, `httpAuthUsername` … → `httpProxy: {host, authInfo: {username}}`. */
function fromUi(flat: Fields): HttpSettings {
  const proxies = UI_PROXY.map((kind) => {
    const field = (name: string) => flat[kind + name];
    const authInfo = {
      enabled: field("AuthEnabled") === true,
      username: field("AuthUsername"),
      password: field("AuthPassword"), // a placeholder, which Nexus takes back as "unchanged"
      ntlmHost: field("AuthNtlmHost"),
      ntlmDomain: field("AuthNtlmDomain"),
    };
    const port = field("Port");
    const proxy = { enabled: field("Enabled") === true, host: field("Host"), authInfo };
    return [`${kind}Proxy`, { ...proxy, port: port === null ? null : String(port) }];
  });
  const { userAgentSuffix: userAgent, timeout, retries, nonProxyHosts } = flat;
  return { userAgent, timeout, retries, nonProxyHosts, ...Object.fromEntries(proxies) } as HttpSettings;
}

function forUi({ userAgent, timeout, retries, nonProxyHosts, ...proxies }: HttpSettings): object {
  const flat = UI_PROXY.flatMap((kind) => {
    const { enabled, host, port, authInfo } = proxies[`${kind}Proxy`] ?? {};
    if (!enabled) return [];
    const auth = authInfo?.enabled ? authInfo : {};
    return Object.entries({
      Enabled: true,
      Host: host,
      Port: Number(port),
      AuthEnabled: authInfo?.enabled ?? false,
      AuthUsername: auth.username,
      AuthPassword: auth.password,
      AuthNtlmHost: auth.ntlmHost,
      AuthNtlmDomain: auth.ntlmDomain,
    }).map(([name, value]) => [kind + name, value]);
  });
  return { userAgentSuffix: userAgent, timeout, retries, nonProxyHosts, ...Object.fromEntries(flat) };
}
