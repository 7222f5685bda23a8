import http.client
import sys

connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
connection.request("GET", "/healthz")
response = connection.getresponse()
print(response.status, response.read().decode())
sys.exit(0 if response.status == 200 else 1)
