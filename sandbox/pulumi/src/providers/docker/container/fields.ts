import { atLeast, type Field, type Fields, field, oneOf } from "../../schema/field";
import { LABEL_FIELDS } from "../table-resource";

const REPLACE = { replace: true };
const DECIDED = { computed: true, output: true };
const duration = field("string", {
  default: "0s",
  empty: "0s",
  accept: (value) =>
    /^(0|(\d+(\.\d+)?(h|m|s|ms|us|µs|ns))+)$/.test(String(value))
      ? undefined
      : 'must be a duration such as "30s"',
});

/** What the plugin has and the sandbox doesn't: in the state as the plugin leaves it, refused as an input. */
const REFUSED: Fields = {
  bridge: field("string", DECIDED),
  cgroupParent: field("string", { output: true }),
  cgroupnsMode: field("string", { output: true }),
  containerLogs: field("string", DECIDED),
  cpuPeriod: field("number", { output: true }),
  cpuQuota: field("number", { output: true }),
  deviceReadBps: field("objects", { output: true, empty: [] }),
  deviceReadIops: field("objects", { output: true, empty: [] }),
  deviceRequests: field("objects", { output: true, empty: [] }),
  deviceWriteBps: field("objects", { output: true, empty: [] }),
  deviceWriteIops: field("objects", { output: true, empty: [] }),
  exitCode: field("number", DECIDED),
  gpus: field("string", { output: true }),
  ipcMode: field("string", DECIDED),
  mounts: field("objects", { output: true, empty: [] }),
  networkDatas: field("objects", DECIDED),
  pidMode: field("string", { output: true }),
  platform: field("string", DECIDED),
  runtime: field("string", DECIDED),
  stdinOpen: field("boolean", { output: true, empty: false }),
  storageOpts: field("map", { output: true }),
  tty: field("boolean", { output: true, empty: false }),
  usernsMode: field("string", { output: true }),
};

/** Changed in place; the plugin hands only some of them to Docker: see update.ts. */
const IN_PLACE: Fields = {
  attach: field("boolean", { empty: false }),
  containerReadRefreshTimeoutMilliseconds: field("number", { default: 15_000 }),
  cpuSet: field("string"),
  cpuShares: field("number", { accept: atLeast(0) }),
  destroyGraceSeconds: field("number"),
  healthcheck: field("object", {
    computed: true,
    fields: {
      tests: field("list"),
      interval: duration,
      timeout: duration,
      startPeriod: duration,
      startInterval: {
        ...duration,
        accept: (value) => (value === "0s" ? undefined : 'is not supported by the sandbox, other than "0s"'),
      },
      retries: field("number", { empty: 0, accept: atLeast(0) }),
    },
  }),
  init: field("boolean", { computed: true }),
  logs: field("boolean", { empty: false }),
  maxRetryCount: field("number"),
  memory: field("number", { accept: atLeast(0) }),
  memoryReservation: field("number", { empty: 0, accept: atLeast(0) }),
  memorySwap: field("number", { accept: atLeast(-1) }),
  mustRun: field("boolean", { default: true }),
  removeVolumes: field("boolean", { default: true }),
  restart: field("string", { default: "no", accept: oneOf("no", "on-failure", "always", "unless-stopped") }),
  rm: field("boolean", { empty: false }),
  start: field("boolean", { default: true }),
  tmpfs: field("map"),
  wait: field("boolean", { empty: false }),
  waitTimeout: field("number", { default: 60 }),
};

const NETWORK: Fields = {
  name: field("string", { required: true }),
  aliases: field("set", { empty: [] }),
  ipv4Address: field("string", { empty: "" }),
  ipv6Address: field("string", { empty: "" }),
  driverOpts: field("set", { output: true, empty: [] }),
  gwPriority: field("number", { output: true }),
  linkLocalIps: field("set", { output: true, empty: [] }),
  macAddress: field("string", { output: true, empty: "" }),
};

const PORT: Fields = {
  internal: field("number", { required: true }),
  external: field("number", { computed: true }),
  ip: field("string", { default: "0.0.0.0" }),
  protocol: field("string", { default: "tcp", accept: oneOf("tcp", "udp", "sctp") }),
};

const UPLOAD: Fields = {
  file: field("string", { required: true }),
  content: field("string", { empty: "" }),
  contentBase64: field("string", {
    empty: "",
    accept: (value) => (/^[A-Za-z0-9+/]*={0,2}$/.test(String(value)) ? undefined : "must be base64"),
  }),
  executable: field("boolean", { empty: false }),
  permissions: field("string", {
    empty: "",
    accept: (value) => (/^0[0-7]{3}$/.test(String(value)) ? undefined : 'must be octal such as "0644"'),
  }),
  source: field("string", { output: true, empty: "" }),
  sourceHash: field("string", { output: true, empty: "" }),
};

const VOLUME: Fields = {
  containerPath: field("string", { empty: "" }),
  fromContainer: field("string", { empty: "" }),
  hostPath: field("string", {
    empty: "",
    accept: (value) => (String(value).startsWith("/") ? undefined : "must be an absolute path"),
  }),
  readOnly: field("boolean"),
  selinuxRelabel: field("string", { output: true, empty: "" }),
  volumeName: field("string", { empty: "" }),
};

const text = field("string", { required: true });
const word = field("string", { empty: "" });
const number = field("number", { required: true });
const list = (fields: Fields): Field => field("objects", { ...REPLACE, empty: [], fields });

/** `docker:index/container:Container`: its properties, and which of them force a replacement. */
export const CONTAINER_FIELDS: Fields = {
  ...REFUSED,
  ...IN_PLACE,
  name: field("string", REPLACE),
  image: field("string", { ...REPLACE, required: true }),
  capabilities: field("object", {
    ...REPLACE,
    fields: { adds: field("set", { empty: [] }), drops: field("set", { empty: [] }) },
  }),
  command: field("list", { ...REPLACE, computed: true }),
  cpus: field("string", {
    ...REPLACE,
    accept: (value) =>
      /^\d+(\.\d{1,9})?$/.test(String(value)) ? undefined : 'must be a number such as "0.5"',
  }),
  devices: list({ hostPath: text, containerPath: word, permissions: word }),
  dns: field("set", REPLACE),
  dnsOpts: field("set", REPLACE),
  dnsSearches: field("set", REPLACE),
  domainname: field("string", REPLACE),
  entrypoints: field("list", { ...REPLACE, computed: true }),
  envs: field("set", { ...REPLACE, computed: true }),
  groupAdds: field("set", REPLACE),
  hostname: field("string", { ...REPLACE, computed: true }),
  hosts: list({ host: text, ip: text }),
  labels: field("objects", { ...REPLACE, computed: true, fields: LABEL_FIELDS }),
  logDriver: field("string", { ...REPLACE, computed: true }),
  logOpts: field("map", REPLACE),
  networkMode: field("string", { ...REPLACE, default: "bridge" }),
  networksAdvanced: list(NETWORK),
  ports: list(PORT),
  privileged: field("boolean", REPLACE),
  publishAllPorts: field("boolean", REPLACE),
  readOnly: field("boolean", { ...REPLACE, empty: false }),
  securityOpts: field("set", { ...REPLACE, computed: true }),
  shmSize: field("number", { ...REPLACE, computed: true, accept: atLeast(0) }),
  stopSignal: field("string", { ...REPLACE, computed: true }),
  stopTimeout: field("number", { ...REPLACE, computed: true }),
  sysctls: field("map", REPLACE),
  ulimits: list({ name: text, soft: number, hard: number }),
  uploads: list(UPLOAD),
  // The plugin treats their absence as "as the image has it".
  user: field("string", { ...REPLACE, computed: true }),
  volumes: list(VOLUME),
  workingDir: field("string", { ...REPLACE, computed: true }),
};
