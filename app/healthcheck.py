"""Docker's health check: prints what /healthz says, so that a failure shows its reason in
`docker inspect`; exit status 1 unless it is 200."""

import http.client
import sys

try:
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=7)
    connection.request("GET", "/healthz", headers={"Host": "localhost"})
    response = connection.getresponse()
    print(response.status, response.read(2000).decode(errors="replace"))
    sys.exit(0 if response.status == 200 else 1)
except OSError as error:
    print(f"no answer on port 8000: {error}")
    sys.exit(1)
