import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A folder with an authority and a certificate of it for 127.0.0.1, as Docker's documentation has them made. */
export function dockerCertificates(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const ssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  ssl("req", "-x509", ...key, "-subj", "/CN=authority", "-keyout", "ca-key.pem", "-out", "ca.pem");
  ssl("req", ...key, "-subj", "/CN=docker", "-keyout", "key.pem", "-out", "request.pem");
  writeFileSync(join(folder, "names"), "subjectAltName=IP:127.0.0.1\n");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", "names"];
  ssl("x509", "-req", "-in", "request.pem", ...signed, "-out", "cert.pem");
  return folder;
}
