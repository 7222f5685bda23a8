import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "../../base/shape";
import type { Fields, Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";

export interface CertificateArgs extends NexusObjectArgs {
  /** One certificate in PEM, that of an authority or of a server. */
  readonly pem: pulumi.Input<string>;
}

const STORE = "/v1/security/ssl/truststore";

/**
 * A certificate that Nexus's outbound connections trust. Nexus names it by its SHA-1 fingerprint and has no PUT: another
 * certificate is another resource, and both can be trusted while a server changes from one to the other.
 */
export const certificate: Kind = {
  name: "Certificate",
  noun: "trusted certificate",
  id: (want) => String(want.fingerprint),
  read: async (call, id) => {
    const { body } = await call("GET", STORE, [200]);
    const found = (body as { id: string; pem: string }[]).find((entry) => entry.id === id);
    return found && { fingerprint: id, pem: read(found.pem)?.pem ?? found.pem };
  },
  create: (call, want) => call("POST", STORE, [201], String(want.pem)),
  update: async () => undefined, // the fingerprint is that of all of it: there is nothing left to differ
  remove: (call, id) => call("DELETE", `${STORE}/${encodeURIComponent(id)}`, [204, 404]),
  fixed: ["fingerprint"],
  refusal: (_facts, want) => complaint(want),
};

/** The certificate of an authority that Nexus trusts. */
export class Certificate extends NexusObject {
  /** SHA-1, `AA:BB:…`. */
  declare readonly fingerprint: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.CustomResourceOptions) {
    const { server, adopt, keepFound, pem } = args;
    const given = pulumi.output(pem);
    const fields = {
      // Line ends and text around it mean nothing: the same certificate must compare equal.
      pem: given.apply((text) => read(text)?.pem ?? text),
      fingerprint: given.apply((text) => read(text)?.fingerprint ?? ""),
    };
    super(certificate, name, { server, adopt, keepFound, ...fields }, opts);
  }
}

const certificatesIn = (pem: string) => pem.split("-----BEGIN CERTIFICATE-----").length - 1;

/** Undefined where it isn't just one, which is refused with a message at preview. */
function read(pem: string): { readonly pem: string; readonly fingerprint: string } | undefined {
  if (certificatesIn(pem) !== 1) return undefined; // of several, the parser would take the first
  try {
    const parsed = new X509Certificate(pem);
    return { pem: parsed.toString(), fingerprint: parsed.fingerprint };
  } catch {
    return undefined;
  }
}

function complaint({ pem }: Fields): string | undefined {
  const text = String(pem);
  if (text === UNKNOWN || read(text)) return undefined;
  const count = certificatesIn(text);
  if (count > 1)
    return `A trusted certificate is one in PEM, this holds ${count}: declare one Certificate for each.`;
  const start = text.trim().replace(/\n.*$/s, "").slice(0, 40);
  return (
    "A trusted certificate is one in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----; " +
    `this begins with "${start}" and can't be read as one.`
  );
}
