import { underWay } from "../../engine/file-backend";
import { lookAtWorkloads } from "../../gitops/look-at-clusters";
import { workloadsJson } from "../../gitops/workloads-text";
import { onServer, openServices, serverOption } from "../../services/open-services";
import { servicesJson, servicesText } from "../../services/services-text";
import { defineCommand, stackArgument } from "../../terminal/command";
import { Exit } from "../../terminal/exit";
import { outputColumns } from "../../terminal/text-table";

export const ps = defineCommand({
  name: "ps",
  summary: "List the stack's services on all of its hosts; exit 3 where one doesn't run",
  effect: "read-only",
  args: [stackArgument],
  options: [serverOption],
  example: "berth ps prod",
  async run({ args: [stack], options: { server }, report }) {
    const { stack: name, services: all, settings } = await openServices(stack);
    const services = onServer(all, server, settings);
    const workloads = server === undefined ? await lookAtWorkloads(settings) : [];
    // It takes a call of the engine, and hardly ever has any.
    const hasIdle = services.some(({ idle }) => idle.length > 0);
    const around = { columns: outputColumns(), update: hasIdle ? await underWay(name) : ("no" as const) };
    report.data([...servicesJson(services), ...workloadsJson(workloads)], () =>
      servicesText(services, workloads, around),
    );
    const isFine = [...services, ...workloads].every(({ state }) => ["running", "draining"].includes(state));
    return isFine ? Exit.done : Exit.differs;
  },
});
