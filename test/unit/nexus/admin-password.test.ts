import assert from "node:assert/strict";
import { UNKNOWN } from "../../../components/base/shape";
import { AdminAccess } from "../../../components/nexus/admin-access";
import { AdminPassword } from "../../../components/nexus/admin-password";
import { currentLogin } from "../../../components/nexus/rest/current-login";
import { type DockerScript, scriptedDocker } from "../../support/docker/scripted-docker";
import { freePort } from "../../support/free-port";
import { type Call, type Reply, scriptedNexus } from "../../support/nexus/scripted-nexus";
import { serialisedProvider } from "../../support/serialised-provider";

interface Script extends Partial<DockerScript> {
  /** What is in `admin.password`. */
  readonly file?: string;
  /** Comes before what Nexus would answer; `done` does what was asked. */
  answer?(call: Call, done: () => Reply): Reply | undefined;
}

const noFile = { exitCode: 1, output: "cat: /nexus-data/admin.password: No such file or directory" };

describe("the admin password, as serialised", () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  /** A Nexus whose admin has that password, in a container that holds (or not) the file with the first one. */
  async function nexusWith(password: string, { file, answer, ...over }: Script = {}) {
    let current = password;
    const properly = ({ path, method, authorization, body }: Call): Reply => {
      if (path.startsWith("/service/rest/v1/status")) return { status: 200 };
      if (authorization !== `Basic ${Buffer.from(`admin:${current}`).toString("base64")}`)
        return { status: 401 };
      if (method === "GET") return { status: 200, body: [] };
      current = String(body);
      return { status: 204 };
    };
    const nexus = await scriptedNexus((call) => answer?.(call, () => properly(call)) ?? properly(call));
    const docker = await scriptedDocker({
      state: () => ({ Running: true }),
      exec: () => (file === undefined ? noFile : { exitCode: 0, output: `${file}\n` }),
      ...over,
    });
    closers.push(nexus.close, docker.close);
    const { url, calls } = nexus;
    const want = { url, password: "wanted", docker: docker.address, container: "c1", readyTimeout: 2 };
    const provider = await serialisedProvider(() => new AdminPassword("a", want));
    return { provider, want, url, calls, password: () => current };
  }

  const changes = (calls: readonly Call[]) => calls.filter(({ method }) => method === "PUT").length;

  describe("becomes the wanted one", () => {
    it("in the place of the one that Nexus wrote at its first start", async () => {
      const { provider, want, password } = await nexusWith("first", { file: "first" });
      const { id, outs } = await provider.create(want);
      assert.equal(password(), "wanted");
      assert.deepEqual([id, outs["accepted"]], ["admin", true]);
    });

    it("by being left alone where it is right already, as after a killed run", async () => {
      const { provider, want, calls } = await nexusWith("wanted");
      await provider.create(want);
      assert.equal(changes(calls), 0);
    });

    it("by a rotation from the one before", async () => {
      const { provider, want, password } = await nexusWith("old");
      await provider.update("admin", { ...want, password: "old" }, want);
      assert.equal(password(), "wanted");
    });

    it("whatever it is made of", async () => {
      const { provider, want, password } = await nexusWith("first", { file: "first" });
      let previous = "first";
      for (const next of [
        "q\"uo'te",
        "per%cent%41",
        "ü€日本😀",
        "col:on",
        "b\\s $HOME `x`",
        '{"a":1}',
        " a ",
      ]) {
        const news = { ...want, password: next };
        assert.deepEqual((await provider.check({ ...want, password: previous }, news)).failures, []);
        await provider.update("admin", { ...want, password: previous }, news);
        assert.equal(password(), next);
        previous = next;
      }
    });

    it("once, where the answer to the change gets lost", async () => {
      const lost = ({ method }: Call, done: () => Reply) => {
        if (method !== "PUT") return undefined;
        return done().status === 204 ? { status: 502 } : { status: 401 };
      };
      const { provider, want, calls, password } = await nexusWith("first", { file: "first", answer: lost });
      await provider.create(want);
      assert.equal(password(), "wanted");
      assert.equal(changes(calls), 2, "the second try is refused, as the first has changed the password");
    });

    it("where the first try is not heard", async () => {
      let tries = 0;
      const answer = ({ method }: Call) => (method === "PUT" && ++tries === 1 ? { status: 503 } : undefined);
      const { provider, want, password } = await nexusWith("old", { answer });
      await provider.update("admin", { ...want, password: "old" }, want);
      assert.deepEqual([password(), tries], ["wanted", 2]);
    });
  });

  describe("is explained", () => {
    const cases: [string, Script, RegExp][] = [
      [
        "where the file is outdated",
        { file: "first-secret" },
        /\(there, but outdated: Nexus can write it again at a restart\)/,
      ],
      ["where there is no file", {}, /\(not there: it goes with the first change\)/],
      ["where the file is empty", { file: "" }, /\(empty\)/],
      [
        "where the file can't be read",
        { exec: () => ({ exitCode: 1, output: "cat: admin.password: Permission denied\n" }) },
        /\(cat: admin\.password: Permission denied\)/,
      ],
    ];
    for (const [title, script, file] of cases) {
      it(`${title} and nothing else lets admin in, without showing a password`, async () => {
        const { provider, want, url, calls } = await nexusWith("by-hand", script);
        const olds = { ...want, password: "old-secret" };
        const message = await messageOf(provider.update("admin", olds, { ...want, password: "new-secret" }));
        assert.ok(
          message.startsWith(
            `Nexus at ${url} lets admin in with none of these: the stack's admin password, the one before, the one in /nexus-data/admin.password`,
          ),
          message,
        );
        assert.match(message, file);
        assert.match(message, /Set berth:nexus\.adminPassword \(--secret\) to what it is now and run `up`/);
        assert.doesNotMatch(message, /by-hand|first-secret|old-secret|new-secret/);
        assert.equal(changes(calls), 0);
      });
    }

    it("where Nexus refuses the new one", async () => {
      const answer = ({ method, body }: Call) =>
        method === "PUT" ? { status: 400, body: { id: "*", message: `"Too weak: ${body}"` } } : undefined;
      const { provider, want } = await nexusWith("first", { file: "first", answer });
      const message = await messageOf(provider.create(want));
      assert.match(message, /change-password: Nexus answered 400 \(Too weak: \[secret\]\)/);
    });

    it("where Nexus says that it took the new one, and then doesn't let it in", async () => {
      const answer = ({ method }: Call) => (method === "PUT" ? { status: 204 } : undefined);
      const { provider, want } = await nexusWith("first", { file: "first", answer });
      assert.match(
        await messageOf(provider.create(want)),
        /took the new admin password and does not let it in/,
      );
    });

    it("at preview, where it is empty or can't be typed", async () => {
      const { provider, want, calls } = await nexusWith("first");
      const reasonOf = async (password: string) => {
        const { failures = [] } = await provider.check({}, { ...want, password });
        return failures.map(({ property, reason }) => [property, reason]);
      };
      assert.deepEqual(await reasonOf(""), [["password", "The admin password must not be empty."]]);
      for (const typed of ["line\n", "tab\tx", "\u0000", "\u0085"]) {
        const [failure] = await reasonOf(typed);
        assert.equal(failure![0], "password");
        assert.match(failure![1]!, /a line break or another control character.*Was it read from a file/);
      }
      assert.deepEqual(await reasonOf("fine"), []);
      assert.equal(calls.length, 0);
    });
  });

  describe("is found, when changed by hand, on refresh", () => {
    it("and that is a change, which the changed setting takes back", async () => {
      const { provider, want, password } = await nexusWith("by-hand");
      const state = { ...want, accepted: true };
      const { props } = await provider.read("admin", state);
      assert.equal(props!["accepted"], false);
      assert.equal((await provider.diff("admin", props!, state)).changes, true);
      const { outs } = await provider.update("admin", props!, { ...state, password: "by-hand" });
      assert.deepEqual([outs!["accepted"], outs!["password"], password()], [true, "by-hand", "by-hand"]);
    });

    it("and where it wasn't, nothing is; a time limit alone is no change", async () => {
      const { provider, want } = await nexusWith("wanted");
      const state = { ...want, accepted: true };
      const { props } = await provider.read("admin", state);
      assert.equal((await provider.diff("admin", props!, state)).changes, false);
      assert.equal((await provider.diff("admin", state, { ...state, readyTimeout: 9 })).changes, false);
      assert.equal((await provider.diff("admin", state, { ...state, container: "c2" })).changes, true);
    });
  });

  describe("is known to the rest of the run", () => {
    const old = { password: "old" };
    const asKnown = (url: string) =>
      currentLogin({ url, username: "admin", password: "of the state" }).password;

    it("as the one before while a rotation is previewed, as the new one after it", async () => {
      const { provider, want, url } = await nexusWith("old");
      assert.equal(asKnown(url), "of the state");
      await provider.check({ ...want, ...old }, want);
      assert.equal(asKnown(url), "old");
      await provider.update("admin", { ...want, ...old }, want);
      assert.equal(asKnown(url), "wanted");
      assert.equal(
        currentLogin({ url, username: "ci", password: "x" }).password,
        "x",
        "other accounts are others",
      );
    });

    it("as the new one where that was set by hand before, without asking where nothing changes", async () => {
      const { provider, want, url, calls } = await nexusWith("wanted");
      await provider.check({ ...want, ...old }, want);
      assert.equal(asKnown(url), "wanted");
      calls.length = 0;
      await provider.check(want, want);
      await provider.check({}, { ...want, password: UNKNOWN });
      assert.equal(calls.length, 0);
      assert.equal(asKnown(url), "wanted");
    });

    it("as the new one where Nexus is away", async () => {
      const { provider, want } = await nexusWith("old");
      const url = `http://127.0.0.1:${await freePort()}`;
      await provider.check({ ...want, url, ...old }, { ...want, url });
      assert.equal(asKnown(url), "wanted");
    });
  });

  describe("waits for Nexus", () => {
    const writable = (reply: Reply, status = 200) => ({
      answer: ({ path }: Call) =>
        path.endsWith("/status/writable") ? reply : path.endsWith("/status") ? { status } : undefined,
      logs: "last words",
    });
    const late = (url: string) => `is not ready after 0.3 s (limit: berth:nexus.readyTimeout): ${url}`;
    const notReady: [string, Script, string][] = [
      [
        "starting",
        writable({ status: 503 }, 503),
        late("it is still starting: its /status/writable answers 503"),
      ],
      [
        "read-only",
        writable({ status: 503 }),
        late("it is read-only: is a backup running? Else release it in its settings"),
      ],
    ];
    for (const [title, script, text] of notReady) {
      it(`and says that it is ${title}, with its limit and its log`, async () => {
        const { provider, want } = await nexusWith("wanted", script);
        const message = await messageOf(provider.create({ ...want, readyTimeout: 0.3 }));
        assert.equal(message, `Nexus in container c1 ${text}. Its last log lines:\nlast words`);
      });
    }

    it("and says that nothing listens, as long as it starts", async () => {
      const { provider, want } = await nexusWith("wanted");
      const url = `http://127.0.0.1:${await freePort()}`;
      const message = await messageOf(provider.create({ ...want, url, readyTimeout: 0.3 }));
      assert.match(
        message,
        /it is still starting, or not reached from here: nothing listens there \(ECONNREFUSED\)/,
      );
    });

    it("until a restart is over", async () => {
      const state = (_: string, inspection: number) => ({ Running: inspection > 1, ExitCode: 143 });
      let asked = 0;
      const answer = ({ path }: Call) =>
        path.endsWith("/status/writable") && ++asked < 4 ? { status: 503 } : undefined;
      const { provider, want, password } = await nexusWith("first", { file: "first", answer, state });
      await provider.create({ ...want, readyTimeout: 60 });
      assert.equal(password(), "wanted");
    });

    it("and gives up with the log where its container has stopped, whatever the limit", async () => {
      const state = () => ({ Running: false, ExitCode: 137, OOMKilled: true });
      const { provider, want } = await nexusWith("wanted", { ...writable({ status: 503 }), state });
      const message = await messageOf(provider.create({ ...want, readyTimeout: 600 }));
      const why = "stopped with exit code 137, killed for lack of memory (berth:nexus.memory)";
      assert.equal(message, `Nexus in container c1 ${why}. Its last log lines:\nlast words`);
    });

    it("and names a container that isn't there", async () => {
      const { provider, want } = await nexusWith("wanted", {
        ...writable({ status: 503 }),
        state: () => undefined,
      });
      const message = await messageOf(provider.create(want));
      assert.match(message, /^Looking at container c1 of Nexus on unix:\S+ failed: .*No such container: c1/);
    });
  });
});

async function messageOf(made: Promise<unknown>): Promise<string> {
  return made.then(
    () => assert.fail("it succeeded"),
    (error: Error) => error.message,
  );
}

const platform = { username: "platform", password: "now" };

/** What of such an account is refused at preview, by a Nexus that answers with this status. */
async function accessRefusals(status: number) {
  const nexus = await scriptedNexus(() => ({ status, body: [] }));
  const want = { url: nexus.url, ...platform };
  const provider = await serialisedProvider(() => new AdminAccess("a", want));
  const { failures = [] } = await provider.check({}, want);
  const create = await provider.create(want).then(
    () => "",
    ({ message }: Error) => message,
  );
  nexus.close();
  const texts = [...failures.map(({ reason }) => reason), create].map((text) =>
    text.replace(nexus.url, "URL"),
  );
  return { texts, methods: new Set(nexus.calls.map(({ method }) => method)) };
}

describe("the access to a Nexus that was there", () => {
  it("is looked at, at preview and at up, and changes nothing", async () => {
    const { texts, methods } = await accessRefusals(200);
    assert.deepEqual([texts, [...methods]], [[""], ["GET"]]);
  });

  it("is refused with what to do, both times", async () => {
    const wrong =
      "Nexus at URL does not let platform in: is berth:nexus.password right? Nothing in it was changed.";
    assert.deepEqual((await accessRefusals(401)).texts, [wrong, wrong]);
    const few =
      "Nexus at URL lets platform in, but not administrate: give it the role nx-admin. Nothing in it was changed.";
    assert.deepEqual((await accessRefusals(403)).texts, [few, few]);
  });

  it("is no hindrance to a preview where Nexus is away", async () => {
    const want = { url: `http://127.0.0.1:${await freePort()}`, ...platform };
    const provider = await serialisedProvider(() => new AdminAccess("a", want));
    assert.deepEqual((await provider.check({}, want)).failures, []);
  });

  it("has what left the program deleted with the login that is right by now", async () => {
    const nexus = await scriptedNexus(() => ({ status: 200, body: [] }));
    const want = { url: nexus.url, ...platform };
    const provider = await serialisedProvider(() => new AdminAccess("a", want));
    await provider.check({}, want);
    nexus.close();
    assert.equal(currentLogin({ ...want, password: "before" }).password, "now");
  });
});
