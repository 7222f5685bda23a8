import { get } from "node:https";
import type { LookupFunction } from "node:net";
import type { TLSSocket } from "node:tls";

export interface SecureAnswer {
  readonly body: string;
  /** Of the certificate, and the names in it: `DNS:shop.test`. */
  readonly serial: string;
  readonly names: string;
}

/**
 * GET / over TLS; every name leads to this machine.
 * @param place host:port
 * @throws Error where the certificate isn't trusted or isn't for that name, or the status isn't 200
 */
export function secureGet(
  place: string,
  ca: string,
  headers: Record<string, string> = {},
): Promise<SecureAnswer> {
  const lookup: LookupFunction = (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]);
  return new Promise((resolve, reject) => {
    get(`https://${place}/`, { ca, lookup, headers, agent: false }, async (answer) => {
      const { serialNumber: serial, subjectaltname: names = "" } = (
        answer.socket as TLSSocket
      ).getPeerCertificate();
      let body = "";
      for await (const chunk of answer) body += String(chunk);
      if (answer.statusCode !== 200) reject(new Error(`${answer.statusCode} ${body}`));
      else resolve({ body, serial, names });
    }).once("error", reject);
  });
}
