import type { AnyCase } from "./kind-case";
import { privilegeCases } from "./privileges";
import { aptCases, dockerCases, mavenCases, rawCases } from "./repositories";
import { securityCases } from "./security";
import { storageCases } from "./storage";
import { outboundCases, systemCases } from "./system";

/** Every kind, each after those that it uses. */
export const table: readonly AnyCase[] = [
  ...outboundCases,
  ...storageCases,
  ...rawCases,
  ...mavenCases,
  ...aptCases,
  ...dockerCases,
  ...privilegeCases,
  ...securityCases,
  ...systemCases,
];
