package io.lockstep.cli.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The pages for people.
 *
 * @param repository its root
 */
public record Pages(Path repository) {

  /** Their paths from the root, in order. */
  public List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    for (String folder : List.of("", "docs", "k8s")) {
      try (Stream<Path> files = Files.list(repository.resolve(folder))) {
        files
            .filter(file -> file.getFileName().toString().endsWith(".md"))
            .map(file -> repository.relativize(file).toString())
            .sorted()
            .forEach(names::add);
      }
    }
    return names;
  }

  /** The text of one. */
  public String text(String name) throws IOException {
    return Files.readString(repository.resolve(name));
  }

  /** The commands of one, in their order. */
  public List<PageCommand> commands(String name) throws IOException {
    return PageCommand.of(name, text(name));
  }
}
