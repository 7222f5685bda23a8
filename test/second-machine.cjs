// A second machine for tests, as far as Docker and the sandbox can see: Linux namespaces with a Docker, a sandbox, a network and
// processes of their own. What takes the whole sandbox runs there, beside all other tests. Why: docs/decisions/0033.
"use strict";
const { execFileSync, spawn, spawnSync } = require("node:child_process");
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const path = require("node:path");

/** On the disk: Docker's layers can't lie on those of another Docker. */
const FOLDER = "/var/lib/berth-second-machine";
const UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
/** For setpriv: it ends with who started it, whatever ends that. */
const TIED = ["--pdeathsig", "KILL"];

/** Beside the sandbox's own 10.77.0.0/30. Builds download packages: the first machine is the gateway. */
const [NETWORK, GATEWAY, ADDRESS] = ["10.77.0.4/30", "10.77.0.5", "10.77.0.6"];
const [NAMESPACE, LINK] = ["berth-second", "berth-second"];
const RULES = [
  ["nat", "POSTROUTING", "--source", NETWORK, "--jump", "MASQUERADE"],
  ["filter", "FORWARD", "--in-interface", LINK, "--jump", "ACCEPT"],
  ["filter", "FORWARD", "--out-interface", LINK, "--jump", "ACCEPT"],
];

/**
 * What the first machine has mounted is let go of: it would be listed there still, below the new folders. All is new, but what the
 * sandbox has downloaded and built, which is a copy. No process outlives the first. Arguments: the machine's folder, the checkout,
 * then the command.
 */
const BEGIN = `set -eu
[ $$ = 1 ] # else all that follows would be done to the machine itself
awk '$5 ~ "^/(run|var/lib/docker|var/lib/berth-sandbox)(/|$)" { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount --lazy
mount --bind "$1/docker" /var/lib/docker
mount --rbind "$1/sandbox" /var/lib/berth-sandbox
mount --bind "$1/berth" "$2/.berth"
mount -t tmpfs -o mode=755 run /run
mkdir /run/lock
dockerd >"$1/docker.log" 2>&1 &
docker=$!
tries=0
until docker info >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -lt 60 ] && kill -0 $docker || { cat "$1/docker.log"; exit 1; }
  sleep 0.5
done
docker load --quiet --input "$1/images.tar"
kill $docker
wait $docker || true
rm "$1/images.tar"
shift 2
"$@" & # and this shell reaps what others leave
wait $!
`;

/** Why there can't be one here; undefined where it can. */
function whyNoSecondMachine() {
  if (process.platform !== "linux" || process.getuid() !== 0) return "it takes root on Linux";
  if (/^nameserver\s+(127\.|::1)/m.test(readFileSync("/etc/resolv.conf", "utf8")))
    return "this machine asks for names on its own loopback";
  const tried = spawnSync("setpriv", [...TIED, ...UNSHARE, "true"], { encoding: "utf8" });
  return tried.status === 0 ? undefined : `unshare: ${(tried.error?.message ?? tried.stderr).trim()}`;
}

/**
 * Runs a command in the checkout, on a machine that is new. The sandbox was up here before, with all that it downloads.
 * @param onLine called with each line that it says
 * @returns its exit code; null where a signal ended it
 */
async function onSecondMachine(checkout, command, env, onLine) {
  makeFolder(checkout);
  connect();
  const options = {
    cwd: checkout,
    env: { ...env, TMPDIR: path.join(FOLDER, "tmp") },
    stdio: ["ignore", "pipe", "pipe"],
  };
  const inside = ["sh", path.join(FOLDER, "begin.sh"), FOLDER, checkout, ...command];
  const network = ["nsenter", `--net=/run/netns/${NAMESPACE}`];
  const child = spawn("setpriv", [...TIED, ...network, ...UNSHARE, ...inside], options);
  for (const stream of [child.stdout, child.stderr]) byLine(stream, onLine);
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  disconnect();
  rmSync(FOLDER, { recursive: true, force: true });
  return code;
}

/** A cable from here to there, and the way from there to everywhere. */
function connect() {
  disconnect();
  const ip = (...args) => execFileSync("ip", args);
  const there = (...args) => ip("-netns", NAMESPACE, ...args);
  ip("netns", "add", NAMESPACE);
  ip("link", "add", LINK, "type", "veth", "peer", "name", "cable", "netns", NAMESPACE);
  ip("address", "add", `${GATEWAY}/30`, "dev", LINK);
  ip("link", "set", LINK, "up");
  there("address", "add", `${ADDRESS}/30`, "dev", "cable");
  for (const link of ["lo", "cable"]) there("link", "set", link, "up");
  there("route", "add", "default", "via", GATEWAY);
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  for (const [table, chain, ...rule] of RULES)
    execFileSync("iptables", ["--wait", "--table", table, "--insert", chain, ...rule]);
}

/** Also what a killed run has left. */
function disconnect() {
  const remove = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;
  remove("ip", "link", "delete", LINK);
  remove("ip", "netns", "delete", NAMESPACE);
  for (const [table, chain, ...rule] of RULES)
    while (remove("iptables", "--wait", "--table", table, "--delete", chain, ...rule));
}

function makeFolder(checkout) {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const name of ["docker", "sandbox", "berth", "tmp"])
    mkdirSync(path.join(FOLDER, name), { recursive: true });
  for (const folder of ["/var/lib/docker", path.join(checkout, ".berth")])
    mkdirSync(folder, { recursive: true });
  // In a file: tests look through the words of all processes.
  writeFileSync(path.join(FOLDER, "begin.sh"), BEGIN);
  execFileSync("cp", ["-a", "/var/lib/berth-sandbox/cache", path.join(FOLDER, "sandbox")]);
  const list = [
    "image",
    "ls",
    "--filter",
    "reference=berth-sandbox/*",
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ];
  const images = execFileSync("docker", list, { encoding: "utf8" }).trim().split("\n");
  execFileSync("docker", ["save", "--output", path.join(FOLDER, "images.tar"), ...images]);
}

function byLine(stream, onLine) {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    lines.forEach(onLine);
  });
  stream.once("end", () => rest && onLine(rest));
}

module.exports = { onSecondMachine, whyNoSecondMachine };
