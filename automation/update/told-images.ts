import type { EngineEvent } from "@pulumi/pulumi/automation";

const OLD_IMAGES = "pulumi-nodejs:dynamic/deploy:OldImages";

/** What an update did to old images on an app's servers, a line each (components/deploy/images/old-images.ts). */
export function imageLinesIn({ resOutputsEvent }: EngineEvent): readonly string[] {
  const { type, op, new: made } = resOutputsEvent?.metadata ?? {};
  // One that stays as it is tells of an update before.
  if (type !== OLD_IMAGES || (op !== "create" && op !== "update")) return [];
  const told: unknown = made?.outputs?.["told"];
  return Array.isArray(told) ? told.map(String) : [];
}
