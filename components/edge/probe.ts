import { isIP, type Socket } from "node:net";
import { connect } from "node:tls";
import { openTunnel } from "../http/open-tunnel";
import { proxyFor } from "../http/proxy-for";
import { tlsFailure, trusting } from "../http/tls-trust";
import { messageOf } from "../values/error-facts";

/** Milliseconds for one look. */
const PATIENCE_MS = 5000;

interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * What keeps a client from speaking TLS with it, by the way of the proxy that the environment names, and what to do about that;
 * undefined where nothing does.
 */
export async function tlsProblem(place: Place, ca: string | undefined): Promise<string | undefined> {
  const target = new URL(`https://${isIP(place.host) === 6 ? `[${place.host}]` : place.host}:${place.port}`);
  const proxy = proxyFor(target);
  if (proxy === undefined) return problemOf(place, ca);
  try {
    return await problemOf(place, ca, await openTunnel({ proxy, target, ca, timeLimit: PATIENCE_MS }));
  } catch (error) {
    return messageOf(error);
  }
}

function problemOf({ host, port }: Place, ca: string | undefined, through?: Socket) {
  return new Promise<string | undefined>((resolve) => {
    // Of an address clients send no name (RFC 6066, 3).
    const name = isIP(host) === 0 ? { servername: host } : {};
    const way = through && { socket: through };
    const socket = connect({ host, port, ...way, ...name, ...trusting(ca) });
    const end = (problem?: string) => {
      socket.destroy();
      resolve(problem && `https://${host}:${port}: ${problem}`);
    };
    socket.setTimeout(PATIENCE_MS, () => end(`no answer within ${PATIENCE_MS / 1000} s`));
    socket.once("secureConnect", () => end());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const tls = tlsFailure(error);
      end(tls ? `${tls.reason}; ${tls.cure}` : error.message || String(error.code));
    });
  });
}
