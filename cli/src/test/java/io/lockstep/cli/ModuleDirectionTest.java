package io.lockstep.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.domain.properties.HasOwner;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.lockstep.tensor.Buffer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The directions in which modules and packages may import each other. */
class ModuleDirectionTest {

  private static final String ROOT = "io.lockstep.";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.lockstep");

  @ParameterizedTest(name = "{0} imports nothing of ours but {1}")
  @CsvSource({
    "proto,",
    "tensor,",
    "config,",
    "data, config",
    "datatools, data config.text",
    "collective, tensor",
    "model, tensor config.text data.conversation data.file data.image",
    "coordinator, proto data.file data.plan",
    "worker, proto model data collective tensor config",
    "benchmark, collective config data tensor model worker",
    "client, proto data.conversation data.image data.stageb",
    "gateway, proto model tensor config data.conversation data.file data.image data.prompt data.stageb",
  })
  void moduleImportsOnlyWhatItMay(String module, String allowed) {
    noClasses()
        .that()
        .resideInAPackage(ROOT + module + "..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.lockstep..")
                .and(DescribedPredicate.not(resideInAnyPackage(packages(module, allowed)))))
        .allowEmptyShould(false)
        .check(CLASSES);
  }

  private static String[] packages(String module, String allowed) {
    String names = allowed == null ? module : module + " " + allowed;
    return List.of(names.split(" ")).stream().map(n -> ROOT + n + "..").toArray(String[]::new);
  }

  @Test
  void onlyRpcPackagesAndTheClientImportGeneratedStubs() {
    noClasses()
        .that(
            resideInAPackage("io.lockstep..")
                .and(
                    DescribedPredicate.not(
                        resideInAnyPackage("io.lockstep.proto..", "io.lockstep.client", "..rpc"))))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.lockstep.proto..")
        .check(CLASSES);
  }

  @Test
  void theClientOfTheGatewayNeedsNoLibtorch() {
    noClasses()
        .that()
        .resideInAPackage("io.lockstep.client..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.djl..", "io.lockstep.tensor..", "io.lockstep.model..")
        .check(CLASSES);
  }

  @Test
  void onlyTheListKnowsModelFamilies() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.lockstep.model.family..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.lockstep.model.family.*..")
        .check(CLASSES);
  }

  @Test
  void onlyTheDecoderReadsPictures() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.lockstep.data.image")
        .should()
        .callMethodWhere(
            JavaCall.Predicates.target(HasOwner.Predicates.With.owner(type(ImageIO.class)))
                .and(JavaCall.Predicates.target(nameMatching("read|getImageReaders.*"))))
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(ImageReader.class)
        .check(CLASSES);
  }

  @Test
  void bytesOfTensorsAreTakenWhereTheyGoToFilesAndSocketsAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            ROOT + "tensor..", ROOT + "collective.tcp..", ROOT + "model.safetensors..")
        .should()
        .callMethodWhere(
            JavaCall.Predicates.target(HasOwner.Predicates.With.owner(type(Buffer.class)))
                .and(JavaCall.Predicates.target(nameMatching("hostBytes|lentBytes"))))
        .check(CLASSES);
  }

  /** What computes with tensors sees buffers; segments are for files, sockets and C functions. */
  @Test
  void whatComputesWithTensorsSeesNoAddresses() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOT + "model..", ROOT + "worker..", ROOT + "collective..", ROOT + "cli..")
        .and()
        .resideOutsideOfPackages(ROOT + "collective.tcp..", ROOT + "model.safetensors..")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(MemorySegment.class)
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(ValueLayout.class)
        .check(CLASSES);
  }

  /** Constants leave no trace in a class: the sources say it. */
  @Test
  void sizesOfElementsAreThoseOfTheirDtype() throws IOException {
    List<String> found = new ArrayList<>();
    Path root = Path.of("..").toAbsolutePath().normalize();
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
    assertEquals(List.of(), found, "use Dtype.bytes");
  }

  @Test
  void filesAreWrittenWhereFailuresNameThem() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.lockstep.data.file")
        .should()
        .callMethodWhere(
            JavaCall.Predicates.target(HasOwner.Predicates.With.owner(type(Files.class)))
                .and(
                    JavaCall.Predicates.target(
                        nameMatching("write|writeString|newBufferedWriter|newOutputStream|copy"))))
        .check(CLASSES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tensor",
        "config",
        "data",
        "datatools",
        "collective",
        "model",
        "coordinator",
        "worker",
        "benchmark",
        "client",
        "gateway",
        "cli"
      })
  void packagesOfAModuleFormNoCycle(String module) {
    slices()
        .assignedFrom(new PackageSlices(ROOT + module))
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarkedAndSaysWhatItIs() {
    TreeSet<String> unmarked = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      JavaPackage owner = type.getPackage();
      boolean generated =
          owner.getName().startsWith("io.lockstep.proto")
              || owner.getName().endsWith(".jmh_generated");
      if (!generated && !owner.isAnnotatedWith(NullMarked.class)) {
        unmarked.add(owner.getName());
      }
    }
    assertTrue(unmarked.isEmpty(), () -> "no @NullMarked package-info.java in " + unmarked);
  }
}
