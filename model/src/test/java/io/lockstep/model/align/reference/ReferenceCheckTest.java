package io.lockstep.model.align.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.Comparison.Verdict;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Models are compared with what the public implementation computes, and with themselves. */
class ReferenceCheckTest {

  private static final GoldenFamily FAMILY = GoldenFamily.QWEN3_VL;

  @TempDir Path dir;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Tag("numeric")
  @ParameterizedTest
  @EnumSource
  void thePublicImplementationComputesTheSame(GoldenFamily family) throws IOException {
    try (LoadedModel model = LoadedModel.open(family.checkpoint())) {
      AlignmentReport report = ReferenceCheck.run(model, family.file(""));

      assertTrue(report.agrees(), report::table);
      assertEquals(Verdict.IDENTICAL, row(report, "pixel_values").verdict());
      assertEquals(
          model.parameters().layout().slots().size(),
          report.comparisons().stream().filter(row -> row.kind() == Kind.GRADIENT).count());
      assertTrue(
          report.comparisons().stream().anyMatch(row -> row.what().startsWith("generate [0, 1")));
      assertEquals(
          List.of(),
          report.notCompared().stream().filter(line -> !line.contains("training")).toList());
    }
  }

  @Test
  void aChangedWeightIsFoundInItsLayer() throws IOException {
    try (LoadedModel model = LoadedModel.open(FAMILY.checkpoint())) {
      change(model.parameters(), "model.language_model.layers.2.mlp.down_proj.weight");

      AlignmentReport report = ReferenceCheck.run(model, FAMILY.file(""));

      assertEquals("text_layer_2", report.firstDifference().orElseThrow().what());
      assertTrue(report.summary().startsWith("text_layer_2 "), report.summary());
    }
  }

  @Test
  void whatAModelDumpsAgreesWithItToTheBit() throws IOException {
    Path out = dir.resolve("dump");
    List<Conversation> conversations =
        FAMILY.conversations().stream().map(GoldenConversations.Case::answered).toList();
    try (LoadedModel model = LoadedModel.open(FAMILY.checkpoint())) {
      ReferenceDump.write(model, conversations, out, new ReferenceDump.Options(true, 4));
      AlignmentReport report = ReferenceCheck.run(model, out);

      assertEquals(Verdict.IDENTICAL, report.verdict(), report::table);
      assertEquals(List.of("tokenization: the reference does not hold it"), report.notCompared());
      assertThrows(
          FileAlreadyExistsException.class,
          () ->
              ReferenceDump.write(model, conversations, out, new ReferenceDump.Options(false, 0)));
    }
  }

  @Tag("numeric")
  @Test
  void anAdapterIsComparedByItsOwnGradients() throws IOException {
    Path out = dir.resolve("dump");
    Tuning adapted = new Tuning.StoredAdapter(FAMILY.file("adapter"));
    List<Conversation> conversations = List.of(FAMILY.conversations().getFirst().answered());
    try (LoadedModel model = LoadedModel.open(FAMILY.checkpoint(), adapted)) {
      ReferenceDump.write(model, conversations, out, new ReferenceDump.Options(true, 0));
      AlignmentReport report = ReferenceCheck.run(model, out);

      assertEquals(Verdict.IDENTICAL, report.verdict(), report::table);
      assertTrue(
          report.comparisons().stream()
              .anyMatch(row -> row.kind() == Kind.GRADIENT && row.what().contains("lora_A")));
    }
    try (LoadedModel base = LoadedModel.open(FAMILY.checkpoint())) {
      assertTrue(refusal(base, out).contains("that this model has not"));
    }
  }

  @Test
  void aDumpThatFailsLeavesNothing() throws IOException {
    Conversation withoutAnswer = FAMILY.conversations().getFirst().prompt();
    try (LoadedModel model = LoadedModel.open(FAMILY.checkpoint())) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              ReferenceDump.write(
                  model,
                  List.of(withoutAnswer),
                  dir.resolve("out"),
                  new ReferenceDump.Options(false, 0)));
    }
    try (var left = Files.list(dir)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void anIncompleteOrUnknownReferenceIsRefused() throws IOException {
    try (LoadedModel model = LoadedModel.open(FAMILY.checkpoint())) {
      assertTrue(refusal(model, dir).contains("cases.json is missing"));
      Files.writeString(
          dir.resolve("cases.json"),
          """
          {"conversations": [{"images": [], "user": "a", "assistant": "b"}], "extra": 1}
          """);
      assertTrue(refusal(model, dir).contains("[extra]"));
      Files.writeString(
          dir.resolve("cases.json"),
          """
          {"conversations": [{"images": ["../x.png"], "user": "a", "assistant": "b"}]}
          """);
      assertTrue(refusal(model, dir).contains("outside"));
      Files.writeString(
          dir.resolve("cases.json"),
          """
          {"conversations": [{"images": [], "user": "a", "assistant": "b"}]}
          """);
      assertTrue(refusal(model, dir).contains("forward.safetensors is missing"));
      Files.copy(FAMILY.file("after_10_steps.safetensors"), dir.resolve("forward.safetensors"));
      assertTrue(refusal(model, dir).contains("lacks the tensors [input_ids"));
    }
  }

  private static String refusal(LoadedModel model, Path folder) {
    return String.valueOf(
        assertThrows(InvalidReferenceException.class, () -> ReferenceCheck.run(model, folder))
            .getMessage());
  }

  private static Comparison row(AlignmentReport report, String what) {
    return report.comparisons().stream()
        .filter(row -> row.what().equals(what))
        .findFirst()
        .orElseThrow();
  }

  private static void change(Parameters parameters, String name) {
    try (var _ = Scope.open()) {
      var _ = parameters.get(name).muli(1.01);
    }
  }
}
