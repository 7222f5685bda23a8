import * as pulumi from "@pulumi/pulumi";

type Wrap = <T>(promise: Promise<T>, context: unknown) => Promise<T>;

/** Pulumi's own, which has no published type. */
const debuggable = require("@pulumi/pulumi/runtime/debuggable") as { debuggablePromise: Wrap };

const withStack = debuggable.debuggablePromise;

/**
 * Pulumi notes of each of its promises where it was made, for a variable that looks for leaks (PULUMI_DEBUG_PROMISE_LEAKS). By
 * tsx's source maps, and as deep as Mocha has stacks, that takes three quarters of the time of a program.
 */
debuggable.debuggablePromise = (promise, context) => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return withStack(promise, context);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

/** Until every resource that was made is registered, also those that wait for others. */
export const allRegistered = (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs;

/** Pulumi's mocks in place of an engine: what programs of this process register from here on, these answer. */
export const setMocks: typeof pulumi.runtime.setMocks = (...args) => pulumi.runtime.setMocks(...args);
