#!/usr/bin/env bash
# Makes a self-extracting file of at most 64 MB that tests Lockstep on a bare machine with GPUs: no JDK, no network.
#   tools/gpu/bundle.sh [FILE]          # default: target/lockstep-gpu.run
# There:  sh lockstep-gpu.run [RESULT.json]
# The machine brings the NVIDIA driver, a libtorch 2.7.1 for CUDA 12.8 (a Python package's torch/lib will do) and, for
# several devices, NCCL with the CUDA 13 runtime; see docs/gpu.md.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
target=${1:-$root/target/lockstep-gpu.run}
limit=$((64 * 1000 * 1000))
java=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}
modules=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.crypto.ec,jdk.jfr,jdk.management,jdk.unsupported,jdk.zipfs
# What other systems and processors need.
foreign='*osx* *darwin* *Darwin* *macos* *Mac/* *windows* *Windows* *win-* *win32* *FreeBSD* *freebsd* *openbsd* *dragonfly*
  *sunos* *aix* *Android* *android* *aarch* *arm/* *armv* *Linux/arm* *linux-arm* *ppc* *s390* *riscv* *loong* *mips* *Musl* *musl*
  *linux-x86/* *Linux/x86/* *x86-32* *.dll *.dylib *.jnilib'

for tool in unzip zip xz tar; do
  command -v "$tool" >/dev/null || { echo "error: $tool is not on PATH" >&2; exit 1; }
done
[[ -x "$java/bin/jlink" ]] || { echo "error: $java holds no jlink: set JAVA_HOME to a JDK 25 or newer" >&2; exit 1; }
[[ -s "$root/cli/target/classpath" ]] || { echo "error: nothing is built: run ./lockstep --help once" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
top=$work/lockstep-gpu
mkdir -p "$top/lib" "$top/models"

# Uncompressed, so that the whole compresses better.
"$java/bin/jlink" --add-modules "$modules" --strip-debug --no-man-pages --no-header-files --output "$top/jdk"

number=0
{ printf '%s\n' "$root"/cli/target/cli-*.jar; tr ':' '\n' <"$root/cli/target/classpath"; } | while read -r jar; do
  case "$(basename "$jar")" in
    pytorch-native-cpu-*) continue ;;
    *osx*.jar | *aarch_64*.jar | *windows*.jar) continue ;;
  esac
  number=$((number + 1))
  rm -rf "$work/jar"
  mkdir "$work/jar"
  unzip -qo "$jar" -d "$work/jar" || [[ $? -le 1 ]]
  # shellcheck disable=SC2086
  (cd "$work/jar" && set -f && for pattern in $foreign; do find . -type f -path "./$pattern" -delete; done &&
    zip -q0rD "$top/lib/$(printf '%03d' $number)-$(basename "$jar")" .) || [[ $? -eq 12 ]]
done

# The small model's shape, and published ones, with random weights: each needs a tokenizer alone.
model() {
  mkdir -p "$top/models/$1"
  cp "$root"/base-model/{tokenizer,tokenizer_config,preprocessor_config,generation_config}.json "$top/models/$1/"
  cp "$2" "$top/models/$1/config.json"
}
model small "$root/base-model/config.json"
for shape in qwen3-vl-2b qwen3-vl-4b; do
  model $shape "$root/model/src/test/resources/published/$shape.json"
done
cp "$root/tools/gpu/run.sh" "$top/"

mkdir -p "$(dirname "$target")"
{
  cat <<'HEAD'
#!/bin/sh
# Unpacks Lockstep beside this file and runs its device suite; the first argument names the result.
set -e
here=$(cd "$(dirname "$0")" && pwd)
line=$(awk '/^__ARCHIVE__$/ { print NR + 1; exit }' "$0")
command -v xz >/dev/null || { echo "error: xz is not on PATH" >&2; exit 1; }
tail -n +"$line" "$0" | xz -dc | tar -x -C "$here" -f -
exec sh "$here/lockstep-gpu/run.sh" "$@"
__ARCHIVE__
HEAD
  tar -C "$work" --sort=name --owner=0 --group=0 --mtime=@0 -cf - lockstep-gpu | xz -9e -T1 --lzma2=dict=128MiB
} >"$target"
chmod +x "$target"

bytes=$(stat -c %s "$target")
echo "$target: $bytes bytes"
((bytes <= limit)) || { echo "error: that is more than $limit bytes" >&2; exit 1; }
