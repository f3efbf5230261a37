package io.lockstep.config;

import java.nio.file.Path;
import java.util.Map;

/** A place in a configuration that is being read: what problems are told of. */
public final class Place {

  private final Problems problems;
  private final Source source;
  private final Map<String, Source> owners;
  private final String pointer;
  private final String path;

  private Place(
      Problems problems, Source source, Map<String, Source> owners, String pointer, String path) {
    this.problems = problems;
    this.source = source;
    this.owners = owners;
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
      return moved(base, pointer);
    }

    /** The file, of which one section is read elsewhere. */
    Source moved(String to, String from) {
      return new Source(name, folder, stored, lines, to, from);
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

  /**
   * The top of a file.
   *
   * @param owners files in which single values stand if not in this one, by their JSON pointers;
   *     what lies below a value stands where it does unless it is named itself
   */
  static Place top(Problems problems, Source source, Map<String, Source> owners) {
    return new Place(problems, source, owners, "", "");
  }

  /** The same place, whose content is in another file. */
  Place in(Source other) {
    String there = "%s (%s)".formatted(path, other.name());
    return new Place(problems, other, Map.of(), pointer, there);
  }

  /** The place of another key of the file, told under this one's name. */
  Place alias(String key) {
    return new Place(problems, source, owners, below("", key), path);
  }

  /** The JSON pointer of a key in what another one points to. */
  static String below(String pointer, String key) {
    return pointer + "/" + key.replace("~", "~0").replace("/", "~1");
  }

  /** The file in which the value stands, or the section that lacks it. */
  private Source owner() {
    for (String at = pointer; !at.isEmpty(); at = at.substring(0, at.lastIndexOf('/'))) {
      Source owner = owners.get(at);
      if (owner != null) {
        return owner;
      }
    }
    return source;
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
              owners,
              below(place.pointer, key),
              place.path.isEmpty() ? key : place.path + "." + key);
    }
    return place;
  }

  /** The place of an entry of a list. */
  public Place at(int index) {
    return new Place(problems, source, owners, pointer + "/" + index, path + "[" + index + "]");
  }

  /** The dotted key, for messages. */
  public String path() {
    return path;
  }

  /** File and line, where it is known. */
  String where() {
    return owner().of(pointer);
  }

  /** A path that is written here, made absolute. */
  public Path resolve(String path) {
    return owner().folder().resolve(path).normalize();
  }

  /** Whether the files that are named here may be gone. */
  public boolean isStored() {
    return owner().stored();
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
    problems.add(pointer, new Problem(where(), problem));
  }
}
