import { serviceCommand } from "../services/service-command";

export const stop = serviceCommand(
  "stop",
  "Stop services; they stay stopped until start or up",
  "berth stop blog --stack prod",
);
