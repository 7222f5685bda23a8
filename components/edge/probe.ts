import { isIP } from "node:net";
import { connect } from "node:tls";
import { tlsFailure, trusting } from "../tls-trust";

/** Milliseconds for one look. */
const PATIENCE_MS = 5000;

/** What keeps a client from speaking TLS with it, and what to do about that; undefined where nothing does. */
export function tlsProblem(
  { host, port }: { readonly host: string; readonly port: number },
  ca: string | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Of an address clients send no name (RFC 6066, 3).
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, ...name, ...trusting(ca) });
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
