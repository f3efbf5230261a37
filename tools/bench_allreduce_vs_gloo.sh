#!/usr/bin/env bash
# Times `lockstep bench allreduce` and torch.distributed's Gloo all-reduce in turns and prints medians and their ratio.
#   tools/bench_allreduce_vs_gloo.sh PYTHON [ROUNDS] [WORLDS] [MEGABYTES] [options of bench allreduce ...]
# PYTHON is an interpreter that has torch; e.g. tools/bench_allreduce_vs_gloo.sh python3 5 "2 4" "1 16 64 256" --tcp-only
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
python=${1:?give a Python interpreter that has torch}
rounds=${2:-5}
worlds=${3:-2 4}
megabytes=${4:-64}
shift $(($# < 4 ? $# : 4))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/gloo.py" <<'PYTHON'
import json, os, socket, sys, time
import torch, torch.distributed as dist, torch.multiprocessing as mp

def rank(rank, world, megabytes, iterations, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=world)
    data = torch.ones(megabytes << 18)
    seconds = []
    for round in range(-5, iterations):
        data.fill_(1.0)
        dist.barrier()
        begin = time.perf_counter()
        dist.all_reduce(data)
        if round >= 0:
            seconds.append(time.perf_counter() - begin)
        assert (data == world).all()
    if rank == 0:
        seconds.sort()
        p99 = seconds[-(-99 * len(seconds) // 100) - 1]
        print(json.dumps(dict(median_s=seconds[len(seconds) // 2], p99_s=p99)), flush=True)
    dist.barrier()
    os._exit(0)

if __name__ == "__main__":
    world, megabytes, iterations = map(int, sys.argv[1:4])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.spawn(rank, args=(world, megabytes, iterations, port), nprocs=world)
PYTHON

for world in $worlds; do
  for size in $megabytes; do
    iterations=$((size >= 128 ? 10 : size >= 32 ? 20 : 100))
    : >"$work/ours" && : >"$work/gloo"
    for ((round = 0; round < rounds; round++)); do
      "$python" "$work/gloo.py" "$world" "$size" "$iterations" | tail -n 1 >>"$work/gloo"
      "$root/lockstep" bench allreduce --world "$world" --megabytes "$size" --iterations "$iterations" --json "$@" |
        tail -n 1 >>"$work/ours"
    done
    "$python" - "$world" "$size" "$work/ours" "$work/gloo" <<'PYTHON'
import json, statistics, sys

world, size, ours, gloo = sys.argv[1:]
figures = {}
for name, file in (("lockstep", ours), ("gloo", gloo)):
    rounds = [json.loads(line) for line in open(file)]
    figures[name] = {key: [1e3 * each[key] for each in rounds] for key in ("median_s", "p99_s")}
    medians = " ".join(f"{each:.2f}" for each in figures[name]["median_s"])
    worst = statistics.median(figures[name]["p99_s"])
    print(f"world {world}, {size} MiB, {name}: medians [{medians}] ms, p99 {worst:.2f} ms")
ratio = statistics.median(figures["gloo"]["median_s"]) / statistics.median(figures["lockstep"]["median_s"])
print(f"world {world}, {size} MiB: lockstep has {ratio:.2f} times Gloo's algorithm bandwidth")
PYTHON
  done
done
echo "load average at the end: $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) cores"
