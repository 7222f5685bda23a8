import assert from "node:assert/strict";
import { TagConflict } from "../../../components/registry/tag";
import { copyBetween, type WrittenCopy } from "../../support/registry/copy-between";
import { fail, ScriptedRegistry, sha256, status } from "../../support/registry/scripted-registry";

const INDEX = "application/vnd.oci.image.index.v1+json";
const IMAGE = "application/vnd.oci.image.manifest.v1+json";

describe("What refers to an image", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;
  let image: string;

  const copy = (more: Partial<WrittenCopy> = {}) => copyBetween(source, target, more);
  const failure = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => assert.fail("expected an error"),
      (error: Error) => error,
    );
  const schema = (digest: string) => digest.replace(":", "-");

  /** A signature, SBOM, … of a manifest that is in the repository. */
  function refer(registry: ScriptedRegistry, repository: string, subject: string, what: string): string {
    const { mediaType, bytes } = registry.manifests.get(`${repository}@${subject}`)!;
    return registry.addImage(repository, [what], {
      artifactType: `application/vnd.example.${what}`,
      annotations: { "org.example.what": what },
      subject: { mediaType, digest: subject, size: bytes.length },
    });
  }
  function listByTag(
    registry: ScriptedRegistry,
    repository: string,
    subject: string,
    digests: string[],
  ): void {
    const manifests = digests.map((digest) => {
      const { mediaType, bytes } = registry.manifests.get(`${repository}@${digest}`)!;
      return { mediaType, digest, size: bytes.length };
    });
    registry.addManifest(repository, { schemaVersion: 2, mediaType: INDEX, manifests }, schema(subject));
  }
  const listed = (subject: string) => {
    const stored = target.manifests.get(`blog:${schema(subject)}`);
    if (stored === undefined) return undefined;
    const { manifests } = JSON.parse(stored.bytes.toString()) as { manifests: { digest: string }[] };
    return manifests.map(({ digest }) => digest).sort();
  };
  const isAt = (digest: string) => target.manifests.has(`blog@${digest}`);
  const writes = () => target.seen.filter(({ method }) => method !== "GET" && method !== "HEAD");

  beforeEach(async () => {
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    image = source.addImage("team/blog", ["the only layer"], { tag: "1.0" });
  });
  afterEach(() => Promise.all([source.stop(), target.stop()]));

  for (const [from, to] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])
    it(`comes along from a registry ${from ? "with" : "without"} the API to one ${to ? "with" : "without"}, with its own referrers`, async () => {
      source.referrersApi = from!;
      target.referrersApi = to!;
      const sbom = refer(source, "team/blog", image, "sbom");
      const signature = refer(source, "team/blog", image, "signature");
      const signed = refer(source, "team/blog", sbom, "sbom-signature");
      if (!from) {
        listByTag(source, "team/blog", image, [sbom, signature]);
        listByTag(source, "team/blog", sbom, [signed]);
      }
      const { referrers, manifests, blobs } = await copy();
      assert.deepEqual(referrers, { total: 3, present: 0, copied: 3, missing: 0 });
      assert.deepEqual([manifests.total, isAt(sbom), isAt(signature), isAt(signed)], [1, true, true, true]);
      assert.equal(blobs.copied, blobs.total);
      assert.deepEqual(listed(image), to ? undefined : [sbom, signature].sort());
      assert.deepEqual(listed(sbom), to ? undefined : [signed]);
      // The second time there is nothing to do, and nothing is done.
      target.seen.length = 0;
      assert.deepEqual((await copy()).referrers, { total: 3, present: 3, copied: 0, missing: 0 });
      assert.deepEqual(writes(), []);
    });

  it("is listed by tag as the specification wants it: with its type, artifact type and annotations", async () => {
    source.referrersApi = true;
    const sbom = refer(source, "team/blog", image, "sbom");
    await copy();
    const { mediaType, bytes } = target.manifests.get(`blog:${schema(image)}`)!;
    assert.equal(mediaType, INDEX);
    assert.deepEqual(JSON.parse(bytes.toString()), {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [
        {
          mediaType: IMAGE,
          digest: sbom,
          size: source.manifests.get(`team/blog@${sbom}`)!.bytes.length,
          artifactType: "application/vnd.example.sbom",
          annotations: { "org.example.what": "sbom" },
        },
      ],
    });
  });

  it("is sent before the image's tag, and after the image", async () => {
    source.referrersApi = true;
    const sbom = refer(source, "team/blog", image, "sbom");
    await copy();
    const puts = target.requests("PUT", /manifests/).map(({ path }) => path.split("/").at(-1));
    assert.deepEqual(puts, [image, sbom, schema(image), "1.0"]);
  });

  it("keeps the company of what the target lists already", async () => {
    source.referrersApi = true;
    const sbom = refer(source, "team/blog", image, "sbom");
    await copy({ referrers: false });
    const own = refer(target, "blog", image, "scan");
    listByTag(target, "blog", image, [own]);
    const { referrers } = await copy();
    assert.deepEqual([referrers.copied, listed(image)], [1, [own, sbom].sort()]);
  });

  it("survives another job that writes the same list at once", async () => {
    source.referrersApi = true;
    const sbom = refer(source, "team/blog", image, "sbom");
    await copy({ referrers: false });
    const own = refer(target, "blog", image, "scan");
    target.script("PUT", new RegExp(schema(image)), (request, response) => {
      target.route(request, response);
      listByTag(target, "blog", image, [own]);
    });
    await copy();
    assert.deepEqual(listed(image), [own, sbom].sort());
  });

  it("is given up where other jobs always replace the list, before the tag is set", async () => {
    source.referrersApi = true;
    refer(source, "team/blog", image, "sbom");
    target.script("PUT", new RegExp(schema(image)), status(201), { times: 99 });
    assert.match(
      (await failure(copy())).message,
      /other jobs keep replacing the list .*leave referrers out \(--no-referrers\)$/,
    );
    assert.equal(target.tagged("blog", "1.0"), undefined);
  });

  it("is asked for of every child of an index", async () => {
    source.referrersApi = true;
    target.referrersApi = true;
    const children = ["amd64", "arm64"].map((one) => source.addImage("team/blog", [one]));
    const index = source.addIndex("team/blog", children, "1.0");
    const all = [index, ...children].map((subject, n) => refer(source, "team/blog", subject, `sbom-${n}`));
    const { referrers, manifests } = await copy();
    assert.deepEqual([referrers.copied, manifests.copied], [3, 3]);
    for (const one of all) assert.ok(isAt(one));
  });

  it("may be an index, which comes whole", async () => {
    source.referrersApi = true;
    target.referrersApi = true;
    const child = source.addImage("team/blog", ["report"]);
    const { bytes } = source.manifests.get(`team/blog@${child}`)!;
    const index = source.addManifest("team/blog", {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [{ mediaType: IMAGE, digest: child, size: bytes.length }],
      subject: { mediaType: IMAGE, digest: image, size: 1 },
    });
    const { referrers } = await copy();
    assert.deepEqual([referrers.total, isAt(index), isAt(child)], [1, true, true]);
  });

  it("is read page by page", async () => {
    target.referrersApi = true;
    const [one, two] = ["sbom", "signature"].map((what) => refer(source, "team/blog", image, what));
    const page = (digest: string) => {
      const size = source.manifests.get(`team/blog@${digest}`)!.bytes.length;
      return JSON.stringify({
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: [{ mediaType: IMAGE, digest, size }],
      });
    };
    const path = new RegExp(`referrers/${image}`);
    source.script("GET", path, ({ path }, response) => {
      response
        .writeHead(200, { "content-type": INDEX, link: `<${path}?page=2>; rel="next"` })
        .end(page(one!));
    });
    source.script("GET", path, (_r, response) => void response.end(page(two!)));
    source.referrersApi = true;
    assert.equal((await copy()).referrers.copied, 2);
    assert.match(source.requests("GET", path)[1]!.path, /page=2/);
  });

  for (const code of [200, 400, 404, 405, 501])
    it(`is looked for by tag where the API's address answers ${code}${code === 200 ? " with a page" : ""}`, async () => {
      const sbom = refer(source, "team/blog", image, "sbom");
      listByTag(source, "team/blog", image, [sbom]);
      const answer = (_r: unknown, response: Parameters<typeof fail>[0]) =>
        void response
          .writeHead(code, { "content-type": "text/html; charset=utf-8" })
          .end("<html>hello</html>");
      source.script("GET", /referrers/, answer, { times: 99 });
      assert.equal((await copy()).referrers.copied, 1);
      assert.ok(isAt(sbom));
    });

  it("is told by a dry run, which writes nothing", async () => {
    source.referrersApi = true;
    const sbom = refer(source, "team/blog", image, "sbom");
    refer(source, "team/blog", sbom, "signature");
    const { referrers, blobs } = await copy({ dryRun: true });
    assert.deepEqual(referrers, { total: 2, present: 0, copied: 0, missing: 2 });
    // Its layer, theirs, and the config that they have in common.
    assert.equal(blobs.missing, 4);
    assert.deepEqual(writes(), []);
  });

  it("stays behind where that is wished, and is not even asked for", async () => {
    source.referrersApi = true;
    const sbom = refer(source, "team/blog", image, "sbom");
    const { referrers } = await copy({ referrers: false });
    assert.deepEqual([referrers.total, isAt(sbom)], [0, false]);
    assert.ok(source.seen.every(({ path }) => !/referrers|sha256-/.test(path)));
  });

  it("is made known again where the target has it without listing it", async () => {
    source.referrersApi = true;
    const sbom = refer(source, "team/blog", image, "sbom");
    await copy();
    target.manifests.delete(`blog:${schema(image)}`);
    const { referrers, manifests } = await copy();
    assert.deepEqual([referrers.copied, manifests.copied, listed(image)], [1, 0, [sbom]]);
  });

  describe("cosign's tags", () => {
    const sign = (registry: ScriptedRegistry, repository: string, signatures: string[], suffix = "sig") =>
      registry.addImage(repository, signatures, { tag: `${schema(image)}.${suffix}` });
    const tag = (suffix = "sig") => target.tagged("blog", `${schema(image)}.${suffix}`);

    it("come along, each with all that it names", async () => {
      const digests = ["sig", "att", "sbom"].map((suffix) => sign(source, "team/blog", [suffix], suffix));
      const { referrers } = await copy();
      assert.deepEqual(referrers, { total: 3, present: 0, copied: 3, missing: 0 });
      assert.deepEqual(["sig", "att", "sbom"].map(tag), digests);
      target.seen.length = 0;
      assert.equal((await copy()).referrers.present, 3);
      assert.deepEqual(writes(), []);
    });

    it("are moved where the source has more signatures, and left where the target has", async () => {
      sign(source, "team/blog", ["one"]);
      await copy();
      const more = sign(source, "team/blog", ["one", "two"]);
      assert.equal((await copy()).referrers.copied, 1);
      assert.equal(tag(), more);
      const most = sign(target, "blog", ["one", "two", "three"]);
      assert.equal((await copy()).referrers.present, 1);
      assert.equal(tag(), most);
    });

    it("are not moved where the target's signatures would be lost, unless that is allowed", async () => {
      await copy();
      const theirs = sign(target, "blog", ["theirs"]);
      const ours = sign(source, "team/blog", ["ours"]);
      const error = await failure(copy());
      assert.ok(error instanceof TagConflict);
      assert.match(error.message, /has signatures or the like that .* lacks.*--move-tag/);
      assert.equal(tag(), theirs);
      await copy({ moveTag: true });
      assert.equal(tag(), ours);
    });
  });

  describe("that is lost for good", () => {
    const lost: [string, () => string, RegExp][] = [
      [
        "as what is listed is gone",
        () => {
          const sbom = refer(source, "team/blog", image, "sbom");
          listByTag(source, "team/blog", image, [sbom]);
          source.manifests.delete(`team/blog@${sbom}`);
          return sbom;
        },
        /^GET http:\/\/.*\/v2\/team\/blog\/manifests\/sha256:\w+: 404 MANIFEST_UNKNOWN/,
      ],
      [
        "as what the API lists is gone",
        () => {
          source.referrersApi = true;
          const sbom = refer(source, "team/blog", image, "sbom");
          source.script("GET", new RegExp(`manifests/${sbom}`), (_r, response) =>
            fail(response, 404, "MANIFEST_UNKNOWN", "gone"),
          );
          return sbom;
        },
        /404 MANIFEST_UNKNOWN: gone/,
      ],
      [
        "as a part of it is gone",
        () => {
          const child = source.addImage("team/blog", ["report"]);
          const { bytes } = source.manifests.get(`team/blog@${child}`)!;
          const index = source.addManifest("team/blog", {
            schemaVersion: 2,
            mediaType: INDEX,
            manifests: [{ mediaType: IMAGE, digest: child, size: bytes.length }],
            subject: { mediaType: IMAGE, digest: image, size: 1 },
          });
          listByTag(source, "team/blog", image, [index]);
          source.manifests.delete(`team/blog@${child}`);
          return index;
        },
        /404 MANIFEST_UNKNOWN/,
      ],
      [
        "as a signature's blob is gone",
        () => {
          source.referrersApi = true;
          const sbom = refer(source, "team/blog", image, "sbom");
          source.blobs.delete(sha256("sbom"));
          return sbom;
        },
        /^GET http:\/\/.*\/v2\/team\/blog\/blobs\/sha256:\w+: 404 BLOB_UNKNOWN/,
      ],
      [
        "as what cosign's tag names is gone",
        () => {
          const signature = source.addImage("team/blog", ["signature"], { tag: `${schema(image)}.sig` });
          source.blobs.delete(sha256("signature"));
          return signature;
        },
        /404 BLOB_UNKNOWN/,
      ],
      [
        "as the target does not take such a manifest",
        () => {
          source.referrersApi = true;
          const sbom = refer(source, "team/blog", image, "sbom");
          target.script("PUT", new RegExp(`manifests/${sbom}`), (_r, response) =>
            fail(response, 400, "MANIFEST_INVALID", "unknown artifact type"),
          );
          return sbom;
        },
        /^PUT http:\/\/.*: 400 MANIFEST_INVALID: unknown artifact type/,
      ],
      [
        "as the target takes the list's tag for a digest",
        () => {
          source.referrersApi = true;
          target.tagsAreDigests = true;
          return refer(source, "team/blog", image, "sbom");
        },
        /^PUT http:\/\/.*\/sha256-\w+: the registry takes this tag for the digest in it, so that it keeps no list of referrers$/,
      ],
      [
        "as the target refuses the list's tag",
        () => {
          source.referrersApi = true;
          target.script("PUT", new RegExp(schema(image)), (_r, response) =>
            fail(response, 403, "DENIED", "tags are immutable"),
          );
          return refer(source, "team/blog", image, "sbom");
        },
        /^PUT http:\/\/.*\/sha256-\w+: 403 DENIED: tags are immutable/,
      ],
      [
        "as the list's tag at the target is an image",
        () => {
          source.referrersApi = true;
          target.addImage("blog", ["somebody's"], { tag: schema(image) });
          return refer(source, "team/blog", image, "sbom");
        },
        /should be a list of referrers .*, and is application\/vnd\.oci\.image\.manifest/,
      ],
      [
        "as the target does not list what it took",
        () => {
          source.referrersApi = true;
          target.script("GET", /referrers/, (_r, response) => void response.end('{"manifests":[]}'), {
            times: 99,
          });
          return refer(source, "team/blog", image, "sbom");
        },
        /has it, but does not list it as referring to/,
      ],
    ];
    for (const [why, arrange, message] of lost) {
      it(`is told, and the image is copied with all the rest, ${why}`, async () => {
        const digest = arrange();
        const kept = source.addImage("team/blog", ["attestation"], { tag: `${schema(image)}.att` });
        const result = await copy();
        assert.deepEqual(
          result.lost?.map(({ subject, referrers }) => [subject, referrers]),
          [[image, [digest]]],
        );
        assert.match(result.lost![0]!.why, message);
        assert.equal(result.referrers.copied, 1);
        assert.equal(target.tagged("blog", "1.0"), image);
        assert.equal(target.tagged("blog", `${schema(image)}.att`), kept);
      });

      it(`fails the copy before the tag is set where that is wished, ${why}`, async () => {
        arrange();
        const { message: said } = await failure(copy({ strictReferrers: true }));
        assert.match(said, new RegExp(message.source.replace(/\$$/, "")));
        assert.equal(target.tagged("blog", "1.0"), undefined);
      });
    }

    it("takes nothing of the image along", async () => {
      source.referrersApi = true;
      refer(source, "team/blog", image, "the only layer");
      source.blobs.delete(sha256("the only layer"));
      assert.match((await failure(copy())).message, /404 BLOB_UNKNOWN/);
      assert.equal(target.tagged("blog", "1.0"), undefined);
    });

    it("is told by a dry run, as far as the source goes", async () => {
      const sbom = refer(source, "team/blog", image, "sbom");
      listByTag(source, "team/blog", image, [sbom]);
      source.manifests.delete(`team/blog@${sbom}`);
      const { lost: told, dryRun } = await copy({ dryRun: true });
      assert.deepEqual([told?.length, dryRun], [1, true]);
      assert.deepEqual(writes(), []);
    });

    it("is no passing trouble: that ends the copy, which the next one may get over", async () => {
      const sbom = refer(source, "team/blog", image, "sbom");
      listByTag(source, "team/blog", image, [sbom]);
      source.script("GET", new RegExp(`manifests/${sbom}`), status(503), { times: 99 });
      assert.match(
        (await failure(copy())).message,
        /: 503\. .*\. It is about what refers to the image; to copy that alone, set BERTH_REFERRERS=none or leave referrers out \(--no-referrers\)$/,
      );
      assert.equal(target.tagged("blog", "1.0"), undefined);
    });
  });

  describe("at a registry that takes the list's tag for the digest in it, as GitLab's", () => {
    beforeEach(() => {
      source.tagsAreDigests = true;
    });

    it("is none: an index is not the list of its own referrers", async () => {
      const children = ["amd64", "arm64"].map((one) => source.addImage("team/blog", [one]));
      const index = source.addIndex("team/blog", children, "1.0");
      for (const more of [{}, { strictReferrers: true }]) {
        const result = await copy(more);
        assert.deepEqual([result.digest, result.referrers.total, result.lost], [index, 0, undefined]);
      }
      assert.equal(target.tagged("blog", "1.0"), index);
    });

    it("is still found by cosign's tags", async () => {
      const signature = source.addImage("team/blog", ["signature"], { tag: `${schema(image)}.sig` });
      const { referrers, lost } = await copy();
      assert.deepEqual([referrers.copied, lost], [1, undefined]);
      assert.equal(target.tagged("blog", `${schema(image)}.sig`), signature);
    });

    it("as the target is there by its digest, and lost to who looks for it; the index arrives", async () => {
      source.tagsAreDigests = false;
      source.referrersApi = true;
      target.tagsAreDigests = true;
      const child = source.addImage("team/blog", ["amd64"]);
      const index = source.addIndex("team/blog", [child], "1.0");
      const signatures = [index, child].map((subject, n) => refer(source, "team/blog", subject, `s${n}`));
      const result = await copy();
      assert.equal(target.tagged("blog", "1.0"), index);
      assert.deepEqual(
        result.lost?.map(({ referrers }) => referrers).sort(),
        signatures.map((one) => [one]).sort(),
      );
      for (const one of signatures) assert.ok(isAt(one));
      target.seen.length = 0;
      assert.equal((await copy()).lost?.length, 2, "and is told each time");
      assert.ok(
        target.requests("PUT", /sha256-/).length === 0,
        "and the image is never put in the list's place",
      );
    });
  });

  describe("fails the copy before the tag is set", () => {
    const refused: [string, () => void, RegExp][] = [
      [
        "where the list is refused",
        () => source.script("GET", /referrers/, (_r, response) => fail(response, 403, "DENIED", "no lists")),
        /referrers\/sha256.*: 403 DENIED: no lists.*--no-referrers/,
      ],
      [
        "where the list is a page",
        () => source.script("GET", /referrers/, (_r, response) => void response.end("<html>")),
        /expected an index of referrers: expected a manifest in JSON/,
      ],
      [
        "where pages go round",
        () =>
          source.script("GET", /referrers/, ({ path }, response) => {
            response.writeHead(200, { link: `<${path}>; rel="next"` }).end('{"manifests":[]}');
          }),
        /next page of referrers is one already read/,
      ],
      [
        "where what is listed refers to something else",
        () => listByTag(source, "team/blog", image, [source.addImage("team/blog", ["x"])]),
        /listed as referring to sha256:\w+, but refers to nothing/,
      ],
      [
        "where it has an unknown media type",
        () => {
          const subject = { mediaType: IMAGE, digest: image, size: 1 };
          const mediaType = "application/vnd.example.signature.v1+json";
          const digest = source.addManifest("team/blog", { mediaType, blobs: [], subject });
          source.script("GET", new RegExp(`referrers/${image}`), (_r, response) => {
            const { length: size } = source.manifests.get(`team/blog@${digest}`)!.bytes;
            response.end(JSON.stringify({ manifests: [{ mediaType, digest, size }] }));
          });
        },
        /media type application\/vnd\.example\.signature\.v1\+json is unknown/,
      ],
      [
        "where there are too many levels",
        () => {
          source.referrersApi = true;
          for (let n = 0, subject = image; n < 6; n++)
            subject = refer(source, "team/blog", subject, `level-${n}`);
        },
        /more than 4 levels of referrers/,
      ],
    ];
    for (const [what, arrange, message] of refused)
      it(what, async () => {
        arrange();
        assert.match((await failure(copy())).message, message);
        assert.equal(target.tagged("blog", "1.0"), undefined);
      });

    it("but not for an error that is the image's own", async () => {
      target.script("PUT", /manifests\/sha256/, (_r, response) => fail(response, 403, "DENIED", "no"));
      const { message } = await failure(copy());
      assert.ok(message.includes("DENIED") && !message.includes("referrers"), message);
    });
  });

  it("ends where registries name each other's referrers in a circle", async () => {
    source.referrersApi = true;
    const sbom = refer(source, "team/blog", image, "sbom");
    // The hash forbids a true circle; a list that repeats itself is what is left.
    source.script("GET", new RegExp(`referrers/${sbom}`), (_r, response) => {
      const { length: size } = source.manifests.get(`team/blog@${sbom}`)!.bytes;
      response.end(JSON.stringify({ manifests: [{ mediaType: IMAGE, digest: sbom, size }] }));
    });
    assert.match((await failure(copy())).message, /listed as referring to .* but refers to/);
  });
});
