import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

export interface GivenCertificate {
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
  readonly ca?: string | undefined;
}

export interface CertificateProblem {
  readonly file: keyof GivenCertificate;
  readonly message: string;
}

/** What is wrong with given files: better told before anything is changed than by every client after it. */
export function certificateProblem(
  given: GivenCertificate,
  hosts: readonly string[],
  now = new Date(),
): CertificateProblem | undefined {
  const [certificate, ca] = [given.certificate, given.ca].map((pem) =>
    pem ? certificateOf(pem) : undefined,
  );
  if (!certificate) return { file: "certificate", message: "holds no certificate in PEM" };
  if (given.ca !== undefined && !ca) return { file: "ca", message: "holds no certificate in PEM" };
  const mismatch = keyProblem(given.key, certificate);
  if (mismatch) return { file: "key", message: mismatch };
  const problem = (message: string): CertificateProblem => ({ file: "certificate", message });
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  if (to < now) return problem(`expired on ${day(to)}: renew it`);
  if (from > now) return problem(`is not valid before ${day(from)}`);
  const missing = hosts.find((host) => !covers(certificate, host));
  if (missing === undefined) return undefined;
  const names = certificate.subjectAltName ?? "no name at all";
  return problem(`is not for ${missing} but for ${names}: have it put in there, or name the host as there`);
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined; // the caller says so, and which file
  }
}

/** Never with a part of the key. */
function keyProblem(key: string, certificate: X509Certificate): string | undefined {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key))
      ? undefined
      : "is not the key of the certificate";
  } catch {
    return "holds no private key in PEM that can be read without a passphrase";
  }
}

function covers(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined;
}

const day = (date: Date) => date.toISOString().slice(0, 10);
