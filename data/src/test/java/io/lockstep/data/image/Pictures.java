package io.lockstep.data.image;

import io.lockstep.data.conversation.ImageSource;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The pictures of tools/make_image_fixtures.py. */
final class Pictures {
  private static final Path FOLDER = folder();

  private Pictures() {}

  private static Path folder() {
    try {
      URL url = Objects.requireNonNull(Pictures.class.getResource("/images"));
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER.resolve("in"))) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  static Path file(String name) {
    return FOLDER.resolve("in").resolve(name);
  }

  static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(file(name));
  }

  static Path expected(String name) {
    return FOLDER.resolve("rgb").resolve(name + ".png");
  }

  static RgbImage decode(byte[] bytes) throws IOException {
    return new ImageDecoder(DecodeLimits.DEFAULT).decode(new ImageSource.Bytes("test", bytes));
  }
}
