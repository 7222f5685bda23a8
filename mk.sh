set -e
name=$1; shift
docker rm -f proto-b >/dev/null 2>&1 || true
docker run --name proto-b --network host -v /work/proto/apt.conf:/run/apt.conf:ro -v /etc/ssl/certs/ca-certificates.crt:/run/ca.crt:ro -e APT_CONFIG=/run/apt.conf -e DEBIAN_FRONTEND=noninteractive berth-sandbox/debian:bookworm sh -c "$*" > /work/proto/mk.log 2>&1
docker commit proto-b $name >/dev/null; docker rm proto-b >/dev/null
