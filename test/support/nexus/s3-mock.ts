import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDir, defaultPlaces } from "../../../sandbox/lib/places";
import { NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { run } from "../../../sandbox/nexus/run";

/** Adobe's S3Mock: an S3 with as much of its protocol as Nexus speaks, from Maven Central (61 MB, kept in the cache). */
const ARTIFACT = { group: "com.adobe.testing", name: "s3mock", version: "4.11.0" };
const READY_LIMIT_MS = 600_000;

async function jar(): Promise<string> {
  const { group, name, version } = ARTIFACT;
  const directory = cacheDir(defaultPlaces);
  const file = join(directory, `${name}-${version}-exec.jar`);
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const what = `-Dartifact=${group}:${name}:${version}:jar:exec`;
  await run("mvn", ["-q", "-B", what, `-DoutputDirectory=${directory}`, "dependency:copy"], {
    cwd: directory,
  });
  return file;
}

/** Starts it in a container of its own on that network, in the Nexus image, which has a Java. @returns how to stop it */
export async function startS3(network: string): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const file = await jar();
  const container = `${network}-s3`;
  const docker = (...args: string[]) => run("docker", args);
  const where = ["--network", network, "--network-alias", "s3", "--memory", "512m"];
  const command = ["--entrypoint", "java", NEXUS_IMAGE, "-Xmx256m", "-jar", "/tmp/s3mock.jar"];
  await docker("create", "--name", container, ...where, ...command);
  const stop = async () => void (await docker("rm", "--force", "--volumes", container));
  try {
    await docker("cp", file, `${container}:/tmp/s3mock.jar`);
    await docker("start", container);
    await ready(container);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint: "http://s3:9090", stop };
}

async function ready(container: string): Promise<void> {
  for (const began = Date.now(); ; await sleep(500)) {
    const log = await run("docker", ["logs", container]);
    if (/Started \S*S3Mock\S* in/.test(log)) return;
    if (Date.now() - began > READY_LIMIT_MS) throw new Error(`S3Mock did not start:\n${log.slice(-2000)}`);
  }
}
