import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { ociImage, writeArchive } from "./oci-image";
import type { NodePrograms } from "./programs";

export const API_PORT = 6443;
const PAUSE = "sandbox.invalid/pause:1";
/** Of pods and of Services: inside the node's namespace only. */
const PODS = "10.88.0.0/24";
const SERVICES = "10.96.0.0/16";

export interface NodeFiles {
  readonly folder: string;
  /** Of the node, at which the API listens, too. */
  readonly address: string;
  readonly programs: NodePrograms;
}

/** Everything that node.sh reads, but for certificates and kubeconfigs. */
export function writeNodeFiles(files: NodeFiles): void {
  const { folder, programs } = files;
  for (const one of ["bin", "logs", "cni", "registries"]) mkdirSync(join(folder, one), { recursive: true });
  for (const [name, file] of Object.entries(programs.programs)) symlinkSync(file, join(folder, "bin", name));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("containerd.toml", containerd(files));
  write("cni/10-node.conflist", JSON.stringify(network(folder)));
  write("kubelet.yaml", stringify(kubelet(files)));
  write("proxy.yaml", stringify(proxy(folder)));
  write("resolv.conf", "nameserver 127.0.0.1\n");
  write("apiserver.arguments", `${apiServer(files).join("\n")}\n`);
  write("controller-manager.arguments", `${controllerManager(folder).join("\n")}\n`);
  const waits = { Entrypoint: ["/busybox", "sleep", "2000000000"] };
  writeArchive(ociImage({ busybox: { from: programs.busybox } }, waits), PAUSE, join(folder, "pause.tar"));
}

/**
 * Has the node pull from a registry by plain http. containerd reads it with every pull.
 * @param at where the node reaches it, `host:port`
 */
export function allowPlainHttp(folder: string, registry: string, at: string): void {
  const own = join(folder, "registries", registry);
  mkdirSync(own, { recursive: true });
  const host = `server = "http://${at}"\n[host."http://${at}"]\n  capabilities = ["pull", "resolve"]\n`;
  writeFileSync(join(own, "hosts.toml"), host);
}

/** oom scores as they are: a container's root may not lower them. */
function containerd({ folder, programs }: NodeFiles): string {
  const cri = '[plugins."io.containerd.grpc.v1.cri"';
  const unused = [
    "snapshotter.v1.btrfs",
    "snapshotter.v1.zfs",
    "snapshotter.v1.aufs",
    "snapshotter.v1.devmapper",
    "internal.v1.opt",
  ];
  return `version = 2
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
oom_score = 0
disabled_plugins = ${JSON.stringify(unused.map((one) => `io.containerd.${one}`))}
[grpc]
  address = "${folder}/containerd/socket"
${cri}]
  sandbox_image = "${PAUSE}"
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
${cri}.containerd.runtimes.runc.options]
  Root = "${folder}/containerd/runc"
${cri}.cni]
  bin_dir = "${programs.cni}"
  conf_dir = "${folder}/cni"
${cri}.registry]
  config_path = "${folder}/registries"
`;
}

function network(folder: string) {
  const ipam = {
    type: "host-local",
    dataDir: join(folder, "cni-addresses"),
    ranges: [[{ subnet: PODS }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const bridge = { type: "bridge", bridge: "pods", isGateway: true, ipMasq: true, hairpinMode: true, ipam };
  return {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [bridge, { type: "portmap", capabilities: { portMappings: true } }],
  };
}

function kubelet({ folder, address }: NodeFiles) {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    failCgroupV1: false,
    failSwapOn: false,
    cgroupDriver: "cgroupfs",
    containerRuntimeEndpoint: `unix://${folder}/containerd/socket`,
    oomScoreAdj: 0,
    address,
    healthzBindAddress: "127.0.0.1",
    readOnlyPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${folder}/pki/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${folder}/pki/kubelet-server.crt`,
    tlsPrivateKeyFile: `${folder}/pki/kubelet-server.key`,
    resolvConf: `${folder}/resolv.conf`,
    enforceNodeAllocatable: ["pods"],
    podLogsDir: `${folder}/pod-logs`,
    // The disk is the machine's: what it has left is no business of the tests.
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "1%",
      "imagefs.available": "1%",
      "nodefs.inodesFree": "1%",
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    makeIPTablesUtilChains: false,
    volumePluginDir: `${folder}/kubelet/plugins`,
  };
}

function proxy(folder: string) {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clientConnection: { kubeconfig: `${folder}/proxy.kubeconfig` },
    clusterCIDR: PODS,
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
}

function apiServer({ folder, address }: NodeFiles): string[] {
  const pki = `${folder}/pki`;
  return [
    "--etcd-servers=http://127.0.0.1:2379",
    `--bind-address=0.0.0.0`,
    `--advertise-address=${address}`,
    `--secure-port=${API_PORT}`,
    `--service-cluster-ip-range=${SERVICES}`,
    "--authorization-mode=Node,RBAC",
    `--client-ca-file=${pki}/ca.crt`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--kubelet-client-certificate=${pki}/apiserver-kubelet.crt`,
    `--kubelet-client-key=${pki}/apiserver-kubelet.key`,
    `--kubelet-certificate-authority=${pki}/ca.crt`,
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${pki}/accounts.pub`,
    `--service-account-signing-key-file=${pki}/accounts.key`,
    "--profiling=false",
  ];
}

function controllerManager(folder: string): string[] {
  const pki = `${folder}/pki`;
  return [
    `--kubeconfig=${folder}/controller-manager.kubeconfig`,
    `--service-account-private-key-file=${pki}/accounts.key`,
    `--root-ca-file=${pki}/ca.crt`,
    "--use-service-account-credentials=true",
    "--leader-elect=false",
    `--cert-dir=${folder}/controller-manager`,
  ];
}
