// Loaded before a program or a provider process: they are in a process group of their own, so that ^C reaches
// the engine only, which ends them when their work is done. Should the engine be killed, they end by themselves.
"use strict";
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1000).unref();
