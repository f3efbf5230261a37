package io.lockstep.model.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.model.safetensors.TensorSource;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;

/** What the public Python implementation computed, as files. */
public final class Goldens {
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Goldens() {}

  /** A file or folder below {@code goldens}. */
  public static Path path(String relative) {
    URL url = Objects.requireNonNull(Goldens.class.getResource("/goldens/" + relative), relative);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The cases of Qwen3-VL. */
  public static JsonNode cases() throws IOException {
    return new ObjectMapper().readTree(path("qwen3_vl/cases.json").toFile());
  }

  /** An I64 tensor as an array. */
  public static long[] longs(TensorSource source, String name) {
    return source.data(name).toArray(I64);
  }

  /** An F32 tensor as an array. */
  public static float[] floats(TensorSource source, String name) {
    return source.data(name).toArray(F32);
  }
}
