/** Looks, 50 ms apart, for as long as nginx may need on a busy machine to start its new worker processes. */
const LOOKS = 400;

/**
 * Shell command that has nginx take its configuration, and ends when none of the worker processes of before takes a new
 * connection any more: `nginx -s reload` itself returns at once, and an error of the new configuration that only shows
 * when it is taken would be in the log alone. Worker processes that only end what they have begun name themselves so.
 */
export function reloadNginx(): string {
  return `title() { tr -d '\\0' < "$1/cmdline" 2>/dev/null || true; }
takes() { for p in $1; do if [ "$(title "$p")" = "nginx: worker process" ]; then echo "$p"; fi; done; }
before=$(takes "$(ls -d /proc/[0-9]*)")
nginx -t -q 2>&1 || exit 1
nginx -s reload 2>&1 || exit 1
look=0
while [ -n "$(takes "$before")" ]; do
  look=$((look + 1))
  if [ $look -gt ${LOOKS} ]; then echo "it did not take its configuration; its log says why"; exit 1; fi
  sleep 0.05
done`;
}
