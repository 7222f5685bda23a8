/** Host with or without a port. As dockerd does: 127.0.0.0/8, ::1 and localhost need no TLS. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}
