package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.Patches;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A model of a drawn shape, and what the public implementation computes with it; made by {@code
 * tools/make_shape_fixtures.py}, which says what is stored and how weights and pixels come about.
 *
 * @param folder holds {@code config.json} and {@code reference.safetensors}
 */
record DrawnShape(Path folder) {

  private static final long FNV_BASIS = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final int DROPPED_BITS = 40;
  private static final double HALF_RANGE = 1 << 23;
  private static final double SPREAD_OF_VECTORS = 0.25;

  /** All of them. */
  static List<DrawnShape> all() {
    try {
      Path shapes =
          Path.of(Objects.requireNonNull(DrawnShape.class.getResource("/shapes")).toURI());
      try (Stream<Path> folders = Files.list(shapes)) {
        return folders.sorted().map(DrawnShape::new).toList();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  ModelConfig config() throws IOException {
    return ModelFamilies.read(folder.resolve("config.json"));
  }

  SafetensorsFile reference() throws IOException {
    return SafetensorsFile.open(folder.resolve("reference.safetensors"));
  }

  /** The shape of that name. */
  static DrawnShape named(String name) {
    return all().stream().filter(s -> s.toString().equals(name)).findFirst().orElseThrow();
  }

  /** Of logits of the whole batch those of the positions that the reference holds. */
  float[] chosen(float[] logits) throws IOException {
    try (SafetensorsFile reference = reference()) {
      long[] chosen = Goldens.longs(reference, "chosen");
      List<Long> batch = reference.info("input_ids").shape();
      int length = Math.toIntExact(batch.getLast());
      int kept = Math.toIntExact(chosen.length / batch.getFirst());
      int vocabulary = config().text().vocabSize();
      float[] values = new float[chosen.length * vocabulary];
      for (int i = 0; i < chosen.length; i++) {
        int at = (i / kept * length + (int) chosen[i]) * vocabulary;
        System.arraycopy(logits, at, values, i * vocabulary, vocabulary);
      }
      return values;
    }
  }

  SafetensorsFile gradients() throws IOException {
    return SafetensorsFile.open(folder.resolve("gradients.safetensors"));
  }

  /** The routers' auxiliary loss and its gradients, of families with experts. */
  SafetensorsFile router() throws IOException {
    return SafetensorsFile.open(folder.resolve("router.safetensors"));
  }

  Collator collator() throws IOException {
    try (SafetensorsFile reference = reference()) {
      int pad = (int) Goldens.longs(reference, "pad_token_id")[0];
      return new Collator(pad, config().imageTokenId(), config().vision().spatialMergeSize());
    }
  }

  /** The rows of the batch without their padding, each with its own pictures. */
  List<Sample> rows() throws IOException {
    try (SafetensorsFile reference = reference()) {
      ModelConfig config = config();
      long[] ids = Goldens.longs(reference, "input_ids");
      long[] mask = Goldens.longs(reference, "attention_mask");
      List<Patches> pictures = pictures(config, Goldens.longs(reference, "image_grid_thw"));
      int count = Math.toIntExact(reference.info("input_ids").shape().getFirst());
      int length = ids.length / count;
      int merge = config.vision().spatialMergeSize();
      List<Sample> rows = new ArrayList<>();
      for (int row = 0; row < count; row++) {
        int begin = row * length;
        int[] tokens =
            IntStream.range(begin, begin + length)
                .filter(i -> mask[i] == 1)
                .map(i -> (int) ids[i])
                .toArray();
        long wanted = Arrays.stream(tokens).filter(t -> t == config.imageTokenId()).count();
        List<Patches> own = new ArrayList<>();
        while (wanted > 0) {
          own.add(pictures.removeFirst());
          wanted -= own.getLast().grid().tokens(merge);
        }
        assertEquals(0, wanted);
        rows.add(Sample.prompt("row " + row, tokens, own));
      }
      assertEquals(List.of(), pictures);
      return rows;
    }
  }

  /** The rows, of which every text token that follows another is learned. */
  List<Sample> learnedRows() throws IOException {
    int picture = config().imageTokenId();
    return rows().stream()
        .map(row -> {
          int[] labels =
              Arrays.stream(row.tokens()).map(t -> t == picture ? Sample.IGNORED : t).toArray();
          labels[0] = Sample.IGNORED;
          return new Sample(row.name(), row.tokens(), labels, row.images());
        })
        .toList();
  }

  /** What is stored of a parameter's gradient: its product with numbers from the name, its norm. */
  double[] doubles(SafetensorsFile reference, String name) {
    return reference
        .data(name)
        .toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
  }

  /** The same of a gradient. */
  double[] described(String name, float[] gradient) {
    double product = 0;
    double squares = 0;
    for (int i = 0; i < gradient.length; i++) {
      product += gradient[i] * uniform("direction." + name, i);
      squares += (double) gradient[i] * gradient[i];
    }
    return new double[] {product, Math.sqrt(squares)};
  }

  private static List<Patches> pictures(ModelConfig config, long[] grids) {
    int width = config.vision().patchValues();
    List<Patches> pictures = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < grids.length; i += 3) {
      Grid grid = new Grid((int) grids[i], (int) grids[i + 1], (int) grids[i + 2]);
      float[] pixels = new float[grid.patches() * width];
      for (int at = 0; at < pixels.length; at++) {
        pixels[at] = (float) uniform("pixel_values", first + at);
      }
      first += pixels.length;
      pictures.add(new Patches(pixels, grid.t(), grid.h(), grid.w()));
    }
    return pictures;
  }

  Parameters weights() throws IOException {
    Parameters parameters = new Parameters(config().layout());
    for (ParameterLayout.Slot slot : parameters.layout().slots()) {
      String name = slot.spec().name();
      List<Long> shape = slot.spec().shape();
      MemorySegment values = Buffer.of(parameters.get(name)).hostBytes();
      double scale =
          shape.size() == 1
              ? SPREAD_OF_VECTORS
              : Math.sqrt(3.0 * shape.getFirst() / slot.spec().elements());
      double middle = shape.size() > 1 || name.endsWith(".bias") ? 0 : 1;
      for (int i = 0; i < slot.spec().elements(); i++) {
        float value = (float) (uniform(name, i) * scale + middle);
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
      }
    }
    return parameters;
  }

  /** A number in [-1, 1), a multiple of 2^-23, from a tensor's name and an element's index. */
  private static double uniform(String name, long index) {
    long hash = FNV_BASIS;
    for (byte letter : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (letter & 0xFF)) * FNV_PRIME;
    }
    long z = hash + (index + 1) * GOLDEN_GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return (z >>> DROPPED_BITS) / HALF_RANGE - 1;
  }

  @Override
  public String toString() {
    return folder.getFileName().toString();
  }
}
