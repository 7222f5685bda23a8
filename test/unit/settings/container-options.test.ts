import assert from "node:assert/strict";
import { hostAccess } from "../../../automation/change/host-access";
import { containerArgs, oneOff } from "../../../components/deploy/container-spec";
import { type AppSettings, appSchema } from "../../../components/settings/app-settings";
import { parseSettings } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

const least = { port: 8000, publish: 80, servers: ["web1"] };
const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };

function problems(
  app: Record<string, unknown>,
  isSecret = (_: readonly string[]) => false,
): readonly string[] {
  const settings = {
    nexus: { hostname: "127.0.0.1", eula: "accepted" },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
    servers: { web1: { docker: "unix:///home/deploy/sockets/d.sock", address: "web1" } },
    apps: { blog: { ...least, release, ...app } },
  };
  const written = { textAt: () => undefined, isSecret, mayBeSecret: () => false };
  return problemsOf(() => parseSettings(settings, { written }));
}

const ALL = {
  labels: { "com.example.team": "blog" },
  ulimits: { nofile: 65536, core: { soft: 0, hard: -1 } },
  extraHosts: { "db.internal": "10.0.0.5", host: "host-gateway", six: "fd00::1" },
  devices: ["/dev/dri", { path: "/dev/ttyUSB0", inside: "/dev/modem", permissions: "rw" }],
  dns: ["10.0.0.2", "fd00::2"],
  gpus: "all",
  shmSize: 256,
  hostPaths: { "/srv/media": "/media", "/srv/uploads": { path: "/uploads", readOnly: false } },
};

describe("what few containers need", () => {
  it("is none unless the settings say so, and valid in all of its forms", () => {
    assert.deepEqual(problems(ALL), []);
    const bare = containerArgs(appSchema.parse(least), { image: "i", network: "n", mounts: [], labels: [] });
    for (const key of ["ulimits", "hosts", "devices", "dns", "gpus", "shmSize"])
      assert.ok(!(key in bare), key);
  });

  it("comes to the same in a container that serves and in one for a command", () => {
    const app = appSchema.parse({ ...least, ...ALL });
    const mounts = [{ volume: "v", path: "/data", readOnly: false }];
    const serving = containerArgs(app, { image: "i", network: "n", mounts, labels: [] });
    assert.deepEqual(serving.volumes, [
      { volumeName: "v", containerPath: "/data" },
      { hostPath: "/srv/media", containerPath: "/media", readOnly: true },
      { hostPath: "/srv/uploads", containerPath: "/uploads" },
    ]);
    assert.deepEqual(serving.ulimits, [
      { name: "nofile", soft: 65536, hard: 65536 },
      { name: "core", soft: 0, hard: -1 },
    ]);
    assert.deepEqual(serving.hosts, [
      { host: "db.internal", ip: "10.0.0.5" },
      { host: "host", ip: "host-gateway" },
      { host: "six", ip: "fd00::1" },
    ]);
    assert.deepEqual(serving.devices, [
      { hostPath: "/dev/dri", containerPath: "/dev/dri", permissions: "rwm" },
      { hostPath: "/dev/ttyUSB0", containerPath: "/dev/modem", permissions: "rw" },
    ]);
    assert.deepEqual([serving.dns, serving.gpus, serving.shmSize], [["10.0.0.2", "fd00::2"], "all", 256]);
    const { HostConfig } = oneOff({ ...app, network: "n", mounts }, "image", ["migrate"]);
    assert.deepEqual(HostConfig?.Binds, ["v:/data:rw", "/srv/media:/media:ro", "/srv/uploads:/uploads:rw"]);
    assert.deepEqual(HostConfig?.ExtraHosts, ["db.internal:10.0.0.5", "host:host-gateway", "six:fd00::1"]);
    assert.deepEqual(HostConfig?.Ulimits?.[0], { Name: "nofile", Soft: 65536, Hard: 65536 });
    assert.deepEqual(
      [HostConfig?.Dns, HostConfig?.DeviceRequests, HostConfig?.ShmSize],
      [["10.0.0.2", "fd00::2"], [{ Count: -1, Capabilities: [["gpu"]] }], 256 * 1024 * 1024],
    );
    const modem = { PathOnHost: "/dev/ttyUSB0", PathInContainer: "/dev/modem", CgroupPermissions: "rw" };
    assert.deepEqual(HostConfig?.Devices?.[1], modem);
  });

  it("keeps the sizes of logs in files unless the settings say others", () => {
    const logOf = (log: object) => {
      const { logDriver, logOpts } = containerArgs(appSchema.parse({ ...least, log }), {
        image: "i",
        network: "n",
        mounts: [],
        labels: [],
      });
      return [logDriver, logOpts];
    };
    assert.deepEqual(logOf({ driver: "local", options: { "max-size": "50m" } }), [
      "local",
      { "max-size": "50m", "max-file": "3" },
    ]);
    assert.deepEqual(logOf({ driver: "syslog", options: { tag: "blog" } }), ["syslog", { tag: "blog" }]);
    assert.deepEqual(logOf({ driver: "journald" }), ["journald", undefined]);
  });

  it("says what it expected", () => {
    assert.deepEqual(
      problems({
        labels: { "a b": "x" },
        ulimits: { files: 1, nofile: { soft: 1 } },
        extraHosts: { db: "db.example.com" },
        devices: ["ttyUSB0", { path: "/dev/x", permissions: "x" }],
        dns: ["ns.example.com"],
        gpus: 1,
        shmSize: "1g",
        hostPaths: { "srv/media": "/media" },
        log: { driver: "" },
      }),
      [
        'berth:apps.blog.labels.a b: expected a label\'s name, without spaces, got "a b"',
        'berth:apps.blog.ulimits.files: expected a limit like nofile or memlock, got "files"',
        "berth:apps.blog.ulimits.nofile.hard: expected a limit, a whole number, or -1 for none, got nothing",
        'berth:apps.blog.extraHosts.db: expected an IP address or host-gateway, got "db.example.com"',
        'berth:apps.blog.dns.0: expected an IP address, got "ns.example.com"',
        'berth:apps.blog.devices.0.path: expected a device like /dev/ttyUSB0, got "ttyUSB0"',
        'berth:apps.blog.devices.1.permissions: expected r, w and m, for reading, writing and making, got "x"',
        "berth:apps.blog.gpus: expected all, got 1",
        'berth:apps.blog.shmSize: expected megabytes, at least 1, got "1g"',
        'berth:apps.blog.hostPaths.srv/media: expected an absolute path without a colon, got "srv/media"',
        'berth:apps.blog.log.driver: expected a log driver like local or syslog, got ""',
      ],
    );
  });

  it("is refused where it is Berth's own or Docker's, or gives the server away", () => {
    const socket = (path: string) =>
      `${path} is in it, and who has Docker's socket has the whole server, also to read: name the folder that the app needs`;
    assert.deepEqual(
      problems({
        labels: { "berth.id": "x", "com.docker.compose.project": "x" },
        ulimits: { nofile: { soft: 2, hard: 1 } },
        devices: ["/dev/mem"],
        hostPaths: {
          "/var/run/docker.sock": "/a",
          "/run/user/1000/podman/podman.sock": "/b",
          "/": "/c",
          "/home/deploy/sockets": "/d",
          "/home/deploy/sockets/d.sock": "/e",
          "/var/lib/docker/volumes": "/f",
          "/var/lib": "/g",
          "/srv/../var/run": "/h",
        },
      }),
      [
        "labels.berth.id: by its own labels, berth.…, Berth tells what is whose: give it another name",
        "labels.com.docker.compose.project: Docker keeps such names for itself: give it another one",
        "ulimits.nofile: expected a soft limit of at most the hard one, 1, got 2",
        "devices.0: /dev/mem is the whole machine's memory or ports: no app gets it",
        "hostPaths./var/run/docker.sock: who has Docker's socket has the whole server: no app gets it, not even to read",
        "hostPaths./run/user/1000/podman/podman.sock: who has Docker's socket has the whole server: no app gets it, not even to read",
        `hostPaths./: ${socket("/var/run/docker.sock")}`,
        `hostPaths./home/deploy/sockets: ${socket("/home/deploy/sockets/d.sock")}`,
        "hostPaths./home/deploy/sockets/d.sock: who has Docker's socket has the whole server: no app gets it, not even to read",
        "hostPaths./var/lib/docker/volumes: it has Docker's own files (/var/lib/docker), with those of every container: name the folder that the app needs",
        "hostPaths./var/lib: it has Docker's own files (/var/lib/docker), with those of every container: name the folder that the app needs",
        "hostPaths./srv/../var/run: expected the path itself, /var/run",
      ].map((line) => `berth:apps.blog.${line}`),
    );
  });

  it("has no place in the container that something else has, and no secret, which docker inspect would show", () => {
    assert.deepEqual(problems({ volumes: { data: "/data" }, hostPaths: { "/srv": "/data/" } }), [
      "berth:apps.blog.hostPaths./srv: /data/ is already volumes.data",
    ]);
    const isSecret = (path: readonly string[]) => path.at(-1) === "token" || path.at(-1) === "splunk-token";
    assert.deepEqual(
      problems(
        { labels: { token: "x" }, log: { driver: "splunk", options: { "splunk-token": "x" } } },
        isSecret,
      ).map((line) => line.split(":", 3).join(":")),
      [
        "berth:apps.blog.labels.token: a secret, and docker inspect shows it",
        "berth:apps.blog.log.options.splunk-token: a secret, and docker inspect shows it",
      ],
    );
  });

  it("is told in a preview where an app gets at more of its servers than it can read, or its log is kept nowhere", () => {
    const app: AppSettings = {
      ...appSchema.parse({ ...least, ...ALL, log: { driver: "none" } }),
      name: "blog",
    };
    assert.deepEqual(hostAccess([app, { ...appSchema.parse(least), name: "plain" }]), [
      "blog: can write /srv/uploads of its servers, as /uploads (hostPaths)",
      "blog: has the device /dev/dri of its servers (rwm)",
      "blog: has the device /dev/ttyUSB0 of its servers (rw)",
      "blog: has the GPUs of its servers (gpus)",
      "blog: what it prints is kept nowhere (log: none): no berth logs, and no last words when an update fails",
    ]);
  });
});
