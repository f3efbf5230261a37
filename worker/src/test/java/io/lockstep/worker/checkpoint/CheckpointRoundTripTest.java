package io.lockstep.worker.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.IsolatedDevice;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import io.lockstep.worker.zero.Buckets.Range;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What any world has written, every other world reads to the bit. */
class CheckpointRoundTripTest {

  private static final int LARGEST_WORLD = 4;
  private static final long STEPS = 7;

  @TempDir Path temporary;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "full",
        "lora",
        "lora, lora_rank: 3, init_weights: olora",
        "lora, lora_rank: 3, lora_bias: all",
        "lora, lora_rank: 2, init_weights: pissa_niter_1, use_dora: true"
      })
  void everyWorldReadsWhatAnyOtherHasWritten(String mode) throws Exception {
    RunConfig config = Runs.config(mode);
    try (LoadedModel model = TuningPlan.of(config).load(config);
        LoadedModel fresh = TuningPlan.of(config).load(config);
        Arena arena = Arena.ofConfined()) {
      scramble(model);
      Moments all = Runs.moments(arena, flat(model));
      for (int written = 1; written <= LARGEST_WORLD; written++) {
        Path folder = Files.createDirectory(temporary.resolve("world-" + written));
        Runs.write(folder, model, config, written, STEPS, all);
        for (int read = 1; read <= LARGEST_WORLD; read++) {
          readEverything(folder, config, fresh, read, model, all);
        }
      }
    }
  }

  @Test
  void whatLiesOnADeviceIsWrittenAndReadAsTheSameBytes() throws Exception {
    RunConfig config = Runs.config("full");
    Path onHost = Files.createDirectory(temporary.resolve("host"));
    try (LoadedModel model = TuningPlan.of(config).load(config);
        Arena arena = Arena.ofConfined()) {
      scramble(model);
      Runs.write(onHost, model, config, 2, STEPS, Runs.moments(arena, flat(model)));
    }
    Path onDevice = Files.createDirectory(temporary.resolve("device"));
    try (IsolatedDevice device = IsolatedDevice.install();
        Scope scope = Scope.lasting();
        LoadedModel model = TuningPlan.of(config).load(config);
        LoadedModel fresh = TuningPlan.of(config).load(config);
        Arena arena = Arena.ofConfined()) {
      scramble(model);
      Moments host = Runs.moments(arena, flat(model));
      Moments all = room(scope, device, flat(model));
      all.mean().copyFrom(host.mean());
      all.meanSquare().copyFrom(host.meanSquare());
      Runs.write(onDevice, model, config, 2, STEPS, all);
      assertEquals(Runs.files(onHost), Runs.files(onDevice));
      for (String name : Runs.files(onHost)) {
        assertEquals(-1, Files.mismatch(onHost.resolve(name), onDevice.resolve(name)), name);
      }
      try (CheckpointReader reader = CheckpointReader.open(onDevice)) {
        Moments read = room(scope, device, flat(model));
        reader.readTrained(fresh);
        reader.readMoments(read);
        assertSame(trained(model), trained(fresh));
        assertSame(host.mean(), read.mean());
        assertSame(host.meanSquare(), read.meanSquare());
      }
    }
  }

  private static Moments room(Scope scope, Device device, long floats) {
    return new Moments(
        0, scope.zeros(device, Dtype.FLOAT32, floats), scope.zeros(device, Dtype.FLOAT32, floats));
  }

  private static void readEverything(
      Path folder, RunConfig config, LoadedModel fresh, int world, LoadedModel model, Moments all)
      throws IOException {
    try (CheckpointReader reader = CheckpointReader.open(folder);
        Arena arena = Arena.ofConfined()) {
      reader.requireFit(flat(model), config.cluster().bucketFloats());
      assertEquals(STEPS, reader.state().steps());
      reader.readTrained(fresh);
      assertSame(trained(model), trained(fresh));
      for (int rank = 0; rank < world; rank++) {
        Range range = Runs.buckets(config, flat(model)).owned(rank, world);
        Buffer values = Buffer.onHost(arena, Dtype.FLOAT32, range.floats());
        reader.readTrained(fresh, range.start(), values);
        assertSame(Runs.slice(trained(model), range), values);
        Moments own = Runs.room(arena, range.start(), range.floats());
        reader.readMoments(own);
        assertSame(Runs.slice(all.mean(), range), own.mean());
        assertSame(Runs.slice(all.meanSquare(), range), own.meanSquare());
      }
    }
  }

  @Test
  void anotherFixedHalfIsRefused() throws Exception {
    RunConfig config = Runs.config("lora, lora_rank: 2, init_weights: pissa");
    try (LoadedModel model = TuningPlan.of(config).load(config);
        Arena arena = Arena.ofConfined()) {
      Runs.write(temporary, model, config, 1, STEPS, Runs.moments(arena, flat(model)));
    }
    RunConfig other = Runs.config("lora, lora_rank: 2, init_weights: olora");
    try (LoadedModel model = TuningPlan.of(other).load(other);
        CheckpointReader reader = CheckpointReader.open(temporary)) {
      String message =
          String.valueOf(
              assertThrows(IOException.class, () -> reader.readTrained(model)).getMessage());
      assertTrue(message.contains("is not what this version computes"), message);
    }
  }

  @Test
  void aMissingFileAndOneTooManyAreNamed() throws Exception {
    RunConfig config = Runs.config("lora");
    try (LoadedModel model = TuningPlan.of(config).load(config);
        Arena arena = Arena.ofConfined()) {
      Runs.write(temporary, model, config, 3, STEPS, Runs.moments(arena, flat(model)));
    }
    Path second = temporary.resolve("optimizer-00001-of-00003.safetensors");
    Path copy = temporary.resolve("optimizer-00009-of-00012.safetensors");
    Files.copy(second, copy);
    String twice = refusal();
    assertTrue(
        twice.contains("are in both " + second.getFileName() + " and " + copy.getFileName()),
        twice);
    Files.delete(copy);
    Files.delete(second);
    String gap = refusal();
    assertTrue(gap.contains("before optimizer-00002-of-00003.safetensors are missing"), gap);
    Files.delete(temporary.resolve("optimizer-00002-of-00003.safetensors"));
    assertTrue(refusal().endsWith("are missing"), refusal());
    Files.delete(temporary.resolve(TrainerState.FILE_NAME));
    assertTrue(refusal().contains("trainer_state.json is missing"), refusal());
  }

  @Test
  void anotherCutIsToldInOneMessage() throws Exception {
    RunConfig config = Runs.config("lora");
    try (LoadedModel model = TuningPlan.of(config).load(config);
        Arena arena = Arena.ofConfined()) {
      long floats = flat(model);
      Runs.write(temporary, model, config, 1, STEPS, Runs.moments(arena, floats));
      try (CheckpointReader reader = CheckpointReader.open(temporary)) {
        String message =
            assertThrows(CheckpointException.class, () -> reader.requireFit(floats + 16, 2048))
                .getMessage();
        assertEquals(
            "checkpoint %s holds %d trained values, this run has %d: other parameters are trained, and buckets of 1024 values, this run has 2048: set cluster.bucket_floats: 1024"
                .formatted(temporary, floats, floats + 16),
            message);
      }
    }
  }

  private String refusal() {
    return String.valueOf(
        assertThrows(
                CheckpointException.class,
                () -> {
                  CheckpointReader reader = CheckpointReader.open(temporary);
                  reader.close();
                })
            .getMessage());
  }

  private static long flat(LoadedModel model) {
    return model.trainable().trained().layout().size();
  }

  private static Buffer trained(LoadedModel model) {
    return Buffer.of(model.trainable().trained().flat());
  }

  /** Gives the trained parameters other values, so that none is what the base model holds. */
  private static void scramble(LoadedModel model) {
    SplittableRandom random = new SplittableRandom(3);
    model
        .trainable()
        .trained()
        .byName()
        .forEach((name, values) -> Runs.fill(Buffer.of(values), random));
  }

  private static void assertSame(Buffer expected, Buffer actual) {
    assertTrue(expected.hasSameBytes(actual));
  }

  @Test
  void theCopyIsWrittenWhateverTrainingDoesMeanwhile() throws Exception {
    RunConfig config = Runs.config("full");
    List<String> heard = new ArrayList<>();
    try (LoadedModel model = TuningPlan.of(config).load(config);
        Arena arena = Arena.ofConfined()) {
      scramble(model);
      Moments all = Runs.moments(arena, flat(model));
      Path still = Files.createDirectory(temporary.resolve("still"));
      Runs.write(still, model, config, 1, STEPS, all);
      CheckpointWriter.Listener listener =
          new CheckpointWriter.Listener() {
            @Override
            public void written(CheckpointWriter.Request request, List<WrittenFile> files) {
              heard.add(
                  "step "
                      + request.steps()
                      + ": "
                      + files.stream()
                          .sorted(java.util.Comparator.comparing(WrittenFile::path))
                          .toList());
            }

            @Override
            public void failed(CheckpointWriter.Request request, Throwable why) {
              heard.add("step " + request.steps() + " failed: " + why.getMessage());
            }
          };
      try (CheckpointWriter writer = new CheckpointWriter(model, config, listener)) {
        for (long steps = STEPS; steps < STEPS + 2; steps++) {
          Path folder = Files.createDirectory(temporary.resolve("moving-" + steps));
          writer.begin(
              new CheckpointWriter.Request(new CheckpointParts(folder, 0, 1), 1, steps),
              trained(model),
              all,
              Runs.probes());
          // What is written is the copy: whatever becomes of the model now is not seen.
          Buffer moving = trained(model);
          Buffer before = Buffer.onHost(arena, Dtype.FLOAT32, moving.elements()).copyFrom(moving);
          moving.zero();
          all.mean().zero();
          writer.await();
          moving.copyFrom(before);
          all.mean().copyFrom(Runs.moments(arena, flat(model)).mean());
        }
        writer.begin(
            new CheckpointWriter.Request(
                new CheckpointParts(temporary.resolve("gone"), 1, 2), 1, 9),
            null,
            all,
            List.of());
      }
      for (String name : Runs.files(still)) {
        if (!name.equals(TrainerState.FILE_NAME)) {
          assertEquals(
              -1,
              Files.mismatch(still.resolve(name), temporary.resolve("moving-7").resolve(name)),
              name);
        }
      }
      assertEquals(Runs.files(still), Runs.files(temporary.resolve("moving-8")));
    }
    assertTrue(heard.get(0).startsWith("step 7: [WrittenFile[path=alignment.json"), heard.get(0));
    assertTrue(heard.get(1).startsWith("step 8: "), heard.get(1));
  }

  @Test
  void aFailureIsHeardAndWhatIsGivenUpIsNot() throws Exception {
    RunConfig config = Runs.config("lora");
    CountDownLatch written = new CountDownLatch(1);
    List<String> heard = new ArrayList<>();
    CheckpointWriter.Listener listener =
        new CheckpointWriter.Listener() {
          @Override
          public void written(CheckpointWriter.Request request, List<WrittenFile> files) {
            heard.add("written " + request.steps());
            written.countDown();
          }

          @Override
          public void failed(CheckpointWriter.Request request, Throwable why) {
            heard.add(String.valueOf(why.getMessage()));
          }
        };
    try (LoadedModel model = TuningPlan.of(config).load(config);
        Arena arena = Arena.ofConfined();
        CheckpointWriter writer = new CheckpointWriter(model, config, listener)) {
      Moments all = Runs.moments(arena, flat(model));
      Path gone = temporary.resolve("gone");
      writer.begin(
          new CheckpointWriter.Request(new CheckpointParts(gone, 1, 2), 1, 3),
          null,
          all,
          List.of());
      writer.await();
      assertEquals(1, heard.size());
      assertTrue(
          heard.getFirst().contains("the checkpoint of step 3 can't be written to " + gone),
          heard.getFirst());
      Path folder = Files.createDirectory(temporary.resolve("given-up"));
      writer.begin(
          new CheckpointWriter.Request(new CheckpointParts(folder, 0, 2), 1, 4),
          trained(model),
          all,
          Runs.probes());
      assertTrue(writer.cancel());
      assertFalse(writer.cancel());
      writer.await();
      assertEquals(1, heard.size());
      Path after = Files.createDirectory(temporary.resolve("after"));
      writer.begin(
          new CheckpointWriter.Request(new CheckpointParts(after, 1, 2), 2, 4),
          null,
          all,
          List.of());
      assertTrue(written.await(60, TimeUnit.SECONDS));
      assertFalse(writer.cancel(), "it is written: nothing is given up");
      writer.await();
      assertEquals("written 4", heard.getLast());
    }
  }
}
