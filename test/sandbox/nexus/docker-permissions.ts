import assert from "node:assert/strict";
import type { NexusStage } from "./harness";

export const repositories = ["releases", "cache", "hub", "docker"] as const;
const accounts = ["anonymous", "base-reader", "puller", "pusher", "admin"] as const;
const verbs = ["pull", "push", "delete"] as const;

export type Repository = (typeof repositories)[number];
type Account = (typeof accounts)[number];
type Verb = (typeof verbs)[number];

/** What is allowed; everything else is refused. */
const may: Record<Account, Record<Repository, readonly Verb[]>> = {
  anonymous: { releases: [], cache: [], hub: [], docker: [] },
  "base-reader": { releases: [], cache: [], hub: [], docker: ["pull"] },
  puller: { releases: ["pull"], cache: [], hub: [], docker: ["pull"] },
  pusher: { releases: ["pull", "push"], cache: ["pull", "push"], hub: [], docker: [] },
  admin: {
    releases: ["pull", "push", "delete"],
    cache: ["pull", "push", "delete"],
    hub: ["pull"],
    docker: ["pull"],
  },
};

/** How `docker` tells a refusal, and the status of the registry API. */
interface Refusal {
  readonly text: RegExp;
  readonly status: number;
}

const unauthorised: Refusal = { text: /unauthorized|no basic auth credentials/, status: 401 };
const denied: Refusal = { text: /denied/, status: 403 };
/** Rights alone don't do it: nothing is ever pushed to a proxy, and to a group only with Nexus Pro. */
const impossible: Partial<Record<Repository, Refusal>> = {
  hub: { text: /UNSUPPORTED/, status: 405 },
  docker: { text: /PRO-licensed feature/, status: 403 },
};

function refusalOf(account: Account, repository: Repository): Refusal {
  if (account === "anonymous") return unauthorised;
  return (account === "admin" && impossible[repository]) || denied;
}

/** Where it is tried. */
export interface PermissionGround {
  readonly stage: Pick<NexusStage, "docker" | "forget" | "image" | "login" | "ports" | "v2">;
  readonly port: (repository: Repository) => number;
  /** By account. */
  readonly passwords: () => Readonly<Partial<Record<string, string>>>;
}

/**
 * Who may do what with the docker repositories out of the box, by `docker` itself.
 * @returns for `before`, what logs everybody in and puts images there that can be pulled; and what declares the tests
 */
export function permissionTests({ stage, port, passwords }: PermissionGround): {
  prepare: () => Promise<void>;
  define: () => void;
} {
  const at = (repository: Repository, image: string) => `127.0.0.1:${port(repository)}/${image}`;

  async function prepare(): Promise<void> {
    for (const account of accounts) {
      if (account === "anonymous") continue;
      for (const repository of repositories)
        stage.login(
          account,
          port(repository),
          passwords()[account] ?? assert.fail(`no password of ${account}`),
        );
    }
    await seed();
  }

  const pulled = {
    releases: "team/app:1",
    cache: "team/layers:1",
    hub: "library/base:1",
    docker: "library/base:1",
  };

  async function seed(): Promise<void> {
    const base = `127.0.0.1:${stage.ports.upstream}/${pulled.hub}`;
    await stage.image(base);
    await stage.docker(["push", base]);
    for (const repository of ["releases", "cache"] as const)
      await push("admin", repository, pulled[repository]);
  }

  /** Pushes a new image and forgets it here; gives what `docker` said. */
  async function push(account: Account, repository: Repository, image: string): Promise<string> {
    await stage.image(at(repository, image));
    try {
      return await stage.docker(["push", at(repository, image)], account);
    } finally {
      await stage.forget(at(repository, image));
    }
  }

  async function pull(account: Account, repository: Repository, image = pulled[repository]): Promise<void> {
    await stage.forget(at(repository, image)); // else no blob would be asked for
    await stage.docker(["pull", at(repository, image)], account);
  }

  function registry(
    account: Account,
    repository: Repository,
    method: string,
    image: string,
    reference: string,
  ) {
    const user = account === "anonymous" ? null : `${account}:${passwords()[account]}`;
    return stage.v2(port(repository), `${image}/manifests/${reference}`, user, method);
  }

  /** As `docker push` begins; it would try a 405 again for 50 s. */
  async function startUpload(account: Account, repository: Repository, image: string): Promise<void> {
    const user = `${account}:${passwords()[account]}`;
    const { status, text } = await stage.v2(port(repository), `${image}/blobs/uploads/`, user, "POST");
    if (status !== 202) throw new Error(text);
  }

  async function digestOf(repository: Repository, image: string): Promise<string> {
    const [name, tag] = image.split(":") as [string, string];
    const answer = await registry("admin", repository, "HEAD", name, tag);
    return answer.headers.get("docker-content-digest") ?? assert.fail(`${image}: ${answer.status}`);
  }

  const own = (...cell: [Account, Repository, Verb]) => `team/${cell.reverse().join("-")}`;

  /** What is tried where: of its own for each cell, where there is something to be left behind. */
  async function attempt(account: Account, repository: Repository, verb: Verb): Promise<void> {
    if (verb === "pull") return pull(account, repository);
    const name = own(account, repository, verb);
    if (verb === "push" && account === "admin" && repository === "hub")
      return startUpload(account, repository, name);
    if (verb === "push") return void (await push(account, repository, `${name}:1`));
    const hosted = repository === "releases" || repository === "cache";
    if (hosted) await push("admin", repository, `${name}:1`);
    const image = hosted ? `${name}:1` : pulled[repository];
    const digest = await digestOf(repository, image);
    const { status, text } = await registry(account, repository, "DELETE", image.split(":")[0]!, digest);
    const left = await registry("admin", repository, "GET", image.split(":")[0]!, digest);
    assert.equal(left.status, status === 202 ? 404 : 200, "it is gone exactly where it was deleted");
    if (status !== 202) throw Object.assign(new Error(text), { status });
  }

  async function assertRefused(account: Account, repository: Repository, verb: Verb): Promise<void> {
    const { text, status } = refusalOf(account, repository);
    const error = await attempt(account, repository, verb).then(
      () => assert.fail("it succeeded"),
      (thrown: Error & { stderr?: string; status?: number }) => thrown,
    );
    if (verb === "delete") assert.equal(error.status, status, error.message);
    else assert.match(error.stderr ?? error.message, text);
    if (verb !== "push") return;
    const { status: found } = await registry("admin", repository, "GET", own(account, repository, verb), "1");
    assert.equal(found, 404, "and nothing came of it");
  }

  function define(): void {
    for (const account of accounts) {
      for (const repository of repositories) {
        for (const verb of verbs) {
          const allowed = may[account][repository].includes(verb);
          const what = verb === "delete" ? "delete in" : verb === "push" ? "push to" : "pull from";
          it(`${account} may ${allowed ? "" : "not "}${what} ${repository}`, () =>
            allowed ? attempt(account, repository, verb) : assertRefused(account, repository, verb));
        }
      }
    }

    describe("beyond single rights", () => {
      it("the base reader gets every member's images through the group", async () => {
        for (const image of [pulled.releases, pulled.cache, pulled.hub])
          await pull("base-reader", "docker", image);
      });

      it("a release, once pushed, stays what it is, and latest moves", async () => {
        await push("pusher", "releases", "team/once:1");
        const digest = await digestOf("releases", "team/once:1");
        await assert.rejects(push("pusher", "releases", "team/once:1"), {
          message: /cannot be updated|does not allow updating/,
        });
        assert.equal(await digestOf("releases", "team/once:1"), digest);
        await push("pusher", "releases", "team/once:latest");
        const before = await digestOf("releases", "team/once:latest");
        await push("pusher", "releases", "team/once:latest");
        assert.notEqual(await digestOf("releases", "team/once:latest"), before);
      });

      it("a cache is written over", async () => {
        await push("pusher", "cache", "team/again:1");
        const before = await digestOf("cache", "team/again:1");
        await push("pusher", "cache", "team/again:1");
        assert.notEqual(await digestOf("cache", "team/again:1"), before);
      });
    });
  }

  return { prepare, define };
}
