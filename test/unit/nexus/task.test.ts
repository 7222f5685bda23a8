import assert from "node:assert/strict";
import { UNKNOWN } from "../../../components/base/shape";
import { Task, type TaskArgs } from "../../../components/nexus/kinds/task";
import { anyServer, fieldsOf, kindAgainst, openApi } from "../../support/nexus/nexus-kind";
import type { Call, Reply } from "../../support/nexus/scripted-nexus";
import { ScriptedTasks, taskDocuments } from "../../support/nexus/scripted-tasks";

type Own = Omit<TaskArgs, "server">;

const compact: Own = { name: "compact", type: "blobstore.compact", properties: { blobstoreName: "docker" } };
const make = (args: Own) => () => new Task("t", { server: anyServer, ...args });

async function against(document: object, tasks: ScriptedTasks, before?: (call: Call) => Reply | undefined) {
  const nexus = await kindAgainst(
    make(compact),
    document,
    (call) => before?.(call) ?? tasks.answer(call) ?? { status: 500 },
  );
  const inputs = async (args: Own) => ({ server: nexus.server, ...(await fieldsOf(make(args))) });
  return { ...nexus, inputs };
}

describe("a task", () => {
  it("is manual and enabled unless told otherwise", async () => {
    assert.deepEqual(await fieldsOf(make({ name: "c", type: "blobstore.compact" })), {
      name: "c",
      type: "blobstore.compact",
      enabled: true,
      properties: {},
      schedule: "manual",
    });
    const { schedule, cronExpression } = await fieldsOf(make({ ...compact, schedule: "0 0 3 * * ?" }));
    assert.deepEqual([schedule, cronExpression], ["cron", "0 0 3 * * ?"]);
  });

  for (const [version, document] of Object.entries(taskDocuments)) {
    describe(`of ${version}`, () => {
      it("is created, then steady after a change of each field", async () => {
        const tasks = new ScriptedTasks();
        const theirs = tasks.add({ name: "theirs" });
        const nexus = await against(document, tasks);
        const { provider, inputs } = nexus;
        let args = compact;
        let state = (await provider.create(await inputs(args))).outs;
        const updates: Partial<Own>[] = [
          { schedule: "0 0 3 * * ?" },
          { enabled: false },
          { alertEmail: "ops@corp.test", notificationCondition: "SUCCESS_FAILURE" },
          { properties: { blobstoreName: "docker", extra: "1" } },
          { properties: { blobstoreName: "docker" } },
          { schedule: "manual" },
        ];
        for (const update of updates) {
          args = { ...args, ...update };
          const news = await inputs(args);
          assert.equal((await provider.diff("compact", state, news)).changes, true, JSON.stringify(update));
          state = (await provider.update("compact", state, news)).outs;
          const { props } = await provider.read("compact", state);
          assert.equal((await provider.diff("compact", props!, news)).changes, false, JSON.stringify(update));
        }
        const { id, lastRun, lastRunResult, busy, ...made } = tasks.list[1]!;
        assert.deepEqual(made, {
          name: "compact",
          type: "blobstore.compact",
          enabled: false,
          schedule: "manual",
          cronExpression: null,
          alertEmail: "ops@corp.test",
          notificationCondition: "SUCCESS_FAILURE",
          properties: { blobstoreName: "docker" },
        });
        nexus.close();
        const byRest = nexus.asked().filter((call) => /^PUT|^POST \/v1\/tasks$/.test(call));
        assert.equal(byRest.length, version === "3.71" ? 0 : 1 + updates.length);
        assert.deepEqual(tasks.list.slice(0, 1), [theirs]);
      });

      it("is deleted by its name; one that is gone already is no error", async () => {
        const tasks = new ScriptedTasks();
        const other = tasks.add({ name: "other" });
        tasks.add({ name: "compact" });
        const nexus = await against(document, tasks);
        await nexus.provider.delete("compact", await nexus.inputs(compact));
        await nexus.provider.delete("compact", await nexus.inputs(compact));
        nexus.close();
        assert.deepEqual(tasks.list, [other]);
      });

      it("of an unknown type is refused with those that there are", async () => {
        const nexus = await against(document, new ScriptedTasks());
        const news = await nexus.inputs({ ...compact, type: "compact" });
        const message =
          'The task "compact" is of type "compact", which this Nexus does not have; ' +
          "it takes blobstore.compact, repository.purge-unused.";
        assert.deepEqual(await nexus.refusals(news), [message]);
        await assert.rejects(nexus.provider.create(news), { message });
        assert.deepEqual(await nexus.refusals({ ...news, type: UNKNOWN }), []);
        nexus.close();
      });

      it("whose name several have is an error that names them", async () => {
        const tasks = new ScriptedTasks();
        for (const type of ["blobstore.compact", "repository.purge-unused"])
          tasks.add({ name: "compact", type });
        const nexus = await against(document, tasks);
        await assert.rejects(nexus.provider.read("compact", await nexus.inputs(compact)), {
          message:
            'Nexus has 2 tasks named "compact" (blobstore.compact id-1, repository.purge-unused id-2). ' +
            "Berth finds a task by its name: rename or delete all but one of them.",
        });
        nexus.close();
      });

      it("that is adopted keeps its type, and properties that we don't name", async () => {
        const tasks = new ScriptedTasks();
        tasks.add({ name: "compact", properties: { blobstoreName: "old", theirs: "1" } });
        const nexus = await against(document, tasks);
        const news = { ...(await nexus.inputs(compact)), adopt: true };
        await nexus.provider.create(news);
        assert.deepEqual(tasks.list[0]!.properties, { blobstoreName: "docker", theirs: "1" });
        const other = { ...news, type: "repository.purge-unused" };
        await assert.rejects(nexus.provider.create(other), {
          message:
            'The task "compact" is of type blobstore.compact in Nexus and can\'t become one of type ' +
            "repository.purge-unused. Delete it there, or give yours another name.",
        });
        nexus.close();
      });
    });
  }

  it("whose creation got no answer is found by its name, not created twice", async () => {
    const tasks = new ScriptedTasks();
    let lost = false;
    const nexus = await against(taskDocuments.today, tasks, (call) => {
      if (lost || call.method !== "POST") return undefined;
      lost = true;
      tasks.answer(call);
      return { status: 502 };
    });
    await nexus.provider.create(await nexus.inputs(compact));
    nexus.close();
    assert.equal(tasks.list.length, 1);
  });

  it("is read again by the UI's API where the answer got lost, and not created again", async () => {
    const tasks = new ScriptedTasks();
    const lose = new Set(["read", "create"]);
    const nexus = await against(taskDocuments["3.71"], tasks, (call) => {
      if (!lose.delete((call.body as { method: string }).method)) return undefined;
      tasks.answer(call);
      return { status: 502 };
    });
    await nexus.provider.create(await nexus.inputs(compact));
    nexus.close();
    assert.deepEqual([lose.size, tasks.list.length], [0, 1]);
  });

  it("tells what the UI's API said, and on what", async () => {
    const nexus = await against(taskDocuments["3.71"], new ScriptedTasks());
    await assert.rejects(nexus.provider.create(await nexus.inputs({ ...compact, schedule: "bad" })), {
      message:
        "coreui_Task.create of Nexus's UI API (/service/extdirect) failed: CronExpression 'bad' is invalid.",
    });
    nexus.close();
  });

  it("that only Nexus itself creates is refused", async () => {
    const nexus = await against(taskDocuments["3.71"], new ScriptedTasks());
    const news = await nexus.inputs({ ...compact, type: "assetBlob.cleanup" });
    assert.deepEqual(await nexus.refusals({ ...news, adopt: true }), [
      'The task "compact" is of type "assetBlob.cleanup", which only Nexus itself creates; ' +
        "it takes blobstore.compact, repository.purge-unused.",
    ]);
    nexus.close();
  });

  const missing: [string, Reply][] = [
    ["404", { status: 404 }],
    ["405, as 3.71 for an unknown address", { status: 405 }],
    [
      "that it has no such action",
      {
        status: 200,
        body: { type: "exception", message: "RequestException: No action registered as 'coreui_Task'" },
      },
    ],
  ];
  for (const [what, reply] of missing) {
    it(`is refused at preview where there is no API for it: the UI's says ${what}`, async () => {
      const nexus = await kindAgainst(make(compact), openApi([]), () => reply);
      const news = { server: nexus.server, ...(await fieldsOf(make(compact))), adopt: true };
      assert.deepEqual(await nexus.refusals(news), [
        'The task "compact" can\'t be managed: this Nexus takes tasks neither by REST (3.74 and newer do) ' +
          "nor by its UI's API. This Nexus has no coreui_Task.readTypes of Nexus's UI API (/service/extdirect).",
      ]);
      nexus.close();
    });
  }
});
