package io.lockstep.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that extend others. */
class BasesTest {

  @TempDir private Path folder = Path.of("");

  record House(
      @Key("The walls.") Walls walls,
      @Key("The rooms.") List<Room> rooms,
      @Key("The garden.") Garden garden)
      implements Checked {

    @Override
    public void check(Place top) {
      if (walls.windows > walls.height) {
        top.at("walls", "windows").problem("are too many");
      }
    }
  }

  record Walls(
      @Key(value = "Their height.", min = 1, max = 9) int height,
      @Key(value = "Their windows.", otherwise = "1") int windows,
      @Key(value = "Their plan.", mustExist = true) Optional<Path> plan,
      @Key("Their paint.") Paint paint) {}

  record Paint(
      @Key(value = "Colour.", otherwise = "white") String colour,
      @Key(value = "Coats.", otherwise = "1") int coats) {}

  record Room(@Key("Its name.") String name, @Key("Its key.") Optional<Path> key) {}

  record Garden(
      @Key(value = "Its pond.", also = "pond", file = true) Optional<Pond> pond,
      @Key(value = "Its trees.", otherwise = "[]") List<String> trees) {}

  record Pond(@Key("Its depth.") int depth, @Key(value = "Fish.", otherwise = "0") int fish) {}

  private Path write(String name, String yaml) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.resolveSibling(""));
    return Files.writeString(file, yaml);
  }

  private static House read(Path file) throws Exception {
    return read(file, Optional.empty());
  }

  private static House read(Path file, Optional<Path> base) throws Exception {
    return ConfigReader.read(
        House.class, Files.readString(file), ConfigReader.Origin.of(file, base), Vocabulary.NONE);
  }

  private static List<String> problems(Path file) {
    return problems(file, Optional.empty());
  }

  private static List<String> problems(Path file, Optional<Path> base) {
    return assertThrows(ConfigException.class, () -> read(file, base)).lines();
  }

  private static House flat(String yaml) throws Exception {
    return ConfigReader.read(
        House.class, yaml, new ConfigReader.Origin("flat", Path.of("/"), false), Vocabulary.NONE);
  }

  @Test
  void mappingsAreMergedAtAnyDepthAndOtherValuesReplaced() throws Exception {
    write(
        "base.yaml",
        """
        walls: {height: 5, windows: 2, paint: {colour: red, coats: 2}}
        rooms: [{name: hall}, {name: attic}]
        garden: {trees: [oak, elm], pond: {depth: 3, fish: 7}}
        """);
    Path child =
        write(
            "child.yaml",
            """
            extends: base.yaml
            walls: {height: 6, paint: {coats: 3}}
            rooms: [{name: cellar}]
            garden: {trees: [], pond: {depth: 4}}
            """);
    assertEquals(
        flat(
            """
            walls: {height: 6, windows: 2, paint: {colour: red, coats: 3}}
            rooms: [{name: cellar}]
            garden: {trees: [], pond: {depth: 4, fish: 7}}
            """),
        read(child));
  }

  @Test
  void laterBasesWinOverEarlierOnesAndTheFileOverAll() throws Exception {
    write("a.yaml", "walls: {height: 1, windows: 1, paint: {colour: a, coats: 1}}");
    write("b.yaml", "walls: {windows: 2, paint: {colour: b, coats: 2}}");
    write("lowest.yaml", "walls: {height: 9, paint: {coats: 9}}\ngarden: {trees: [low]}");
    Path child =
        write("child.yaml", "extends: [a.yaml, b.yaml]\nwalls: {height: 4, paint: {colour: c}}");
    Path lowest = folder.resolve("lowest.yaml");
    assertEquals(
        flat(
            """
            walls: {height: 4, windows: 2, paint: {colour: c, coats: 2}}
            garden: {trees: [low]}
            """),
        read(child, Optional.of(lowest)));
    Path plain = write("plain.yaml", "walls: {windows: 3}");
    assertEquals(
        flat("walls: {height: 9, windows: 3, paint: {coats: 9}}\ngarden: {trees: [low]}"),
        read(plain, Optional.of(lowest)));
  }

  @Test
  void aBaseCountsWithAllThatItExtendsAlsoIfItIsReachedTwice() throws Exception {
    write("root.yaml", "walls: {height: 1, windows: 1}");
    write("left.yaml", "extends: root.yaml\nwalls: {height: 2, paint: {colour: l}}");
    write("right.yaml", "extends: [./root.yaml]\nwalls: {paint: {coats: 5}}");
    Path child = write("child.yaml", "extends: [left.yaml, right.yaml]");
    assertEquals(flat("walls: {height: 1, windows: 1, paint: {colour: l, coats: 5}}"), read(child));
    Path twice = write("twice.yaml", "extends: [left.yaml, sub/../left.yaml]");
    Files.createDirectory(folder.resolve("sub"));
    assertEquals(flat("walls: {height: 2, windows: 1, paint: {colour: l}}"), read(twice));
  }

  @Test
  void aCircleIsToldWithAllItsFiles() throws Exception {
    Path self = write("self.yaml", "walls: {height: 1}\nextends: self.yaml\n");
    assertEquals(
        List.of(
            "%s:2: extends names %s, which leads back here: %s extends %s; remove one of them"
                .formatted(self, self, self, self)),
        problems(self));
    Path a = write("a.yaml", "extends: b.yaml\n");
    Path b = write("b.yaml", "extends: [\n  c.yaml,\n  a.yaml]\n");
    Path c = write("c.yaml", "walls: {height: 1}\n");
    assertEquals(
        List.of(
            "%s:3: extends names %s, which leads back here: %s extends %s extends %s; remove one of them"
                .formatted(b, a, a, b, a)),
        problems(a));
    write("c.yaml", "extends: sub/d.yaml");
    Path d = write("sub/d.yaml", "extends: ../b.yaml");
    Files.createSymbolicLink(folder.resolve("link.yaml"), d);
    write("b.yaml", "extends: c.yaml");
    assertEquals(
        List.of(
            "%s:1: extends names %s, which leads back here: %s extends %s extends %s extends %s; remove one of them"
                .formatted(d, b, b, c, d, b)),
        problems(a));
    assertEquals(
        "--base_config: names %s, which leads back here: %s extends %s; remove one of them"
            .formatted(c, c, c),
        problems(c, Optional.of(c)).getFirst());
  }

  @Test
  void whatIsWrongWithBasesIsToldAtOnceByWhoAsksForThem() throws Exception {
    Path big = write("big.yaml", "#".repeat((1 << 20) + 1));
    Path list = write("list.yaml", "- 1");
    Path torn = write("torn.yaml", "walls: {}\nrooms: []\nwalls: {}\n");
    Path child =
        write(
            "child.yaml",
            """
            walls: {height: 3}
            extends:
            - gone.yaml
            - .
            - big.yaml
            - list.yaml
            - torn.yaml
            - 7
            - ""
            """);
    assertEquals(
        List.of(
            child + ":8: extends must be the path of a file, or a list of them, not 7",
            child + ":9: extends must be the path of a file, or a list of them, not \"\"",
            "%s:3: extends names %s, which does not exist"
                .formatted(child, folder.resolve("gone.yaml")),
            "%s:4: extends names %s, which is no ordinary file: name a YAML file"
                .formatted(child, folder),
            "%s:5: extends names %s, which is larger than 1 MiB".formatted(child, big),
            list + ": the file must be a mapping of keys to values",
            torn + ":3: key 'walls' is there for the second time: remove one"),
        problems(child));
    for (String none : List.of("", "[]", "{a: b}", "true")) {
      assertTrue(
          problems(write("none.yaml", "extends: " + none))
              .getFirst()
              .contains("none.yaml:1: extends must be the path of a file"),
          none);
    }
    Path gone = folder.resolve("gone.yaml");
    assertEquals(
        List.of("--base_config: names %s, which does not exist".formatted(gone)),
        problems(big, Optional.of(gone)));
  }

  @Test
  void sixteenLevelsAreTheMost() throws Exception {
    write("1.yaml", "walls: {height: 1}");
    for (int level = 2; level <= 17; level++) {
      write(level + ".yaml", "extends: %d.yaml".formatted(level - 1));
    }
    assertEquals(1, read(folder.resolve("16.yaml")).walls.height);
    String deep = problems(folder.resolve("17.yaml")).getFirst();
    assertTrue(deep.contains("2.yaml:1: extends names"), deep);
    assertTrue(deep.endsWith("which is deeper than 16 levels: put some into one"), deep);
    Path again = write("again.yaml", "extends: [8.yaml, 16.yaml]");
    assertTrue(problems(again).getFirst().contains("deeper than 16 levels"));
  }

  @Test
  void problemsNameTheFileAndLineInWhichTheValueStands() throws Exception {
    Path base =
        write(
            "bases/base.yaml",
            """
            walls:
              height: 10
              windows: 3
              plan: gone
              paint: {colour: red,
                coat: 1}
            rooms:
            - name: hall
              kye: 1
            """);
    Path child =
        write(
            "child.yaml",
            """
            # the child
            extends: bases/base.yaml
            walls:
              paint:
                coats: none
            gardens: {}
            garden: {pond: {fish: 2}}
            """);
    assertEquals(
        List.of(
            base + ":2: walls.height must be between 1 and 9, not 10",
            base
                + ":4: walls.plan names "
                + folder.resolve("bases/gone")
                + ", which does not exist",
            child + ":5: walls.paint.coats must be a whole number, not \"none\"",
            base + ":6: unknown key walls.paint.coat: did you mean 'coats'?",
            base + ":9: unknown key rooms[0].kye: did you mean 'key'?",
            child + ":7: garden.pond.depth is missing: it must be a whole number",
            child + ":6: unknown key gardens: did you mean 'garden'?",
            base + ":3: walls.windows are too many"),
        problems(child));
  }

  @Test
  void aKeyWithoutAValueCantUnsetOneBelow() throws Exception {
    Path base = write("base.yaml", "walls:\n  height: 2\n  plan: base.yaml\n");
    Path child = write("child.yaml", "extends: base.yaml\nwalls:\n  windows:\n  plan:\n");
    assertEquals(
        List.of(
            "%s:4: walls.plan has no value here but one in %s:3, which can't be unset: give another, or remove the key"
                .formatted(child, base)),
        problems(child));
    Path section = write("section.yaml", "extends: base.yaml\nwalls:\n");
    assertTrue(problems(section).getFirst().startsWith(section + ":2: walls has no value"));
    write("base.yaml", "walls:\n  height: 2\n  plan:\n");
    assertEquals(2, read(child).walls.height);
  }

  @Test
  void pathsAreRelativeToTheFolderOfTheFileInWhichTheyStand() throws Exception {
    write("a/plan", "");
    write("a/pond.yaml", "depth: 1\n");
    write(
        "a/base.yaml",
        """
        walls: {height: 2, plan: plan}
        rooms: [{name: hall, key: keys/hall}]
        garden: {pond: pond.yaml}
        """);
    Path child = write("b/child.yaml", "extends: ../a/base.yaml\n");
    House house = read(child);
    assertEquals(Optional.of(folder.resolve("a/plan")), house.walls.plan);
    assertEquals(Optional.of(folder.resolve("a/keys/hall")), house.rooms.getFirst().key);
    assertEquals(1, house.garden.pond.orElseThrow().depth);
    write("b/child.yaml", "extends: ../a/base.yaml\nrooms: [{name: hall, key: keys/hall}]");
    assertEquals(Optional.of(folder.resolve("b/keys/hall")), read(child).rooms.getFirst().key);
  }

  @Test
  void theTwoNamesOfAKeyAreOneWhenFilesAreMerged() throws Exception {
    Path base = write("base.yaml", "walls: {height: 2}\npond:\n  depth: 1\n  fish: many\n");
    Path child = write("child.yaml", "extends: base.yaml\ngarden: {pond: {depth: 2}}\n");
    assertEquals(
        List.of(base + ":4: garden.pond.fish must be a whole number, not \"many\""),
        problems(child));
    write("base.yaml", "walls: {height: 2}\ngarden: {pond: {depth: 1, fish: 3}, trees: [elm]}\n");
    write("child.yaml", "extends: base.yaml\npond: {depth: 2}\n");
    House house = read(child);
    assertEquals(Optional.of(new Pond(2, 3)), house.garden.pond);
    assertEquals(
        house.garden.pond,
        ConfigReader.readSection(
            Pond.class,
            Files.readString(child),
            ConfigReader.Origin.of(child, Optional.empty()),
            List.of("/pond", "/garden/pond"),
            Vocabulary.NONE));
  }

  @Test
  void whatWasStoredExtendsNothing() throws Exception {
    Path base = write("base.yaml", "walls: {height: 2}");
    String yaml = "extends: base.yaml\nwalls: {height: 3}\n";
    var stored = new ConfigReader.Origin("run.yaml", base.resolveSibling(""), true);
    assertEquals(
        List.of("run.yaml:1: unknown key extends"),
        assertThrows(
                ConfigException.class,
                () -> ConfigReader.read(House.class, yaml, stored, Vocabulary.NONE))
            .lines());
    assertEquals(
        List.of("flat:1: unknown key extend: did you mean 'extends'?"),
        assertThrows(ConfigException.class, () -> flat("extend: a.yaml\nwalls: {height: 1}"))
            .lines());
  }

  @Test
  void theListingSaysWhereEachValueStandsAndReadsAsTheSame() throws Exception {
    Path plan = write("a/plan", "");
    Path base =
        write(
            "a/base.yaml",
            """
            walls: {height: 10, plan: plan}
            rooms:
            - name: "no"
              key: keys/hall
            - {}
            pond: {depth: 1}
            """);
    Path child =
        write("child.yaml", "extends: a/base.yaml\nwalls:\n  height: 4\ngarden: {trees: [a, b]}\n");
    ConfigListing listing =
        ConfigReader.list(
            House.class,
            Files.readString(child),
            ConfigReader.Origin.of(child, Optional.empty()),
            Vocabulary.NONE);
    assertEquals(
        """
        walls:
          height: 4  # CHILD:3
          plan: "PLAN"  # BASE:1
        rooms:
        - name: "no"  # BASE:3
          key: "KEY"  # BASE:4
        - {}  # BASE:5
        garden:
          pond:
            depth: 1  # BASE:6
          trees: ["a", "b"]  # CHILD:4
        """
            .replace("PLAN", plan.toString())
            .replace("KEY", folder.resolve("a/keys/hall").toString())
            .replace("BASE", base.toString())
            .replace("CHILD", child.toString()),
        listing.text());
    assertEquals(
        List.of(base + ":5: rooms[1].name is missing: it must be text"),
        listing.problems().stream().map(Problem::toString).toList());
    write("a/base.yaml", Files.readString(base).replace("- {}", "- {name: x}"));
    listing =
        ConfigReader.list(
            House.class,
            Files.readString(child),
            ConfigReader.Origin.of(child, Optional.empty()),
            Vocabulary.NONE);
    assertEquals(List.of(), listing.problems());
    assertEquals(read(child), flat(listing.text()));
  }
}
