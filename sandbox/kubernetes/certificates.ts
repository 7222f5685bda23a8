import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { checkCommand } from "../lib/run-command";

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Who speaks to the API, with the names that Kubernetes's own roles give them rights by. */
const CLIENTS = {
  admin: "/O=system:masters/CN=admin",
  "apiserver-kubelet": "/O=system:masters/CN=apiserver-kubelet",
  "front-proxy": "/CN=front-proxy-client",
  "controller-manager": "/CN=system:kube-controller-manager",
  scheduler: "/CN=system:kube-scheduler",
  proxy: "/CN=system:kube-proxy",
  kubelet: "/O=system:nodes/CN=system:node:node",
};
const WITH_KUBECONFIG = ["admin", "controller-manager", "scheduler", "proxy", "kubelet"];

/** The certificates of a cluster in `pki/` of a folder, and kubeconfigs beside it. @param address at which the API listens */
export async function makeCertificates(folder: string, address: string, port: number): Promise<void> {
  const pki = join(folder, "pki");
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const openssl = (...args: string[]) => checkCommand("openssl", args, { cwd: pki });
  const sign = async (name: string, subject: string, extensions: readonly string[]) => {
    writeFileSync(join(pki, `${name}.ext`), `${["basicConstraints=CA:FALSE", ...extensions].join("\n")}\n`);
    await openssl("req", ...EC, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subject);
    const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30"];
    await openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.crt`,
      ...by,
    );
  };
  await openssl(
    "req",
    "-x509",
    ...EC,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "30",
    "-subj",
    "/CN=ca",
  );
  const inside = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"].map(
    (one) => `DNS:${one}`,
  );
  const names = [...inside, `IP:${address}`, "IP:127.0.0.1", "IP:10.96.0.1", "DNS:node"].join(",");
  const served = ["extendedKeyUsage=serverAuth", `subjectAltName=${names}`];
  await sign("apiserver", "/CN=kube-apiserver", served);
  await sign("kubelet-server", "/O=system:nodes/CN=system:node:node", served);
  for (const [name, subject] of Object.entries(CLIENTS))
    await sign(name, subject, ["extendedKeyUsage=clientAuth"]);
  await openssl("genrsa", "-out", "accounts.key", "2048");
  await openssl("rsa", "-in", "accounts.key", "-pubout", "-out", "accounts.pub");
  for (const name of WITH_KUBECONFIG) writeKubeconfig(folder, name, `https://${address}:${port}`);
}

function writeKubeconfig(folder: string, name: string, server: string): void {
  const inBase64 = (file: string) => readFileSync(join(folder, "pki", file)).toString("base64");
  const user = {
    "client-certificate-data": inBase64(`${name}.crt`),
    "client-key-data": inBase64(`${name}.key`),
  };
  const file = join(folder, `${name}.kubeconfig`);
  const text = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sandbox", cluster: { server, "certificate-authority-data": inBase64("ca.crt") } }],
    users: [{ name, user }],
    contexts: [{ name: "sandbox", context: { cluster: "sandbox", user: name } }],
    "current-context": "sandbox",
  };
  writeFileSync(file, stringify(text));
  chmodSync(file, 0o600);
}
