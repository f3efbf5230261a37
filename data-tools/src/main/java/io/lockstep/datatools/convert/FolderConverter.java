package io.lockstep.datatools.convert;

import io.lockstep.config.text.UsableText;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.image.OtherSpelling;
import io.lockstep.data.record.Description;
import io.lockstep.data.record.SummaryText;
import io.lockstep.datatools.convert.ContractFolder.Annotated;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Converts a plain folder, of one of two layouts.
 *
 * <ul>
 *   <li>A folder per class ({@code DIR/标签/a.jpg}): each picture gets one object, the class, whose
 *       box is the whole picture, and the summary {@code 标签×1}.
 *   <li>Pictures with texts ({@code DIR/a.jpg} and {@code DIR/a.txt}): each picture gets the text,
 *       without blanks and line ends around it, as its summary, and no objects.
 * </ul>
 *
 * A folder that is neither, or both, is refused.
 */
public final class FolderConverter {

  /** The longest text, in bytes. */
  private static final long MAX_TEXT = 1 << 20;

  private final Remarks remarks = new Remarks();
  private final Path folder;
  private final SourcePictures pictures;

  private FolderConverter(Path folder) throws IOException, ConversionException {
    this.folder = folder;
    this.pictures = new SourcePictures(folder, remarks);
  }

  /**
   * Converts a folder; its pictures are copied.
   *
   * @param out a folder that doesn't exist yet or is empty
   * @throws ConversionException if the folder has neither layout or nothing in it can be used
   */
  public static ConversionReport convert(Path folder, Path out)
      throws IOException, ConversionException {
    return new FolderConverter(folder).run(out);
  }

  private ConversionReport run(Path out) throws IOException, ConversionException {
    List<Path> entries = list(folder);
    boolean pictures = entries.stream().anyMatch(FolderConverter::isPictureFile);
    boolean folders = entries.stream().anyMatch(Files::isDirectory);
    if (pictures == folders) {
      throw new ConversionException(
          folder
              + (pictures ? " holds pictures and folders" : " holds neither pictures nor folders")
              + "; give a folder of folders, one for each class, or one of pictures with a .txt"
              + " file each");
    }
    if (out.toAbsolutePath().normalize().startsWith(folder.toAbsolutePath().normalize())) {
      throw new ConversionException(
          out + " lies in " + folder + ", which is converted; give --out another folder");
    }
    List<String> classes = folders ? classes(entries) : List.of();
    if (pictures) {
      requireTextsOfTheirOwn(entries);
    }
    try (ContractFolder written = ContractFolder.create(out)) {
      if (folders) {
        for (String name : classes) {
          addClass(name, written);
        }
      } else {
        addTexts(entries, written);
      }
      return written.finish(remarks);
    }
  }

  /** Two pictures that differ by their extension alone would get one text. */
  private void requireTextsOfTheirOwn(List<Path> entries) throws ConversionException {
    Map<String, String> pictures = new HashMap<>();
    for (Path entry : entries) {
      String name = String.valueOf(entry.getFileName());
      if (isPictureFile(entry)) {
        String other = pictures.put(stem(name), name);
        if (other != null) {
          throw new ConversionException(
              "%s: %s and %s share one text, %s.txt; give each picture a name of its own"
                  .formatted(folder, other, name, stem(name)));
        }
      }
    }
  }

  private static boolean isPictureFile(Path path) {
    return Files.isRegularFile(path) && SourcePictures.isPicture(path);
  }

  /** Names of the class folders, each of which has to be a good description. */
  private List<String> classes(List<Path> entries) throws ConversionException {
    List<String> names = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (Path entry : entries) {
      String name = String.valueOf(entry.getFileName());
      if (!Files.isDirectory(entry)) {
        remarks.add("file skipped: it lies beside the class folders", name);
        continue;
      }
      Description.problem(name)
          .ifPresent(what -> problems.add("the folder name '%s' %s".formatted(name, what)));
      names.add(name);
    }
    if (!problems.isEmpty()) {
      throw new ConversionException(folder + ": " + String.join("; ", problems));
    }
    return names;
  }

  private void addClass(String name, ContractFolder written) throws IOException {
    for (Path file : list(folder.resolve(name))) {
      String path = name + "/" + file.getFileName();
      if (!isPictureFile(file)) {
        remarks.add(
            Files.isDirectory(file)
                ? "folder skipped: class folders hold pictures only"
                : "file skipped: it is no picture by its name (jpg, jpeg, png, webp)",
            path);
        continue;
      }
      Optional<SourcePictures.Found> found = pictures.find(path);
      if (found.isPresent()) {
        int width = found.get().header().width();
        int height = found.get().header().height();
        Annotated whole =
            new Annotated(name, "bbox_2d", List.of(0.0, 0.0, (double) width, (double) height));
        written.add(
            new ContractFolder.Entry(
                found.get().file(),
                found.get().name(),
                width,
                height,
                List.of(whole),
                Optional.empty()));
      }
    }
  }

  private void addTexts(List<Path> entries, ContractFolder written) throws IOException {
    for (Path file : entries) {
      String name = String.valueOf(file.getFileName());
      if (!isPictureFile(file)) {
        if (!name.endsWith(".txt")) {
          remarks.add(
              "file skipped: it is neither a picture (jpg, jpeg, png, webp) nor a text", name);
        } else if (!hasPicture(name, entries)) {
          remarks.add("text skipped: there is no picture of its name", name);
        }
        continue;
      }
      Optional<String> text = text(file, name);
      Optional<SourcePictures.Found> found =
          text.isEmpty() ? Optional.empty() : pictures.find(name);
      if (found.isPresent()) {
        written.add(
            new ContractFolder.Entry(
                found.get().file(),
                found.get().name(),
                found.get().header().width(),
                found.get().header().height(),
                List.of(),
                text));
      }
    }
  }

  private static boolean hasPicture(String text, List<Path> entries) {
    String stem = stem(text);
    return entries.stream()
        .anyMatch(each ->
            isPictureFile(each) && SameText.same(stem(String.valueOf(each.getFileName())), stem));
  }

  private static String stem(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }

  private Optional<String> text(Path picture, String name) throws IOException {
    Path named = picture.resolveSibling(stem(name) + ".txt");
    Path file = Files.isRegularFile(named) ? named : OtherSpelling.of(named).orElse(named);
    if (!Files.isRegularFile(file)) {
      remarks.add("picture skipped: there is no .txt file of its name", name);
      return Optional.empty();
    }
    if (Files.size(file) > MAX_TEXT) {
      remarks.add("picture skipped: its text is longer than a MiB", name);
      return Optional.empty();
    }
    try {
      String text = UsableText.withoutByteOrderMark(Files.readString(file)).strip();
      if (UsableText.isBlank(text)) {
        remarks.add("picture skipped: its text is empty", name);
        return Optional.empty();
      }
      Optional<String> problem = SummaryText.problem(text);
      if (problem.isPresent()) {
        remarks.add("picture skipped: its text can't be used", name + " " + problem.get());
        return Optional.empty();
      }
      return Optional.of(text);
    } catch (CharacterCodingException e) {
      remarks.add("picture skipped: its text is not UTF-8", name);
      return Optional.empty();
    }
  }

  /** What is in a folder, by name, without hidden entries. */
  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(each -> !String.valueOf(each.getFileName()).startsWith("."))
          .sorted()
          .toList();
    }
  }
}
