package io.lockstep.config;

import java.nio.file.Path;
import java.util.Map;

/** A place in a configuration that is being read: what problems are told of. */
public final class Place {

  private final Problems problems;
  private final Source source;
  private final String pointer;
  private final String path;

  private Place(Problems problems, Source source, String pointer, String path) {
    this.problems = problems;
    this.source = source;
    this.pointer = pointer;
    this.path = path;
  }

  /**
   * A file.
   *
   * @param name of the file, for messages
   * @param folder what relative paths in it are relative to
   * @param stored whether it was written earlier, so that the files it names may be gone
   * @param lines of its keys by their JSON pointers
   * @param base pointer of the section that it holds
   * @param top where that begins in it
   */
  record Source(
      String name,
      Path folder,
      boolean stored,
      Map<String, Integer> lines,
      String base,
      String top) {

    /** The file, whose section begins further below. */
    Source below(String pointer) {
      return new Source(name, folder, stored, lines, base, pointer);
    }

    /** File, and line of the place or of the section around it. */
    String of(String pointer) {
      for (String at = top + pointer.substring(base.length());
          !at.isEmpty();
          at = at.substring(0, at.lastIndexOf('/'))) {
        Integer line = lines.get(at);
        if (line != null) {
          return name + ":" + line;
        }
      }
      return name;
    }
  }

  /** The top of a file. */
  static Place top(Problems problems, Source source) {
    return new Place(problems, source, "", "");
  }

  /** The same place, whose content is in another file. */
  Place in(Source other) {
    return new Place(problems, other, pointer, "%s (%s)".formatted(path, other.name()));
  }

  /** The place of another key of the file, told under this one's name. */
  Place alias(String key) {
    return new Place(problems, source, "/" + key, path);
  }

  String pointer() {
    return pointer;
  }

  /** The place of a key below this one. */
  public Place at(String... keys) {
    Place place = this;
    for (String key : keys) {
      place =
          new Place(
              problems,
              source,
              place.pointer + "/" + key.replace("~", "~0").replace("/", "~1"),
              place.path.isEmpty() ? key : place.path + "." + key);
    }
    return place;
  }

  /** The place of an entry of a list. */
  public Place at(int index) {
    return new Place(problems, source, pointer + "/" + index, path + "[" + index + "]");
  }

  /** The dotted key, for messages. */
  public String path() {
    return path;
  }

  /** A path that is written here, made absolute. */
  public Path resolve(String path) {
    return source.folder().resolve(path).normalize();
  }

  /** Whether the files that are named here may be gone. */
  public boolean isStored() {
    return source.stored();
  }

  /**
   * Adds a problem.
   *
   * @param what words that follow the key
   */
  public void problem(String what) {
    report((path.isEmpty() ? "the file" : path) + " " + what);
  }

  /** Adds a problem that names its key itself. */
  public void report(String problem) {
    problems.add(pointer, new Problem(source.of(pointer), problem));
  }
}
