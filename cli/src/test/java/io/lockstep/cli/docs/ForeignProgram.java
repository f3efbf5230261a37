package io.lockstep.cli.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Whether what commands of Maven and kubectl name exists here: profiles, modules, tests, objects.
 *
 * @param repository its root
 */
record ForeignProgram(Path repository) {

  private static final Pattern OBJECT =
      Pattern.compile("\\b(statefulsets?|deployments?|services?|jobs?)[/ ]([a-z][\\w-]*)");

  /** What is wrong with a command. */
  List<String> problems(List<String> words) {
    try {
      return switch (words.getFirst()) {
        case "mvn" -> maven(words);
        case "kubectl" -> kubectl(words);
        default -> List.of();
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> maven(List<String> words) throws IOException {
    String poms = "";
    try (Stream<Path> folders = Files.list(repository)) {
      for (Path folder : Stream.concat(Stream.of(repository), folders).toList()) {
        Path pom = folder.resolve("pom.xml");
        poms += Files.exists(pom) ? Files.readString(pom) : "";
      }
    }
    List<String> problems = new ArrayList<>();
    for (int i = 1; i < words.size(); i++) {
      String word = words.get(i);
      if (word.startsWith("-P")) {
        for (String profile : word.substring(2).split(",", -1)) {
          if (!poms.contains("<id>" + profile + "</id>")) {
            problems.add("no profile " + profile);
          }
        }
      }
      if (word.equals("-pl")) {
        for (String module : words.get(i + 1).split(",", -1)) {
          if (!Files.exists(repository.resolve(module).resolve("pom.xml"))) {
            problems.add("no module " + module);
          }
        }
      }
      if (word.startsWith("-Dtest=") && !isTest(word.substring("-Dtest=".length()))) {
        problems.add("no such test: " + word);
      }
    }
    return problems;
  }

  private boolean isTest(String name) throws IOException {
    try (Stream<Path> files =
        Files.find(
            repository,
            14,
            (file, attributes) -> file.getFileName().toString().equals(name + ".java"))) {
      return files.findAny().isPresent();
    }
  }

  private List<String> kubectl(List<String> words) throws IOException {
    String objects = "";
    for (String file : List.of("rendered/cpu.yaml", "sample-data.yaml")) {
      objects += Files.readString(repository.resolve("k8s").resolve(file));
    }
    Set<String> verbs =
        Set.of(
            "apply",
            "config",
            "create",
            "delete",
            "describe",
            "kustomize",
            "label",
            "logs",
            "port-forward",
            "rollout",
            "scale",
            "wait",
            "get");
    List<String> problems = new ArrayList<>();
    if (!verbs.contains(words.get(1))) {
      problems.add("kubectl has no command " + words.get(1));
    }
    Matcher object = OBJECT.matcher(String.join(" ", words));
    while (object.find()) {
      String kind = object.group(1).replaceFirst("s$", "");
      Pattern declared =
          Pattern.compile(
              "(?mi)^kind: %s\\nmetadata:\\n(?:  .*\\n)*?  name: %s$"
                  .formatted(kind, object.group(2)));
      if (!declared.matcher(objects).find()) {
        problems.add("k8s has no %s %s".formatted(kind, object.group(2)));
      }
    }
    return problems;
  }
}
