#!/usr/bin/env bash
# Trains with two workers while strangers on this machine say anything to the ports of the run, and compares the weights with
# those of an undisturbed run. Needs compiled tests (mvn -DskipTests package).
#
#   tools/strangers.sh RECIPE OUT SECONDS [SEED]
#
# RECIPE   a recipe whose run lasts longer than SECONDS
# OUT      folder that does not exist yet
set -euo pipefail

recipe=${1:?recipe}
out=${2:?folder}
seconds=${3:?seconds}
seed=${4:-1}
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$out"

port_of() { ss -ltnp | sed -nE "s/.*:([0-9]+) .*pid=$1,.*/\1/p"; }

"$root/lockstep" train --config "$recipe" --workers 2 --out "$out/calm" >"$out/calm.log" 2>&1
calm=$(tail -1 "$out/calm.log")

"$root/lockstep" train --config "$recipe" --workers 2 --out "$out/disturbed" >"$out/disturbed.log" 2>&1 &
train=$!
until [[ -s $out/disturbed/logging.jsonl ]]; do
  kill -0 "$train" 2>/dev/null || { tail -3 "$out/disturbed.log"; exit 1; }
  sleep 0.2
done
coordinator=$(cat "$out/disturbed/logs/coordinator.port")
collectives=()
for worker in $(pgrep -P "$train" -f "Main worker start"); do
  collectives+=($(port_of "$worker"))
done
java=$(readlink -f "/proc/$train/exe")
"$java" -cp "$root/coordinator/target/test-classes:$root/coordinator/target/classes:$(<"$root/cli/target/classpath")" \
  io.lockstep.coordinator.rpc.Strangers "$seconds" "$seed" \
  "$(ls -d "$out"/calm/checkpoint-*/trainer_state.json | head -1)" "$coordinator" "${collectives[@]}" 2>"$out/strangers.err" |
  tee "$out/strangers.log" || true
kill -0 "$train" 2>/dev/null && echo "the run outlived the strangers" || echo "the run ended before the strangers did"
for worker in $(pgrep -P "$train" -f "Main (worker|coordinator) start" || true); do
  sed -nE 's/^(Vm(HWM|RSS)):\s*/\1 /p' "/proc/$worker/status" | xargs echo "process $worker"
done
wait "$train" || { tail -3 "$out/disturbed.log"; exit 1; }
disturbed=$(tail -1 "$out/disturbed.log")
echo "undisturbed: $calm"
echo "disturbed:   $disturbed"
wc -lc "$out"/disturbed/logs/*.log
[[ $calm == "$disturbed" && $calm == "weights sha256: "* ]] && echo PASS || { echo FAIL; exit 1; }
