import { serviceCommand } from "../services/service-command";

export const restart = serviceCommand(
  "restart",
  "Restart services, one after the other",
  "berth restart nexus blog",
);
