import { serviceCommand } from "../../services/service-command";

export const start = serviceCommand("start", "Start services that are stopped", "berth start blog");

export const stop = serviceCommand(
  "stop",
  "Stop services; they stay stopped until start or up",
  "berth stop blog --stack prod",
);

export const restart = serviceCommand(
  "restart",
  "Restart services, one after the other",
  "berth restart nexus blog",
);
