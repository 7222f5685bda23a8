import { isIP, type Socket } from "node:net";
import { ProxyFailure } from "./proxy-failure";
import type { HttpProxy } from "./proxy-for";
import { trusting } from "./tls-trust";

export interface TunnelArgs {
  readonly proxy: HttpProxy;
  /** Where it is to lead. */
  readonly target: URL;
  /** PEM of authorities to trust besides those that Node trusts anyway, for a proxy that speaks TLS itself. */
  readonly ca?: string | undefined;
  /** Milliseconds. */
  readonly timeLimit: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A connection to a host through a proxy (CONNECT: RFC 9110, 9.3.6), for TLS to be spoken on it.
 * @throws ProxyFailure
 */
export function openTunnel({ proxy, target, ca, timeLimit, signal }: TunnelArgs): Promise<Socket> {
  const { address, authorization } = proxy;
  const host = `${target.hostname}:${target.port || (target.protocol === "https:" ? "443" : "80")}`;
  const fail = (what: { status?: number | undefined; cause?: NodeJS.ErrnoException }) =>
    new ProxyFailure({ proxy, host, ...what });
  // Loaded where it is needed: most connections are direct.
  const { request }: Pick<typeof import("node:http"), "request"> =
    address.protocol === "https:" ? require("node:https") : require("node:http");
  return new Promise((resolve, reject) => {
    const headers = { host, ...(authorization && { "proxy-authorization": authorization }) };
    const at = address.hostname.replace(/^\[|\]$/g, "");
    // Else Node proves the proxy's certificate by the name in the header Host, which is the target's.
    const tls = { servername: isIP(at) === 0 ? at : "", ...trusting(ca) };
    const options = { method: "CONNECT", path: host, headers, agent: false, signal, ...tls };
    const asked = request(address, options);
    const late = Object.assign(new Error(`no answer in ${timeLimit / 1000} s`), { code: "ETIMEDOUT" });
    const timer = setTimeout(() => asked.destroy(late), timeLimit);
    asked.once("connect", ({ statusCode: status = 0 }, socket, head) => {
      clearTimeout(timer);
      if (status < 200 || status > 299) {
        socket.destroy();
        reject(fail({ status }));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    asked.once("error", (cause) => {
      clearTimeout(timer);
      reject(fail({ cause }));
    });
    asked.end();
  });
}
