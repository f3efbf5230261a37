package io.lockstep.model.testing;

import io.lockstep.model.safetensors.TensorSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** What the public Python implementation computed, as files. */
public final class Goldens {
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final String FOLDER = "goldens/";
  private static final Path ROOT = root();

  private Goldens() {}

  /** A file or folder below {@code goldens}. */
  public static Path path(String relative) {
    Path path = ROOT.resolve(relative);
    if (!Files.exists(path)) {
      throw new IllegalArgumentException("there is no fixture " + path);
    }
    return path;
  }

  /** One of the pictures. */
  public static Path image(String name) {
    return path("images").resolve(name);
  }

  /** An I64 tensor as an array. */
  public static long[] longs(TensorSource source, String name) {
    return source.data(name).toArray(I64);
  }

  /** An F32 tensor as an array. */
  public static float[] floats(TensorSource source, String name) {
    return source.data(name).toArray(F32);
  }

  /** Tests of this module see a folder; those of others may see a jar, which is unpacked. */
  private static Path root() {
    URL url = Goldens.class.getProtectionDomain().getCodeSource().getLocation();
    try {
      Path place = Path.of(Objects.requireNonNull(url).toURI());
      return Files.isDirectory(place) ? place.resolve(FOLDER) : unpacked(place).resolve(FOLDER);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path unpacked(Path jarFile) throws IOException {
    Path target = Files.createTempDirectory("goldens");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(target)));
    try (JarFile jar = new JarFile(jarFile.toFile())) {
      for (JarEntry entry : jar.stream().toList()) {
        if (entry.getName().startsWith(FOLDER) && !entry.isDirectory()) {
          Path file = target.resolve(entry.getName());
          Files.createDirectories(Objects.requireNonNull(file.getParent()));
          Files.copy(jar.getInputStream(entry), file);
        }
      }
    }
    return target;
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
