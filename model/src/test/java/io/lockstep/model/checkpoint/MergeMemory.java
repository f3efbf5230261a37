package io.lockstep.model.checkpoint;

import io.lockstep.model.safetensors.DType;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The most memory that a process holds while it merges an adapter. The process has the JVM's first
 * compiler alone: the second takes megabytes of native memory, which come and go at any time.
 */
final class MergeMemory {

  private static final long SAMPLED_EVERY = 23;

  private MergeMemory() {}

  /**
   * {@code BASE ADAPTER WARM_UP TARGET}: its last line is what merging into the second target
   * holds.
   */
  public static void main(String[] arguments) throws IOException {
    Torch.start(1);
    Path base = Path.of(arguments[0]);
    Path adapter = Path.of(arguments[1]);
    var _ = peak(base, adapter, Path.of(arguments[2]));
    System.out.println(peak(base, adapter, Path.of(arguments[3])));
  }

  /** The most bytes that a process of its own holds above what it holds before. */
  static long of(WideModel wide) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(MergeMemory.class.getName()));
    command.addAll(List.of(wide.base().toString(), wide.adapter().toString()));
    command.add(wide.base().resolveSibling("warm-up").toString());
    command.add(wide.base().resolveSibling("measured").toString());
    Path log = wide.base().resolveSibling("merge.log");
    Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    if (status != 0) {
      throw new IOException("the merging process ended with " + status + ", see " + log);
    }
    return Long.parseLong(said.lines().toList().getLast());
  }

  private static long peak(Path base, Path adapter, Path target) throws IOException {
    long before = HeldMemory.bytes();
    long[] most = {0};
    var _ =
        new AdapterMerge(base, adapter, DType.F32, AdapterMerge.DEFAULT_SHARD_BYTES)
            .write(
                target,
                (name, n) -> {
                  if (n % SAMPLED_EVERY == 1) {
                    most[0] = Math.max(most[0], HeldMemory.bytes() - before);
                  }
                });
    return most[0];
  }
}
