import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { allOwnHosts, type CertificateFiles, type TlsSettings } from "../settings/tls-settings";
import { messageOf } from "../values/error-facts";
import { certificateProblem } from "./given-certificate";
import { TLS_FILES } from "./software/places";

/** What settings give an edge as files. */
export interface GivenFiles {
  /** Path in the edge's container → PEM text. */
  readonly files: { readonly [path: string]: string };
  /** PEM of the authority, where that isn't a public one. */
  readonly ca?: string | undefined;
}

/**
 * What settings give as files, read and checked; undefined where that is nothing.
 * @param path of the settings, for errors: `nexus.tls`
 * @throws RunError with the setting
 */
export function givenFiles(
  tls: TlsSettings,
  { path, host }: { readonly path: string; readonly host: string },
): GivenFiles | undefined {
  const { certificates, directoryCa } = tls;
  if (directoryCa !== undefined) {
    const ca = readSetting(`${path}.directoryCa`, directoryCa);
    return { files: { [TLS_FILES.directoryCa]: ca }, ca };
  }
  if (typeof certificates === "string") return undefined;
  return readCertificates(certificates, `${path}.certificates`, [host, ...allOwnHosts(tls)]);
}

function readCertificates(named: CertificateFiles, path: string, hosts: readonly string[]): GivenFiles {
  const read = (key: keyof CertificateFiles) => readSetting(`${path}.${key}`, named[key]!);
  const [certificate, key] = [read("certificate"), read("key")];
  const ca = named.ca === undefined ? undefined : read("ca");
  const problem = certificateProblem({ certificate, key, ca }, hosts);
  if (problem)
    throw new pulumi.RunError(
      `berth:${path}.${problem.file}: the file ${named[problem.file]} ${problem.message}`,
    );
  return { files: { [TLS_FILES.certificate]: certificate, [TLS_FILES.key]: key }, ca };
}

function readSetting(path: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new pulumi.RunError(`berth:${path}: ${messageOf(error)}`);
  }
}
