import { execFile, execFileSync } from "node:child_process";
import type { DeployStage } from "../../test/support/edge/deploy-stage";

/** A way of bringing a release, which is in the registry, to answer at an address. */
export interface Contender {
  readonly title: string;
  readonly url: string;
  deploy(image: string): Promise<void>;
  end(): Promise<void>;
}

/** `up` of a stack that has the app. */
export function byBerth(stage: DeployStage): Contender {
  return {
    title: "berth up",
    url: stage.url(),
    deploy: async (image) => void (await stage.up(image)),
    end: async () => undefined,
  };
}

/** What people do by hand, in one shell. */
export function byHand(port: number): Contender {
  const name = `berth-bench-${port}`;
  const run = `docker run --detach --name ${name} --publish 127.0.0.1:${port}:8000 --memory 128m`;
  return {
    title: "docker pull && stop && rm && run",
    url: `http://127.0.0.1:${port}/`,
    deploy: async (image) => {
      const stop = exists(name) ? `docker stop ${name} && docker rm ${name} &&` : "";
      await shell(`docker pull --quiet ${image} && ${stop} ${run} ${image}`);
    },
    end: async () => void (exists(name) && (await shell(`docker rm --force ${name}`))),
  };
}

function exists(name: string): boolean {
  return execFileSync("docker", ["ps", "-aq", "--filter", `name=^${name}$`], { encoding: "utf8" }) !== "";
}

async function shell(script: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    execFile("sh", ["-c", script], (error, _stdout, stderr) =>
      error ? reject(new Error(`${script}: ${stderr}`)) : resolve(),
    );
  });
}
