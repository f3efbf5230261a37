#!/bin/sh
# Runs the device suite of the bundle that this file lies in, and writes one JSON object.
#   sh run.sh [RESULT.json] [more arguments of lockstep bench device]
# PYTORCH_LIBRARY_PATH names libtorch's folder; otherwise the one of python3's torch is taken.
here=$(cd "$(dirname "$0")" && pwd)
result=${1:-lockstep-device.json}
[ $# -gt 0 ] && shift
log=${result%.json}.log
export LC_ALL=C.UTF-8

fail() {
  printf '{"ok":false,"missing":"%s","versions":[],"checks":[]}\n' "$(printf '%s' "$1" | tr '"\\\n' "'/ ")" >"$result"
  echo "missing: $1"
  exit 1
}

if [ -z "${PYTORCH_LIBRARY_PATH:-}" ]; then
  found=$(python3 -c 'import os, torch; print(os.path.join(torch.__path__[0], "lib")); print(torch.__version__)' 2>/dev/null) ||
    fail "no libtorch: set PYTORCH_LIBRARY_PATH to the folder of a libtorch 2.7.1 for CUDA 12.8 (python3 has no torch)"
  PYTORCH_LIBRARY_PATH=$(printf '%s\n' "$found" | sed -n 1p)
  python_version=$(printf '%s\n' "$found" | sed -n 2p)
  case "$python_version" in
    2.7.1*) ;;
    *) fail "python3's torch is $python_version, and Lockstep's bindings are for 2.7.1: set PYTORCH_LIBRARY_PATH to the folder of a libtorch 2.7.1 for CUDA 12.8" ;;
  esac
fi
export PYTORCH_LIBRARY_PATH
export PYTORCH_VERSION="${PYTORCH_VERSION:-2.7.1}" PYTORCH_FLAVOR="${PYTORCH_FLAVOR:-cu128}"
export DJL_CACHE_DIR="$here/cache"
# CUDA's and NCCL's libraries of Python packages lie beside torch.
for folder in "$PYTORCH_LIBRARY_PATH"/../../nvidia/*/lib "$PYTORCH_LIBRARY_PATH"/../../nvidia/lib; do
  [ -d "$folder" ] && LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder"
done
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}"

classpath=$(printf '%s:' "$here"/lib/*.jar)
timeout "${LOCKSTEP_DEVICE_LIMIT:-600}" "$here/jdk/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xmx2g \
  -Djava.awt.headless=true -Dlockstep.home="$here" -cp "$classpath" io.lockstep.cli.Main \
  bench device --model "$here/models/small" --shape "$here/models/qwen3-vl-2b" --shape "$here/models/qwen3-vl-4b" \
  --keep "$here/runs" --out "$result" "$@" 2>"$log"
code=$?
[ $code -eq 124 ] && fail "the suite was ended after ${LOCKSTEP_DEVICE_LIMIT:-600} seconds (LOCKSTEP_DEVICE_LIMIT); what it had found is in $log"
[ -s "$result" ] || fail "the suite ended with exit code $code: $(grep -m1 '^error: ' "$log" || tail -n 1 "$log")"
echo "result: $result (log: $log, runs: $here/runs)"
exit $code
