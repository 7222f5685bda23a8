import assert from "node:assert/strict";
import { RegistryError } from "../../../components/registry/wire/errors";

/** The RegistryError that something fails with; anything else fails the test. */
export async function registryError(work: Promise<unknown>): Promise<RegistryError> {
  const reason = await work.then(
    () => assert.fail("expected a RegistryError"),
    (error: unknown) => error,
  );
  assert.ok(reason instanceof RegistryError, `${(reason as Error).stack}`);
  return reason;
}
