import assert from "node:assert/strict";
import type {
  PlannedChange,
  PropertyChange,
  ReleaseChange,
} from "../../../../automation/change/model/change";
import { planOf } from "../../../../automation/change/model/planned-changes";
import { whyReplaced } from "../../../../automation/change/model/reasons";
import { SECRET, UNKNOWN } from "../../../../automation/change/model/shown";
import { inWords, replacedLines, replacedOf } from "../../../../automation/change/told-replacements";
import { recordedEvents } from "./recorded";

const CONTAINER = "docker:index/container:Container";
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const urnOf = (type: string, name: string) => `urn:pulumi:dev::berth::${type}::${name}`;
const NAMES = { apps: ["blog"], servers: ["web1", "web2"] };
const NOTHING = { dependenciesOf: () => new Map() };

type Changed = Omit<PropertyChange, "replaces">;

/** Why a container is replaced that these properties of it force. */
function why(...changed: readonly Changed[]): string {
  const properties = changed.map((one) => ({ ...one, replaces: true as const }));
  const change = { urn: urnOf(CONTAINER, "blog-web1-container"), type: CONTAINER, properties };
  return whyReplaced(change, { ...NOTHING, releases: [], replaced: new Set(), phrase: String });
}

function replacing(type: string, name: string, properties: readonly PropertyChange[]): PlannedChange {
  return { urn: urnOf(type, name), operation: "replace", type, name, properties };
}

describe("why something is replaced", () => {
  const cases: [what: string, changed: Changed[], said: string][] = [
    [
      "another image, by its digest",
      [{ path: "image", old: `n:8082/blog@${digest("a")}`, new: `n:8082/blog@${digest("b")}` }],
      "its image changes: sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb",
    ],
    [
      "the same digest from elsewhere",
      [{ path: "image", old: `a.test/blog@${digest("a")}`, new: `b.test/blog@${digest("a")}` }],
      "its image changes: a.test/blog → b.test/blog",
    ],
    [
      "an image that is yet to be built",
      [{ path: "image", old: `n:8082/blog@${digest("a")}`, new: UNKNOWN }],
      "its image changes: sha256:aaaaaaaaaaaa → known after the update",
    ],
    ["a number", [{ path: "memory", old: 256, new: 512 }], "its memory changes: 256 → 512"],
    ["what was not there", [{ path: "user", new: "1000" }], "its user changes: none → 1000"],
    [
      "a variable, without its value",
      [{ path: "envs[0]", new: "BANNER=Welcome" }],
      "its environment variable BANNER changes",
    ],
    [
      "variables whose places changed, but for those that stay",
      [
        { path: "envs[0]", old: "A=1", new: "B=1" },
        { path: "envs[1]", old: "B=1", new: "C=1" },
      ],
      "its environment variables A, C change",
    ],
    [
      "a secret, which is named and not shown",
      [{ path: "password", old: SECRET, new: SECRET }],
      "its password (secret) changes",
    ],
    [
      "a secret deep within",
      [{ path: "uploads[0].content", old: { text: SECRET }, new: { text: SECRET } }],
      "its files (secret) change",
    ],
    [
      "several properties",
      [
        { path: "image", old: "a", new: "b" },
        { path: "tmpfs./tmp", old: "size=1", new: "size=2" },
        { path: "envs[0]", old: SECRET, new: SECRET },
      ],
      "its image, tmpfs and environment variables (secret) change",
    ],
    ["what is too long to read", [{ path: "command", old: "x", new: "y".repeat(60) }], "its command changes"],
    ["a property of two words", [{ path: "logDriver", old: "a", new: "b" }], "its log driver changes: a → b"],
    ["nothing that the engine names", [], "the engine says that it has to be, and not why"],
  ];
  for (const [what, changed, said] of cases) it(`is ${what}`, () => assert.equal(why(...changed), said));

  const NETWORK = "berth:app:ServerHost$docker:index/network:Network";
  const network = replacing(NETWORK, "web1-network", [
    { path: "driver", old: "bridge", new: "overlay", replaces: true },
  ]);
  const dependent = (next: string) =>
    replacing(CONTAINER, "blog-web1-container", [
      { path: "networksAdvanced[0].name", old: "web1-network-1a2b3c4", new: next, replaces: true },
    ]);
  const onNetwork = {
    dependenciesOf: (urn: string) =>
      new Map(urn === dependent("").urn ? [["networksAdvanced", [urnOf("a", "b"), network.urn]]] : []),
  };
  const FROM_NETWORK = "its network changes with the network of web1, which is replaced";

  for (const next of [UNKNOWN, "web1-network-[generated]", "web1-network-1a2b3c4"])
    it(`is that something is replaced which it is made of, where its own value becomes ${next}`, () => {
      const [, container] = inWords([network, dependent(next)], NAMES, onNetwork);
      assert.equal(container?.because, FROM_NETWORK);
    });

  it("is that something is replaced which it is made of, where the engine names no property: it goes before that", () => {
    const without = { ...dependent(""), properties: [] };
    assert.equal(inWords([network, without], NAMES, onNetwork)[1]?.because, FROM_NETWORK);
  });

  it("is its own value where that is known, or where what it is made of stays", () => {
    const known = inWords([network, dependent("other")], NAMES, onNetwork)[1];
    assert.equal(known?.because, "its network changes: web1-network-1a2b3c4 → other");
    const alone = inWords([dependent(UNKNOWN)], NAMES, onNetwork)[0];
    assert.equal(alone?.because, "its network changes: web1-network-1a2b3c4 → known after the update");
  });

  it("is the release that an image becomes, which the engine doesn't know before", () => {
    const image = { path: "image", old: `n/blog@${digest("a")}`, new: UNKNOWN, replaces: true as const };
    const container = replacing(CONTAINER, "blog-web1-container", [image]);
    const why = (after: ReleaseChange["after"]) => {
      const releases = [{ app: "blog", before: { digest: digest("a") }, ...(after && { after }) }];
      return inWords([container], NAMES, NOTHING, releases)[0]?.because;
    };
    assert.equal(
      why({ digest: digest("b") }),
      "its image changes: sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb",
    );
    assert.equal(why({ tag: "2" }), "its image changes: sha256:aaaaaaaaaaaa → built by the update");
    const other = [{ app: "shop", before: { digest: digest("c") }, after: { digest: digest("b") } }];
    assert.match(inWords([container], NAMES, NOTHING, other)[0]!.because!, /→ known after the update$/);
  });

  it("is both where both force it, and what it is managed by", () => {
    const both = replacing(CONTAINER, "blog-web1-container", [
      ...dependent(UNKNOWN).properties,
      { path: "memory", old: 1, new: 2, replaces: true },
    ]);
    const [, told] = inWords([network, both], NAMES, onNetwork);
    assert.equal(told?.because, `its memory changes: 1 → 2, and ${FROM_NETWORK}`);
    const provider = replacing("pulumi:providers:docker", "web1-docker", []);
    const moved = replacing(CONTAINER, "blog-web1-container", [{ path: "provider", replaces: true }]);
    const by = { dependenciesOf: () => new Map([["provider", [provider.urn]]]) };
    assert.equal(
      inWords([provider, moved], NAMES, by)[1]?.because,
      "its connection changes with the Docker of web1, which is replaced",
    );
  });

  it("is told of a change of the real engine, and of nothing that isn't replaced", () => {
    const told = inWords(planOf(recordedEvents("3-update")).resources, NAMES, NOTHING);
    assert.deepEqual(
      told.flatMap(({ name, because }) => (because === undefined ? [] : [`${name}: ${because}`])),
      [
        "web: its environment variables (secret), image and files change",
        "pulled: its image changes: sha256:9784e197f446 → sha256:49ac9cfb5b3a",
        "pet: its rotation changes: 1 → 2",
      ],
    );
  });

  it("is said once for all that are replaced for it, in lines that fit", () => {
    const image = { path: "image", old: `n/blog@${digest("a")}`, new: `n/blog@${digest("b")}` };
    const pulled = (name: string) =>
      replacing("docker:index/remoteImage:RemoteImage", name, [{ ...image, path: "name", replaces: true }]);
    const all = ["web1", "web2"].flatMap((server) => [
      replacing(CONTAINER, `blog-${server}-container`, [{ ...image, replaces: true }]),
      pulled(`blog-${server}-image`),
    ]);
    const lines = replacedLines(replacedOf(inWords([...all, network], NAMES, NOTHING)), 80);
    assert.deepEqual(lines, [
      "replaced: blog on web1: container, blog on web1: image, blog on web2: container,",
      "          blog on web2: image",
      "          because its image changes: sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb",
      "replaced: web1: network",
      "          because its driver changes: bridge → overlay",
    ]);
    assert.deepEqual(replacedLines([], 80), []);
  });
});
