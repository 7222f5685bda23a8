import { serviceCommand } from "../services/service-command";

export const start = serviceCommand("start", "Start services that are stopped", "berth start blog");
