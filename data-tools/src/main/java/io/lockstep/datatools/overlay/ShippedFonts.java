package io.lockstep.datatools.overlay;

import io.lockstep.data.file.FileWrites;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The two fonts that ship with this package, Latin and Chinese, as those of all text that Java
 * draws. Java otherwise asks the system's fontconfig: without it no text can be drawn, not even
 * with a font from a file, and without a Chinese font Chinese is empty boxes.
 */
public final class ShippedFonts {

  static final String LATIN = "DejaVuSans-subset.ttf";
  static final String CHINESE = "DroidSansFallback-subset.ttf";

  /** Names a file that takes the place of the system's fontconfig; read where Java needs that. */
  private static final String PROPERTY = "sun.awt.fontconfig";

  private static final List<String> FAMILIES =
      List.of("serif", "sansserif", "monospaced", "dialog", "dialoginput");
  private static final List<String> STYLES = List.of("plain", "bold", "italic", "bolditalic");

  private static boolean set;

  private ShippedFonts() {}

  /**
   * Makes them the fonts of this process. Java looks for fonts once, when it draws the first text:
   * to be called before that, as often as one likes. Does nothing if the process was started with
   * fonts of its own ({@value #PROPERTY}).
   */
  public static synchronized void use() throws IOException {
    if (set || System.getProperty(PROPERTY) != null || !onLinux()) {
      return;
    }
    Path folder = Files.createTempDirectory("lockstep-fonts");
    folder.toFile().deleteOnExit();
    Path configuration = folder.resolve("fontconfig.properties");
    FileWrites.text(configuration, configuration(write(folder, LATIN), write(folder, CHINESE)));
    configuration.toFile().deleteOnExit();
    System.setProperty(PROPERTY, configuration.toString());
    set = true;
  }

  /** Elsewhere the system always has fonts. */
  private static boolean onLinux() {
    return System.getProperty("os.name", "").equals("Linux");
  }

  /** Each logical font is both: what the Latin one lacks is taken from the Chinese one. */
  private static String configuration(Path latin, Path chinese) {
    StringBuilder lines = new StringBuilder("version=1\nsequence.allfonts=latin,chinese\n");
    for (String family : FAMILIES) {
      for (String style : STYLES) {
        lines.append("%s.%s.latin=Latin\n".formatted(family, style));
        lines.append("%s.%s.chinese=Chinese\n".formatted(family, style));
      }
    }
    return lines
        .append("filename.Latin=%s\n".formatted(latin))
        .append("filename.Chinese=%s\n".formatted(chinese))
        .toString();
  }

  /** A TrueType file with the Chinese characters that texts here are made of. */
  public static byte[] chinese() throws IOException {
    return bytes(CHINESE);
  }

  private static Path write(Path folder, String name) throws IOException {
    Path file = folder.resolve(name);
    FileWrites.bytes(file, bytes(name));
    file.toFile().deleteOnExit();
    return file;
  }

  /** One of them as a file's content. */
  static byte[] bytes(String name) throws IOException {
    try (InputStream stream = ShippedFonts.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new FileNotFoundException(
            "resource io/lockstep/datatools/overlay/"
                + name
                + " is not on the class path; build data-tools again");
      }
      return stream.readAllBytes();
    }
  }
}
