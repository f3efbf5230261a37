package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The directions in which modules and packages may import each other. */
class ModuleDirectionTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.lockstep");

  @TempDir private Path folder;

  static Stream<ImportRules.Rule> rules() {
    return ImportRules.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void holds(ImportRules.Rule rule) {
    rule.rule().check(CLASSES);
  }

  /** A rule that no class can break would hold forever. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void fails(ImportRules.Rule rule) throws IOException {
    JavaClasses breaking = new ClassFileImporter().importPath(compiled(rule.breaking()));
    AssertionError broken = assertThrows(AssertionError.class, () -> rule.rule().check(breaking));
    String said = String.valueOf(broken.getMessage());
    assertTrue(said.contains(rule.breaking().getFirst().packageName()), said);
  }

  /** The folder with the classes of these sources. */
  private Path compiled(List<ImportRules.Source> sources) throws IOException {
    List<Path> files = new ArrayList<>();
    for (ImportRules.Source source : sources) {
      Path file = folder.resolve("sources").resolve(source.path());
      Files.createDirectories(file.getParent());
      files.add(Files.writeString(file, source.text()));
    }
    Path classes = Files.createDirectories(folder.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  said,
                  manager,
                  null,
                  List.of("-proc:none", "-d", classes.toString()),
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      assertTrue(compiled, said::toString);
    }
    return classes;
  }

  /** Constants leave no trace in a class: the sources say it. */
  @Test
  void sizesOfElementsAreThoseOfTheirDtype() throws IOException {
    Path root = Path.of("..").toAbsolutePath().normalize();
    assertEquals(List.of(), withSizesOfFloats(root), "use Dtype.bytes");
    Path source = folder.resolve("worker/src/main/java/Breaking.java");
    Files.createDirectories(source.getParent());
    Files.writeString(source, "class Breaking { long bytes = 4 * Float.BYTES; }");
    assertEquals(List.of("worker/src/main/java/Breaking.java"), withSizesOfFloats(folder));
  }

  private static List<String> withSizesOfFloats(Path root) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file :
          files
              .filter(path -> path.toString().endsWith(".java"))
              .filter(path -> path.toString().contains("/src/main/java/"))
              .filter(path -> !path.startsWith(root.resolve("tensor")))
              .toList()) {
        if (Files.readString(file).contains("Float.BYTES")) {
          found.add(root.relativize(file).toString());
        }
      }
    }
    return found;
  }
}
