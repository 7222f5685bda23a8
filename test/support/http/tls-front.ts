import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { RequestListener } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An https server on a free loopback port, with a certificate that nobody trusts. */
export class TlsFront {
  host = "";
  private server: https.Server | undefined;

  async start(handler: RequestListener): Promise<this> {
    const server = https.createServer(selfSigned(), handler);
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

/** Runs `work` with certificates taken unseen, as only a test may. */
export async function trustingAnyCertificate<T>(work: () => Promise<T>): Promise<T> {
  const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env;
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  try {
    return await work();
  } finally {
    process.emitWarning = emitWarning;
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  }
}

function selfSigned(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "berth-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    execFileSync("openssl", [...make, "-subj", "/CN=test", "-keyout", key, "-out", cert], { stdio: "pipe" });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
