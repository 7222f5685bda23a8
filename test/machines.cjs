// More machines for tests, as far as Docker and the sandbox can see: Linux namespaces with a Docker, a sandbox, a network and
// processes of their own. What takes a sandbox runs there, beside all other tests. Why: docs/decisions/0033.
"use strict";
const { execFileSync, spawn, spawnSync } = require("node:child_process");
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const path = require("node:path");

const UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
/** For setpriv: it ends with who started it, whatever ends that. */
const TIED = ["--pdeathsig", "KILL"];

/**
 * Names and addresses of one, from 2 on. The folder lies on the disk: Docker's layers can't lie on those of another Docker. The
 * addresses lie beside the sandbox's own 10.77.0.0/30. Builds download packages: the first machine is the gateway.
 */
function machine(number) {
  const name = `berth-machine-${number}`;
  const link = `berth-m-${number}`; // a network interface's name has 15 characters at most
  const address = (last) => `10.77.0.${4 * (number - 1) + last}`;
  const rules = [
    ["nat", "POSTROUTING", "--source", `${address(0)}/30`, "--jump", "MASQUERADE"],
    ["filter", "FORWARD", "--in-interface", link, "--jump", "ACCEPT"],
    ["filter", "FORWARD", "--out-interface", link, "--jump", "ACCEPT"],
  ];
  return { name, link, folder: `/var/lib/${name}`, gateway: address(1), address: address(2), rules };
}

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
function whyNoMachines() {
  if (process.platform !== "linux" || process.getuid() !== 0) return "it takes root on Linux";
  if (/^nameserver\s+(127\.|::1)/m.test(readFileSync("/etc/resolv.conf", "utf8")))
    return "this machine asks for names on its own loopback";
  const tried = spawnSync("setpriv", [...TIED, ...UNSHARE, "true"], { encoding: "utf8" });
  return tried.status === 0 ? undefined : `unshare: ${(tried.error?.message ?? tried.stderr).trim()}`;
}

/**
 * Runs a command in the checkout, on a machine that is new. The sandbox was up here before, with all that it downloads.
 * @param number of the machine, from 2 to 60; one of that number that a killed run has left is removed
 * @param onLine called with each line that it says
 * @returns its exit code; null where a signal ended it
 */
async function onMachine(number, checkout, command, env, onLine) {
  const made = machine(number);
  const { name, folder } = made;
  makeFolder(folder, checkout);
  connect(made);
  const options = {
    cwd: checkout,
    env: { ...env, TMPDIR: path.join(folder, "tmp") },
    stdio: ["ignore", "pipe", "pipe"],
  };
  const inside = ["sh", path.join(folder, "begin.sh"), folder, checkout, ...command];
  const network = ["nsenter", `--net=/run/netns/${name}`];
  const child = spawn("setpriv", [...TIED, ...network, ...UNSHARE, ...inside], options);
  for (const stream of [child.stdout, child.stderr]) byLine(stream, onLine);
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  disconnect(made);
  rmSync(folder, { recursive: true, force: true });
  return code;
}

/** A cable from here to there, and the way from there to everywhere. */
function connect({ name, link, gateway, address, rules }) {
  disconnect({ name, link, rules });
  const ip = (...args) => execFileSync("ip", args);
  const there = (...args) => ip("-netns", name, ...args);
  ip("netns", "add", name);
  ip("link", "add", link, "type", "veth", "peer", "name", "cable", "netns", name);
  ip("address", "add", `${gateway}/30`, "dev", link);
  ip("link", "set", link, "up");
  there("address", "add", `${address}/30`, "dev", "cable");
  for (const link of ["lo", "cable"]) there("link", "set", link, "up");
  there("route", "add", "default", "via", gateway);
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  for (const [table, chain, ...rule] of rules)
    execFileSync("iptables", ["--wait", "--table", table, "--insert", chain, ...rule]);
}

/** Also what a killed run has left. */
function disconnect({ name, link, rules }) {
  const remove = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;
  remove("ip", "link", "delete", link);
  remove("ip", "netns", "delete", name);
  for (const [table, chain, ...rule] of rules)
    while (remove("iptables", "--wait", "--table", table, "--delete", chain, ...rule));
}

function makeFolder(folder, checkout) {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["docker", "sandbox", "berth", "tmp"])
    mkdirSync(path.join(folder, name), { recursive: true });
  for (const place of ["/var/lib/docker", path.join(checkout, ".berth")])
    mkdirSync(place, { recursive: true });
  // In a file: tests look through the words of all processes.
  writeFileSync(path.join(folder, "begin.sh"), BEGIN);
  execFileSync("cp", ["-a", "/var/lib/berth-sandbox/cache", path.join(folder, "sandbox")]);
  const list = [
    "image",
    "ls",
    "--filter",
    "reference=berth-sandbox/*",
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ];
  const images = execFileSync("docker", list, { encoding: "utf8" }).trim().split("\n");
  execFileSync("docker", ["save", "--output", path.join(folder, "images.tar"), ...images]);
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

module.exports = { onMachine, whyNoMachines };
