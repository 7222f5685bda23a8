/** The folder of the engine's sources, for files that it gives to other processes. */
export const SOURCES = __dirname;
