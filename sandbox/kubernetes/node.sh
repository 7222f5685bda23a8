#!/bin/bash
# A node with its control plane: the first process of its own process and mount namespaces, so that all of it ends with this one, and
# no mount stays behind. It reaps what its children leave. NODE is the folder that node.ts has prepared, ADDRESS the node's.
set -eu
cd "${NODE:?}"
export GOMAXPROCS=2 PATH="$NODE/bin:$PATH"

mount --make-rshared /
# Folders that these programs can't be told to have elsewhere.
for folder in /var/lib/cni /var/lib/kubelet /var/log /run/netns; do mount -t tmpfs tmpfs "$folder"; done

run() {
  local name=$1
  shift
  nice -n 5 "$@" > "logs/$name.log" 2>&1 &
}
# Until a command succeeds; at most a minute.
until_done() {
  local tries
  for tries in $(seq 600); do
    "$@" > /dev/null 2>&1 && return
    sleep 0.1
  done
  echo "not in a minute: $*"
  return 1
}
ctr_here() { ctr --address "$NODE/containerd/socket" --namespace k8s.io "$@"; }

run containerd containerd --config "$NODE/containerd.toml"
run etcd etcd --data-dir "$NODE/etcd" --unsafe-no-fsync --log-level warn
mapfile -t arguments < apiserver.arguments
run apiserver kube-apiserver "${arguments[@]}"
until_done ctr_here version
ctr_here images import pause.tar > logs/import.log
# Asked too early the controller manager exits for good.
until_done kubectl --kubeconfig admin.kubeconfig get --raw /readyz
mapfile -t arguments < controller-manager.arguments
run controller-manager kube-controller-manager "${arguments[@]}"
run scheduler kube-scheduler --kubeconfig scheduler.kubeconfig --leader-elect=false --cert-dir "$NODE/scheduler"
run kubelet kubelet --config kubelet.yaml --kubeconfig kubelet.kubeconfig --hostname-override node --node-ip "$ADDRESS" --root-dir "$NODE/kubelet" --cert-dir "$NODE/kubelet/pki"
run proxy kube-proxy --config proxy.yaml --hostname-override node

wait -n || true
echo "one of the programs ended"
exit 1
