package io.lockstep.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.properties.HasOwner;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.lockstep.tensor.Buffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.jspecify.annotations.NullMarked;

/**
 * The directions in which modules and packages may import each other, each with a class that breaks
 * it.
 */
final class ImportRules {

  private static final String ROOT = "io.lockstep.";

  /** What each module may import of ours besides itself. */
  private static final SequencedMap<String, String> MODULES = new LinkedHashMap<>();

  static {
    MODULES.put("proto", "");
    MODULES.put("security", "");
    MODULES.put("operations", "security");
    MODULES.put("tensor", "");
    MODULES.put("config", "");
    MODULES.put("data", "config");
    MODULES.put("datatools", "data config.text");
    MODULES.put("collective", "tensor security");
    MODULES.put("model", "tensor config.text data.conversation data.file data.image data.score");
    MODULES.put("coordinator", "proto security operations data.file data.plan");
    MODULES.put("worker", "proto security operations model data collective tensor config");
    MODULES.put("benchmark", "worker model data collective config tensor");
    MODULES.put("verdict", "config data.conversation data.file data.plan data.stageb");
    MODULES.put(
        "client",
        "proto security data.answer data.conversation data.geometry data.image data.stageb");
    MODULES.put(
        "gateway",
        "proto security operations model tensor config data.answer data.conversation data.dataset data.file"
            + " data.fusion data.geometry data.image data.prompt data.stageb");
  }

  private ImportRules() {}

  /**
   * A rule.
   *
   * @param name what it says
   * @param breaking sources, any of whose classes breaks it
   */
  record Rule(String name, ArchRule rule, List<Source> breaking) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A class as it is written. */
  record Source(String packageName, String className, String body) {

    /** A class that uses another. */
    static Source using(String packageName, String used) {
      return new Source(packageName, "Breaking", "Class<?> used = " + used + ".class;");
    }

    String text() {
      return "package %s; public class %s { %s }".formatted(packageName, className, body);
    }

    String path() {
      return packageName.replace('.', '/') + "/" + className + ".java";
    }
  }

  static Stream<Rule> all() {
    List<Rule> rules = new ArrayList<>();
    MODULES.forEach((module, allowed) -> rules.add(imports(module, allowed)));
    MODULES.keySet().stream()
        .filter(module -> !module.equals("proto"))
        .forEach(module -> rules.add(noCycle(module)));
    rules.add(noCycle("cli"));
    rules.addAll(
        List.of(
            stubs(),
            clientWithoutLibtorch(),
            families(),
            benchmarks(),
            pictures(),
            bytesOfTensors(),
            addresses(),
            fileWrites(),
            nullMarked()));
    return rules.stream();
  }

  private static Rule imports(String module, String allowed) {
    String[] packages =
        Stream.of((module + " " + allowed).strip().split(" "))
            .map(name -> ROOT + name + "..")
            .toArray(String[]::new);
    return new Rule(
        module + " imports nothing of ours but " + (allowed.isEmpty() ? "itself" : allowed),
        noClasses()
            .that()
            .resideInAPackage(ROOT + module + "..")
            .should()
            .dependOnClassesThat(
                resideInAPackage("io.lockstep..").and(not(resideInAnyPackage(packages))))
            .allowEmptyShould(false),
        List.of(Source.using(ROOT + module, "io.lockstep.cli.Main")));
  }

  private static Rule noCycle(String module) {
    String one = ROOT + module + ".one";
    String other = ROOT + module + ".other";
    return new Rule(
        "packages of " + module + " form no cycle",
        slices().assignedFrom(new PackageSlices(ROOT + module)).should().beFreeOfCycles(),
        List.of(
            new Source(one, "One", "Class<?> used = " + other + ".Other.class;"),
            new Source(other, "Other", "Class<?> used = " + one + ".One.class;")));
  }

  private static Rule stubs() {
    return new Rule(
        "only packages called rpc and the client import generated stubs",
        noClasses()
            .that(
                resideInAPackage("io.lockstep..")
                    .and(
                        not(
                            resideInAnyPackage(
                                "io.lockstep.proto..", "io.lockstep.client", "..rpc"))))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.lockstep.proto.."),
        List.of(Source.using(ROOT + "worker.step", "io.lockstep.proto.coordinator.v1.Heartbeat")));
  }

  private static Rule clientWithoutLibtorch() {
    return new Rule(
        "the client of the gateway needs no libtorch",
        noClasses()
            .that()
            .resideInAPackage("io.lockstep.client..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.djl..", "io.lockstep.tensor..", "io.lockstep.model.."),
        List.of(Source.using(ROOT + "client", "ai.djl.ndarray.NDArray")));
  }

  private static Rule families() {
    return new Rule(
        "only the list knows model families",
        noClasses()
            .that()
            .resideOutsideOfPackage("io.lockstep.model.family..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.lockstep.model.family.*.."),
        List.of(
            Source.using(
                ROOT + "model.network", "io.lockstep.model.family.qwen3vl.Qwen3VlFamily")));
  }

  private static Rule benchmarks() {
    return new Rule(
        "only commands know benchmarks",
        noClasses()
            .that()
            .resideOutsideOfPackages("io.lockstep.cli..", "io.lockstep.benchmark..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.lockstep.benchmark..", "org.openjdk.jmh.."),
        List.of(Source.using(ROOT + "worker.step", "io.lockstep.benchmark.AllReduceBench")));
  }

  private static Rule pictures() {
    return new Rule(
        "only the decoder reads pictures",
        noClasses()
            .that()
            .resideOutsideOfPackage("io.lockstep.data.image")
            .should()
            .callMethodWhere(
                JavaCall.Predicates.target(HasOwner.Predicates.With.owner(type(ImageIO.class)))
                    .and(JavaCall.Predicates.target(nameMatching("read|getImageReaders.*"))))
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(ImageReader.class),
        List.of(
            new Source(
                ROOT + "worker.loader",
                "Breaking",
                "Object read(java.io.File file) throws java.io.IOException {"
                    + " return javax.imageio.ImageIO.read(file); }")));
  }

  /** Where bytes go to files, sockets and NCCL. */
  private static Rule bytesOfTensors() {
    return new Rule(
        "bytes of tensors are taken where they go to files, sockets and NCCL alone",
        noClasses()
            .that()
            .resideOutsideOfPackages(
                ROOT + "tensor..",
                ROOT + "collective.tcp..",
                ROOT + "collective.nccl..",
                ROOT + "model.safetensors..")
            .should()
            .callMethodWhere(
                JavaCall.Predicates.target(HasOwner.Predicates.With.owner(type(Buffer.class)))
                    .and(
                        JavaCall.Predicates.target(
                            nameMatching("hostBytes|lentBytes|address|at")))),
        List.of(
            new Source(
                ROOT + "worker.zero",
                "Breaking",
                "Object bytes(io.lockstep.tensor.Buffer values) { return values.hostBytes(); }")));
  }

  /** What computes with tensors sees buffers; segments are for files, sockets and C functions. */
  private static Rule addresses() {
    return new Rule(
        "what computes with tensors sees no addresses",
        noClasses()
            .that()
            .resideInAnyPackage(
                ROOT + "model..", ROOT + "worker..", ROOT + "collective..", ROOT + "cli..")
            .and()
            .resideOutsideOfPackages(
                ROOT + "collective.tcp..", ROOT + "collective.nccl..", ROOT + "model.safetensors..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(MemorySegment.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(ValueLayout.class),
        List.of(Source.using(ROOT + "worker.zero", "java.lang.foreign.MemorySegment")));
  }

  private static Rule fileWrites() {
    return new Rule(
        "files are written where failures name them",
        noClasses()
            .that()
            .resideOutsideOfPackage("io.lockstep.data.file")
            .should()
            .callMethodWhere(
                JavaCall.Predicates.target(HasOwner.Predicates.With.owner(type(Files.class)))
                    .and(
                        JavaCall.Predicates.target(
                            nameMatching(
                                "write|writeString|newBufferedWriter|newOutputStream|copy")))),
        List.of(
            new Source(
                ROOT + "worker.metrics",
                "Breaking",
                "void write(java.nio.file.Path file) throws java.io.IOException {"
                    + " java.nio.file.Files.writeString(file, \"\"); }")));
  }

  private static Rule nullMarked() {
    ArchCondition<JavaClass> inMarkedPackage =
        new ArchCondition<>("lie in a package with @NullMarked in its package-info.java") {
          @Override
          public void check(JavaClass item, ConditionEvents events) {
            boolean marked = item.getPackage().isAnnotatedWith(NullMarked.class);
            events.add(new SimpleConditionEvent(item, marked, item.getPackageName()));
          }
        };
    return new Rule(
        "every package is null-marked and says what it is",
        classes()
            .that()
            .resideOutsideOfPackages("io.lockstep.proto..", "..jmh_generated")
            .should(inMarkedPackage),
        List.of(new Source(ROOT + "worker.unmarked", "Breaking", "")));
  }
}
