import { readFileSync } from "node:fs";
import type { SecureContext } from "node:tls";

const contexts = new Map<string, SecureContext>();

/**
 * Options of a TLS connection that trusts these authorities (PEM) besides those that Node trusts anyway, its own and the
 * ones in NODE_EXTRA_CA_CERTS; none where there is nothing to add.
 */
export function trusting(ca: string | undefined): { secureContext?: SecureContext } {
  if (!ca) return {};
  const known = contexts.get(ca);
  if (known) return { secureContext: known };
  // Loaded where it is needed: it is a third of what a short copy loads.
  const { createSecureContext, rootCertificates }: typeof import("node:tls") = require("node:tls");
  const secureContext = createSecureContext({ ca: [...rootCertificates, ...extraCertificates(), ca] });
  contexts.set(ca, secureContext);
  return { secureContext };
}

/** Node adds them only where it makes up the list itself, and warns where there is no such file. */
function extraCertificates(): string[] {
  const { NODE_EXTRA_CA_CERTS: file } = process.env;
  if (!file) return [];
  try {
    return [readFileSync(file, "utf8")];
  } catch {
    return []; // Node has said so already
  }
}

/** Why a TLS connection did not come about, and what to do about it. */
export interface TlsFailure {
  readonly reason: string;
  readonly cure: string;
}

/** Taken apart by Node's code for it; undefined where it is something else than TLS. */
export function tlsFailure(error: NodeJS.ErrnoException): TlsFailure | undefined {
  const { code = "", message } = error;
  if (code === "CERT_HAS_EXPIRED")
    return {
      reason: `its certificate has expired (${code})`,
      cure: `renew it; today is ${today()} on this machine`,
    };
  if (code === "CERT_NOT_YET_VALID")
    return {
      reason: `its certificate is not valid yet (${code})`,
      cure: `set the clock: today is ${today()} on this machine`,
    };
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return {
      reason: `its certificate is not for that name but for ${namesIn(error)} (${code})`,
      cure: "name it as in its certificate, or have this name put in there",
    };
  if (/^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code))
    return {
      reason: `its certificate is of an authority that is not trusted (${message}, ${code})`,
      cure: "the environment's NODE_EXTRA_CA_CERTS can name a file with its CA",
    };
  if (/alert (internal error|unrecognized name|handshake failure)|ALERT_INTERNAL_ERROR/i.test(message))
    return {
      reason: `it has no certificate for that name (${code})`,
      cure: "is that the host name in its settings? A certificate that it asks for by ACME can take a minute",
    };
  if (code === "EPROTO" || code === "ERR_SSL_WRONG_VERSION_NUMBER")
    return { reason: `it does not speak TLS (${code})`, cure: "is it http, not https?" };
  return undefined;
}

/** Node adds the certificate to that error. */
function namesIn(error: Error & { readonly cert?: { readonly subjectaltname?: string } }): string {
  return error.cert?.subjectaltname ?? "none";
}

const today = () => new Date().toISOString().slice(0, 10);
