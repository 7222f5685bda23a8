import { openServices } from "../services/open-services";
import { servicesJson, servicesText } from "../services/services-text";
import { defineCommand, stackArgument } from "../terminal/command";
import { Exit } from "../terminal/exit";

export const ps = defineCommand({
  name: "ps",
  summary: "List the stack's services on all of its hosts; exit 3 where one doesn't run",
  effect: "read-only",
  args: [stackArgument],
  example: "berth ps prod",
  async run({ args: [stack], report }) {
    const { services } = await openServices(stack);
    report.data(servicesJson(services), () => servicesText(services));
    return services.every(({ state }) => state === "running") ? Exit.done : Exit.differs;
  },
});
