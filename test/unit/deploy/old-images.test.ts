import assert from "node:assert/strict";
import { OldImages } from "../../../components/deploy/images/old-images";
import { removeImages } from "../../../components/deploy/images/remove-images";
import { dockerHost } from "../../../components/docker/docker-host";
import { type DockerScript, scriptedDocker } from "../../support/docker/scripted-docker";
import { serialisedProvider } from "../../support/serialised-provider";

const NEXUS = "nexus.test:8082";
const digest = (number: number) => `sha256:${String(number).padStart(64, "0")}`;
const named = (number: number, repository = "blog") => `${NEXUS}/${repository}@${digest(number)}`;

/** Layer → megabytes. */
type Layers = Readonly<Record<string, number>>;

interface Image {
  readonly id: string;
  readonly layers: Layers;
  tags: readonly string[];
  digests: readonly string[];
}

/** The image of a release: one layer of its own above Debian's. */
function release(number: number, over: Partial<Image> = {}): Image {
  const layers = { debian: 100, [`app ${number}`]: number };
  return { id: `sha256:image-${number}`, layers, tags: [], digests: [named(number)], ...over };
}

/** The images of a server, as Docker's own rules are about them (daemon/images/image_delete.go of moby). */
class ImageStore {
  readonly asked: string[] = [];
  /** Containers, each by the id of its image. */
  users: readonly string[] = [];
  /** Containers as `docker ps` tells of them. */
  containers: readonly object[] = [];
  /** Docker 20.10 knows nothing of what images share. */
  tellsShared = true;
  /** In place of a removal. */
  refusal: readonly [number, object] | undefined;

  constructor(public images: Image[]) {}

  get ids(): string[] {
    return this.images.map(({ id }) => id.replace("sha256:image-", ""));
  }

  readonly script: Partial<DockerScript> = {
    images: () =>
      this.images.map((image) => ({
        Id: image.id,
        RepoTags: image.tags.length > 0 ? image.tags : null,
        RepoDigests: image.digests,
        Size: 1_000_000 * sum(Object.entries(image.layers)),
        SharedSize: this.tellsShared ? 1_000_000 * this.shared(image) : -1,
      })),
    untagged: (name) => this.untag(name),
  };

  private shared(image: Image): number {
    const others = this.images.filter((one) => one !== image);
    return sum(
      Object.entries(image.layers).filter(([layer]) => others.some(({ layers }) => layer in layers)),
    );
  }

  private untag(name: string): readonly [number, object] {
    this.asked.push(name);
    if (this.refusal) return this.refusal;
    const image = this.images.find(({ digests }) => digests.includes(name));
    if (!image) return [404, { message: `No such image: ${name}` }];
    const rest = image.digests.filter((one) => one !== name);
    if (rest.length + image.tags.length > 0) {
      image.digests = rest; // also where a container uses it
      return [200, [{ Untagged: name }]];
    }
    if (this.users.includes(image.id)) return [409, { message: "a container is using its referenced image" }];
    this.images = this.images.filter((one) => one !== image);
    return [200, [{ Untagged: name }, { Deleted: image.id }, { Deleted: "sha256:layer" }]];
  }
}

const sum = (layers: [string, number][]) => layers.reduce((all, [, size]) => all + size, 0);

describe("the images of old releases", () => {
  type Provider = Awaited<ReturnType<typeof serialisedProvider>>;
  let provider: Provider;
  const want = (number: number, docker: string, over: object = {}) => ({
    app: "blog",
    identity: "ours",
    image: named(number),
    keep: 3,
    known: [5, 4, 3, 2, 1].map(digest),
    servers: [{ name: "web1", docker }],
    ...over,
  });

  before(async () => {
    provider = await serialisedProvider(() => new OldImages("o", want(5, "unix:///x")));
  });

  /** Runs it on a server with these images. */
  async function on<T>(store: ImageStore, work: (docker: string) => Promise<T>): Promise<T> {
    const docker = await scriptedDocker({
      state: () => undefined,
      exec: () => ({ exitCode: 0, output: "" }),
      containers: [...store.users.map((ImageID) => ({ Image: ImageID, ImageID })), ...store.containers],
      ...store.script,
    });
    try {
      return await work(docker.address);
    } finally {
      docker.close();
    }
  }

  /** What the first time tells. */
  async function told(store: ImageStore, number = 5, over: object = {}): Promise<unknown> {
    const made = await on(store, (docker) => provider.create(want(number, docker, over)));
    return made.outs!["told"];
  }

  it("go, but for those that a rollback takes soonest; what that freed is told, without layers that others share", async () => {
    const store = new ImageStore([5, 4, 3, 2, 1].map((number) => release(number)));
    assert.deepEqual(await told(store), ["web1: removed 2 images of blog, 3.0 MB"]);
    assert.deepEqual(store.ids, ["5", "4", "3"]);
    assert.deepEqual(await told(store), [], "and nothing is told where nothing is to be removed");
    const pair = { debian: 100, "of both": 50 };
    const sharing = new ImageStore([release(5), release(2, { layers: pair }), release(1, { layers: pair })]);
    assert.deepEqual(await told(sharing), ["web1: removed 2 images of blog, 50.0 MB"], "counted once");
  });

  it("stay where a container uses them, running or not, of whichever stack, also where Docker would take their name", async () => {
    const two = release(2, { digests: [named(2), named(2, "other/blog")] });
    const store = new ImageStore([release(5), two, release(1)]);
    store.users = ["sha256:image-2", "sha256:image-1"];
    assert.deepEqual(await told(store), []);
    assert.deepEqual(store.asked, []);
    const late = new ImageStore([release(1)]);
    late.refusal = [409, { message: "a container is using its referenced image" }];
    assert.deepEqual(
      [await told(late), late.asked],
      [[], [named(1)]],
      "of one that came meanwhile Docker says it",
    );
  });

  it("of any other repository or with a tag of this one stay as they are; one that others have named too loses the app's name alone", async () => {
    const others = [
      release(11, { digests: [named(11, "shop")] }),
      release(12, { digests: [named(12, "team/blog")] }),
      release(13, { digests: [`other.test:8082/blog@${digest(13)}`] }),
      release(14, { tags: [`${NEXUS}/blog:by-hand`], digests: [named(14)] }),
      release(15, { tags: ["blog:latest"], digests: [] }),
    ];
    const built = release(1, { tags: ["gitlab.test:5050/team/blog:one"] });
    const store = new ImageStore([...others, built]);
    assert.deepEqual(await told(store), [
      "web1: took that name from 1 image of blog, with other names there",
    ]);
    assert.deepEqual(store.asked, [named(1)]);
    assert.deepEqual(store.ids, ["11", "12", "13", "14", "15", "1"]);
  });

  it("stay where another stack has a container of their repository, running or not, as it may go back to them", async () => {
    const store = new ImageStore([5, 4, 3, 2, 1].map((number) => release(number)));
    const container = (Image: string, id: string) => ({
      Image,
      ImageID: "sha256:image-5",
      Labels: { "berth.id": id },
    });
    store.containers = [container(named(5), "ours"), container(named(5), "theirs")];
    assert.deepEqual(await told(store), [
      "web1: left 2 old images of blog: another stack has containers of the same repository there, and may go back to them",
    ]);
    assert.deepEqual(store.asked, []);
    store.containers = [container(named(5), "ours"), container(named(9, "shop"), "theirs")];
    assert.deepEqual(await told(store), ["web1: removed 2 images of blog, 3.0 MB"]);
  });

  it("go once from a Docker that is two servers", async () => {
    const store = new ImageStore([release(5), release(1)]);
    const servers = (docker: string) => ["web1", "web2"].map((name) => ({ name, docker }));
    const { outs } = await on(store, (docker) =>
      provider.create(want(5, docker, { keep: 3, known: [], servers: servers(docker) })),
    );
    assert.deepEqual(outs!["told"], ["web1, web2: removed 1 image of blog, 1.0 MB"]);
  });

  it("are left for the next time where those before took long, as the update waits", async () => {
    const store = new ImageStore([release(5), release(2), release(1)]);
    const names = { identity: "ours", repositories: [`${NEXUS}/blog`], kept: [named(5)] };
    const slow = async (docker: string) => removeImages(dockerHost(docker), names, 0);
    const { images, late } = await on(store, slow);
    assert.deepEqual([images, late, store.asked], [0, 2, []]);
  });

  it("that can't be removed are a line and no failure, nor is a Docker that doesn't answer", async () => {
    const store = new ImageStore([release(2), release(1)]);
    store.refusal = [500, { message: "device or resource busy" }];
    const [line, ...more] = (await told(store)) as string[];
    assert.match(
      line!,
      /^web1: could not remove 2 old images of blog; the next release tries again: .*device or resource busy/,
    );
    assert.deepEqual(more, []);
    const servers = [{ name: "web1", docker: "unix:///nowhere/docker.sock" }];
    const { outs } = await provider.create(want(5, "", { servers }));
    assert.match(
      outs!["told"][0],
      /^web1: nobody knows which old images of blog are there; the next release tries again: Docker at unix:\/\/\/nowhere\/docker\.sock: .*ENOENT/,
    );
  });

  it("are told by their whole size where Docker is too old to know what they share", async () => {
    const store = new ImageStore([release(5), release(2), release(1)]);
    store.tellsShared = false;
    assert.deepEqual(await told(store), ["web1: removed 2 images of blog, at most 203.0 MB"]);
  });

  it("are those that the way back doesn't lead to: after a rollback and another release, not those that came last", async () => {
    const store = new ImageStore([1, 2, 3, 4, 5].map((number) => release(number)));
    let { outs } = await on(store, (docker) => provider.create(want(5, docker, { keep: 5 })));
    const next = async (number: number, keep: number) => {
      const made = await on(store, (docker) =>
        provider.update("id", outs!, want(number, docker, { keep, known: [] })),
      );
      outs = made.outs;
      return [store.ids.join(), outs!["way"].map((one: string) => Number(one.replace("sha256:", "")))];
    };
    store.users = ["sha256:image-5", "sha256:image-2"]; // the engine ends the container of before behind it
    assert.deepEqual(await next(2, 5), ["1,2,5", [2, 1]]);
    store.images.push(release(6));
    store.users = ["sha256:image-2", "sha256:image-6"];
    assert.deepEqual(await next(6, 3), ["1,2,6", [6, 2, 1]]);
    assert.deepEqual(await next(6, 2), ["2,6", [6, 2, 1]]);
  });

  it("of the app's name before go as well, as a rollback goes back no further than the rename", async () => {
    const images = [release(1), release(2), release(3, { digests: [named(3, "site")] })];
    const store = new ImageStore(images);
    const over = { app: "site", was: "blog", image: named(3, "site"), known: [digest(3)] };
    const before = { ...want(2, ""), way: [2, 1].map(digest) };
    const { outs } = await on(store, (docker) => provider.update("id", before, want(3, docker, over)));
    assert.deepEqual(outs!["told"], ["web1: removed 2 images of site, 3.0 MB"]);
    assert.deepEqual([store.ids, outs!["way"]], [["3"], [digest(3)]]);
  });

  it("are of the next update as well, whose check has nothing of what the last one found", async () => {
    const checked = await provider.check(want(5, "unix:///x"), want(6, "unix:///x"));
    assert.deepEqual(checked.failures, []);
  });

  it("are looked for with another release, number or server, and at no other update", async () => {
    const state = {
      ...want(5, "unix:///x"),
      way: [digest(5)],
      told: ["web1: removed 2 images of blog, 3.0 MB"],
    };
    const changes = async (over: object) =>
      (await provider.diff("id", state, { ...want(5, "unix:///x"), ...over })).changes;
    assert.equal(await changes({}), false);
    assert.equal(await changes({ known: [] }), false);
    assert.equal(await changes({ image: named(6) }), true);
    assert.equal(await changes({ keep: 2 }), true);
    assert.equal(await changes({ servers: [] }), true);
  });
});
