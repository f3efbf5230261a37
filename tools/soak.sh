#!/usr/bin/env bash
# Trains with workers that are killed again and again, and watches what the processes hold: resident memory, open files,
# threads. Ends with a table of the first and the last third of the run for the processes that lived all along, and with
# what is left behind. The weights must be those of an undisturbed run of the same recipe.
#
#   tools/soak.sh RECIPE OUT [WORKERS] [EVERY]
#
# RECIPE   a recipe; 1,000 steps or more are worth the name
# OUT      folder that does not exist yet
# WORKERS  worker processes (default 3); worker-0 and the coordinator are never killed
# EVERY    steps between two kills (default 40)
set -euo pipefail

recipe=${1:?recipe}
out=${2:?folder}
workers=${3:-3}
every=${4:-40}
root=$(cd "$(dirname "$0")/.." && pwd)
steps=$(sed -nE 's/.*max_steps: *([0-9]+).*/\1/p' "$recipe" | head -1)
: "${steps:?the recipe needs training.max_steps}"

mkdir -p "$out"
schedule=$out/kills.jsonl
for ((step = every; step < steps - 5; step += every)); do
  victim=$((1 + step / every % (workers - 1)))
  echo "{\"at_step\": $step, \"process\": \"worker-$victim\", \"signal\": \"SIGKILL\", \"restart_after\": 0.5}"
done >"$schedule"

ports_before=$(ss -ltn | wc -l)
shared_before=$(find /dev/shm -name '*lockstep*' 2>/dev/null | wc -l)
"$root/lockstep" train --config "$recipe" --workers "$workers" --kill-schedule "$schedule" --out "$out/run" >"$out/train.log" 2>&1 &
train=$!

samples=$out/samples.csv
echo "seconds,process,pid,rss_kib,files,threads" >"$samples"
while kill -0 "$train" 2>/dev/null; do
  for pid in $(pgrep -f "io.lockstep.cli.Main (coordinator|worker) start .*" || true); do
    command=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) || continue
    [[ $command == *"$out/run"* || $command == *worker\ start* ]] || continue
    name=coordinator
    [[ $command =~ --name\ (worker-[0-9]+) ]] && name=${BASH_REMATCH[1]}
    rss=$(sed -nE 's/^VmRSS:[^0-9]*([0-9]+).*/\1/p' "/proc/$pid/status" 2>/dev/null) || continue
    threads=$(sed -nE 's/^Threads:[^0-9]*([0-9]+).*/\1/p' "/proc/$pid/status" 2>/dev/null) || continue
    files=$(find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l) || continue
    echo "$SECONDS,$name,$pid,$rss,$files,$threads" >>"$samples"
  done
  sleep 2
done
wait "$train" || { tail -3 "$out/train.log"; exit 1; }

tail -1 "$out/train.log"
echo "faults survived: $(wc -l <"$out/run/strikes.jsonl")"
sed -nE 's/.*"recovery_seconds":([0-9.]+).*/\1/p' "$out/run/strikes.jsonl" | sort -n | awk '
  { value[NR] = $1 }
  END { printf "seconds to the next committed step: median %.2f, p99 %.2f, most %.2f\n", value[int((NR + 1) / 2)], value[int(NR * 0.99 + 0.999)], value[NR] }'
for name in coordinator worker-0; do
  awk -F, -v name="$name" '
    $2 == name { n++; rss[n] = $4; files[n] = $5; threads[n] = $6 }
    END {
      third = int(n / 3)
      for (i = third + 1; i <= 2 * third; i++) { r1 += rss[i]; f1 += files[i]; t1 += threads[i] }
      for (i = 2 * third + 1; i <= n; i++) { r2 += rss[i]; f2 += files[i]; t2 += threads[i] }
      m = n - 2 * third
      printf "%-12s middle third / last third: memory %.0f / %.0f MiB, files %.1f / %.1f, threads %.1f / %.1f\n",
        name, r1 / third / 1024, r2 / m / 1024, f1 / third, f2 / m, t1 / third, t2 / m
    }' "$samples"
done
echo "listening ports before and after: $ports_before, $(ss -ltn | wc -l); shared memory files: $shared_before, $(find /dev/shm -name '*lockstep*' 2>/dev/null | wc -l)"
