package io.lockstep.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What follows from keys that are declared once. */
class ConfigReaderTest {

  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          List.of(new RemovedOption("steam", "use wind instead")),
          Map.of("hull.beds", "hull.bunks", "mess.hands", "crew.hands"),
          ConfigReaderTest::upgrade);

  @TempDir private Path folder = Path.of("");

  /** Makes beds bunks. */
  private static ObjectNode upgrade(ObjectNode stored) {
    if (stored.get("hull") instanceof ObjectNode hull && hull.has("beds")) {
      hull.set("bunks", hull.remove("beds"));
    }
    return stored;
  }

  record Ship(
      @Key("The hull.") Hull hull,
      @Key(value = "The crew.", changesWeights = false) Crew crew,
      @Key(value = "Measured at sea.", filledIn = true) Optional<Measured> measured)
      implements Checked {

    @Override
    public void check(Place top) {
      if (crew.hands > hull.bunks) {
        top.at("crew", "hands").problem("(%d) need hull.bunks".formatted(crew.hands));
      }
    }
  }

  record Hull(
      @Key(value = "Its bunks.", min = 1, max = 9) int bunks,
      @Key(value = "Its draught.", otherwise = "1.5", min = 0, aboveMin = true, max = 20)
          double draught,
      @Key(inline = true) Paint paint,
      @Key(value = "Its log.", mustExist = true) Optional<Path> log) {}

  record Paint(@Key(value = "Its colour.", otherwise = "black") Colour colour) {}

  enum Colour {
    BLACK,
    DARK_BLUE
  }

  record Crew(
      @Key(value = "How many.", like = "hull.bunks") int hands,
      @Key(value = "How long a watch is.", otherwise = "0.5", unit = "seconds") Duration watch,
      @Key(value = "Its officers.", file = true) Optional<Officers> officers) {}

  record Officers(
      @Key(value = "From captain to boatswain.", defaults = "{paid: true}") List<Officer> ranks) {}

  record Officer(
      @Key(value = "The name.", pattern = "[a-z]+", patternInWords = "small letters") String name,
      @Key("Whether paid.") boolean paid) {}

  record Voyage(
      @Key(value = "What is done.", kinds = Tasks.class, min = 1) List<Task> tasks,
      @Key(value = "How it changes.") List<Leg> legs) {}

  record Leg(
      @Key(value = "The tasks.", like = "tasks", kinds = Tasks.class, changes = true)
          List<Task> tasks) {}

  record Task(
      @Key(value = "How often.", otherwise = "1.0", min = 0, max = 1) double often,
      @Key(inline = true) Work work) {}

  interface Work {}

  @Key("Sets sails.")
  record SetSails(
      @Key(value = "How many.", otherwise = "[1, 3]", min = 0, max = 9) Interval sails,
      @Key(value = "By whom.", otherwise = "[]") List<String> hands)
      implements Work {}

  @Key("Scrubs.")
  record Scrub(@Key(value = "Decks.", otherwise = "1", min = 1) int decks)
      implements Work, Checked {

    @Override
    public void check(Place section) {
      if (decks == 13) {
        section.at("decks").problem("is unlucky");
      }
    }
  }

  /** The kinds of work. */
  static final class Tasks implements Kinds {

    @Override
    public List<Class<? extends Record>> types() {
      return List.of(SetSails.class, Scrub.class);
    }

    @Override
    public String noun() {
      return "task";
    }

    @Override
    public String example() {
      return "{name: scrub, params: {decks: 2}}";
    }
  }

  private static Voyage voyage(String yaml) throws ConfigException {
    return ConfigReader.read(
        Voyage.class, yaml, new ConfigReader.Origin("log", Path.of(""), false), Vocabulary.NONE);
  }

  record Measured(@Key("In knots.") double speed) {}

  private Ship read(String yaml) throws ConfigException {
    return ConfigReader.read(
        Ship.class, yaml, new ConfigReader.Origin("ship.yaml", folder, false), VOCABULARY);
  }

  private List<String> problems(String yaml) {
    return assertThrows(ConfigException.class, () -> read(yaml)).lines();
  }

  @Test
  void whatIsLeftOutHasItsDefaultOrTheValueOfAnotherKey() throws Exception {
    assertEquals(
        new Ship(
            new Hull(3, 1.5, new Paint(Colour.BLACK), Optional.empty()),
            new Crew(3, Duration.ofMillis(500), Optional.empty()),
            Optional.empty()),
        read("hull: {bunks: 3}"));
  }

  @Test
  void whatIsWrittenReadsAsTheSame() throws Exception {
    Files.writeString(folder.resolve("log"), "");
    Ship ship =
        read(
            """
            hull: {bunks: 3, colour: dark_blue, draught: 2, log: log}
            crew: {watch_seconds: 0.25, officers: {ranks: [{name: ahab}, {name: starbuck, paid: false}]}}
            measured: {speed: 8.5}
            """);
    assertEquals(ship, read(ConfigWriter.yaml(ship)));
    assertEquals(Duration.ofMillis(250), ship.crew().watch());
    assertTrue(ship.crew().officers().orElseThrow().ranks().getFirst().paid());
  }

  @Test
  void everyProblemIsToldAtOnceWithItsLineAndWhatToDo() {
    assertEquals(
        List.of(
            "ship.yaml:2: hull.bunks must be between 1 and 9, not 10",
            "ship.yaml:3: hull.draught must be more than 0 and at most 20, not 0",
            "ship.yaml:4: hull.colour must be one of black, dark_blue, not 'dark_bleu': did you mean 'dark_blue'?",
            "ship.yaml:5: hull.log names " + folder.resolve("gone") + ", which does not exist",
            "ship.yaml:6: unknown key hull.bunk: did you mean 'bunks'?",
            "ship.yaml:9: crew.officers.ranks[0].name must be small letters, not 'Ahab'",
            "ship.yaml:10: unknown key crew.officers.ranks[1].rank",
            "ship.yaml:12: custom.steam_engine does not exist: use wind instead"),
        problems(
            """
            hull:
              bunks: 10
              draught: 0
              colour: dark_bleu
              log: gone
              bunk: 2
            crew:
              officers: {ranks: [
                {name: Ahab},
                {name: queequeg, rank: 3}]}
            custom:
              steam_engine: true
            """));
  }

  @Test
  void aSectionInAFileOfItsOwnIsToldByThatFilesLines() throws Exception {
    Path file = Files.writeString(folder.resolve("officers.yaml"), "ranks:\n- name: 7\n");
    assertEquals(
        List.of(
            file + ":2: crew.officers (" + file + ").ranks[0].name must be small letters, not '7'"),
        problems("hull: {bunks: 1}\ncrew: {officers: officers.yaml}\n"));
  }

  @Test
  void entriesAreReadByTheKindThatTheyName() throws Exception {
    Voyage voyage =
        voyage(
            """
            tasks:
            - scrub
            - {name: set_sails, params: {often: 0.5, sails: 2}}
            legs:
            - tasks: {scrub: {decks: 5}}
            - tasks: {set_sails: {sails: [2, 4], often: 0}}
            """);
    Task sails = new Task(0.5, new SetSails(new Interval(2, 2), List.of()));
    Task scrubbed = new Task(1, new Scrub(5));
    Task more = new Task(0, new SetSails(new Interval(2, 4), List.of()));
    assertEquals(
        new Voyage(
            List.of(new Task(1, new Scrub(1)), sails),
            List.of(new Leg(List.of(scrubbed, sails)), new Leg(List.of(scrubbed, more)))),
        voyage);
    assertEquals(voyage, voyage(ConfigWriter.yaml(voyage)));
    assertEquals(
        new Task(0.25, new SetSails(new Interval(2, 3), List.of())),
        Interpolation.between(sails, more, 0.5));
    assertEquals(
        new Task(1, new Scrub(2)), Interpolation.between(voyage.tasks().getFirst(), scrubbed, 0.3));
  }

  @Test
  void whatIsWrongWithEntriesIsToldAtOnce() {
    String yaml =
        """
        tasks:
        - scrap
        - {name: scrub, params: {decks: 13, deks: 2}}
        - name: set_sails
          params: {sails: [4, 1]}
        - scrub: {decks: 2}
        - {name: scrub, decks: 2}
        - {name: scrub, params: 2}
        legs:
        - tasks:
            scrubb: {}
            set_sails: {hands: [], sails: [1, 10]}
        """;
    assertEquals(
        List.of(
            "log:2: tasks[0]: unknown task 'scrap': did you mean 'scrub'?",
            "log:3: tasks[1].params.decks is unlucky",
            "log:3: unknown key tasks[1].params.deks: did you mean 'decks'?",
            "log:5: tasks[2].params.sails must have the lower number first, is [4,1]",
            "log:6: tasks[3] must be the name of one task, or its name and params, for instance `{name: scrub, params: {decks: 2}}`",
            "log:7: unknown key tasks[4].decks: write it into params",
            "log:8: tasks[5].params must be a mapping of keys to values",
            "log:11: legs[0].tasks: 'scrubb' is not among the configured tasks: did you mean 'scrub'?",
            "log:12: unknown key legs[0].tasks.set_sails.hands",
            "log:12: legs[0].tasks.set_sails.sails[1] must be between 0 and 9, not 10"),
        assertThrows(ConfigException.class, () -> voyage(yaml)).lines());
    assertEquals(
        List.of(
            "log: tasks must be a list with at least one task, for instance `- {name: scrub, params: {decks: 2}}`"),
        assertThrows(ConfigException.class, () -> voyage("legs: []")).lines());
  }

  @Test
  void oneSectionIsReadOfATextOrOfTheFileThatHoldsItUnderItsName() throws Exception {
    ConfigReader.Origin origin = new ConfigReader.Origin("ship.yaml", folder, false);
    List<String> places = List.of("/officers", "/crew/officers");
    Path file =
        Files.writeString(folder.resolve("own.yaml"), "officers:\n  ranks: [{name: ahab}]\n");
    Officers officers = new Officers(List.of(new Officer("ahab", true)));
    for (String yaml :
        List.of("rest: 1\ncrew: {officers: own.yaml}", "officers: {ranks: [{name: ahab}]}")) {
      assertEquals(
          Optional.of(officers),
          ConfigReader.readSection(Officers.class, yaml, origin, places, Vocabulary.NONE));
    }
    Files.writeString(file, "hull: 1\nofficers:\n  ranks:\n  - name: Ahab\n");
    assertEquals(
        List.of(
            file + ":1: hull must not stand beside officers in a file of its own",
            file
                + ":4: crew.officers ("
                + file
                + ").ranks[0].name must be small letters, not 'Ahab'"),
        problems("hull: {bunks: 1}\ncrew: {officers: own.yaml}\n"));
    assertEquals(
        Optional.empty(),
        ConfigReader.readSection(Officers.class, "hull: 1", origin, places, Vocabulary.NONE));
  }

  @Test
  void formerNamesAreRefusedWithTheNewOnesWhereverAPersonWritesThem() {
    assertEquals(
        List.of(
            "ship.yaml:1: hull.beds is now hull.bunks",
            "ship.yaml:2: mess.hands is now crew.hands"),
        problems("hull: {bunks: 2, beds: 3}\nmess: {hands: 4}\n"));
  }

  @Test
  void formerNamesAreReadInWhatWasStored() throws Exception {
    ConfigReader.Origin stored = new ConfigReader.Origin("ship.yaml", folder, true);
    assertEquals(
        read("hull: {bunks: 3}"),
        ConfigReader.read(Ship.class, "hull: {beds: 3}", stored, VOCABULARY));
  }

  @Test
  void aLineOfManyIsToldByItsPlace() throws Exception {
    assertEquals(
        new Officer("ahab", false),
        ConfigReader.readLine(
            Officer.class, "{\"name\": \"ahab\", \"paid\": false}", "crew.jsonl:7"));
    for (String wrong : List.of("{\"name\": ", "{\"nam\": 1}")) {
      List<String> lines =
          assertThrows(
                  ConfigException.class,
                  () -> ConfigReader.readLine(Officer.class, wrong, "crew.jsonl:7"))
              .lines();
      assertTrue(
          lines.stream().allMatch(line -> line.matches("crew\\.jsonl:7: \\D.*")), lines::toString);
    }
  }

  @Test
  void keysThatDontFitEachOtherAreTold() {
    assertEquals(
        List.of("ship.yaml:2: crew.hands (4) need hull.bunks"),
        problems("hull: {bunks: 2}\ncrew: {hands: 4}\n"));
    assertEquals(
        List.of("ship.yaml:2: crew.hands must be a whole number, not \"all\""),
        problems("hull: {bunks: 2}\ncrew: {hands: all}\n"));
  }

  @Test
  void whatDiffersOnResumeIsToldByWhatItsKeyDeclares() throws Exception {
    Ship before = read("hull: {bunks: 3}");
    Ship after = read("hull: {bunks: 4}\ncrew: {hands: 2}\nmeasured: {speed: 3}\n");
    ConfigComparison comparison = ConfigComparison.of(before, after);
    assertEquals(
        List.of(
            "crew.hands was 3 and is now 2, which doesn't change the weights",
            "hull.bunks was 3 and is now 4, which changes the weights from here on, as acknowledged",
            "measured.speed was (not set) and is now 3.0, which doesn't change the weights"),
        comparison.require("ship.yaml", Set.of("hull.bunks")));
    assertThrows(ConfigException.class, () -> comparison.require("ship.yaml", Set.of()));
  }

  @Test
  void theSchemaAndTheReferenceSayWhatIsDeclared() throws Exception {
    JsonNode schema = new ObjectMapper().readTree(JsonSchema.of(Ship.class, "A ship"));
    JsonNode hull = schema.at("/properties/hull");
    assertEquals("[\"bunks\"]", schema.at("/else/properties/hull/required").toString());
    assertEquals(
        "{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":20,\"description\":\"Its draught.\",\"default\":1.5}",
        hull.at("/properties/draught").toString());
    assertEquals("[\"hull\"]", schema.at("/else/required").toString());
    String page = ReferencePage.of(Ship.class, "# Ships");
    assertTrue(
        page.contains("| `bunks` | a whole number, at least 1 and at most 9 | required | yes |"),
        page);
    assertTrue(page.contains("## `crew.officers.ranks[]`"), page);
    assertTrue(page.contains("| `paid` | true or false | `true` | no | Whether paid. |"), page);
  }
}
