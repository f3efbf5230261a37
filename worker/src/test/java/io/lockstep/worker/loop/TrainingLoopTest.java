package io.lockstep.worker.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.collective.AbortedException;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.Transfer;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.checkpoint.CheckpointFiles;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.checkpoint.WrittenFile;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.metrics.EvaluationLog;
import io.lockstep.worker.metrics.TensorBoardLog;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.testing.EventFiles;
import io.lockstep.worker.testing.FakeCoordinator;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.zero.Resharding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop follows a coordinator's directives; a tiny model learns a few text-only records. */
class TrainingLoopTest {

  private static final Directive.Stop FINISHED = new Directive.Stop(true, "finished");
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void aRunGoesFromWorldToStop() throws Exception {
    Path checkpoint = Files.createDirectory(folder.resolve("checkpoint"));
    FakeCoordinator coordinator =
        FakeCoordinator.committing(
            membership(),
            new Directive.Lease(1, 0, 2),
            new Directive.Lease(1, 2, 1),
            new Directive.SaveCheckpoint(1, 3, checkpoint.toString()),
            FINISHED);
    assertEquals(FINISHED, run(coordinator, config(chats(), 3, 512)));
    assertEquals(
        List.of(
            "ready 1",
            "reduced 0",
            "applied 0",
            "reduced 1",
            "applied 1",
            "reduced 2",
            "applied 2",
            "checkpoint 3"),
        coordinator.heard);
    assertTrue(
        coordinator.commits.getLast().lossSum() < coordinator.commits.getFirst().lossSum(),
        "the loss of the same samples falls");
    assertCheckpoint(checkpoint, coordinator.files);
  }

  private static void assertCheckpoint(Path checkpoint, List<WrittenFile> files) throws Exception {
    Set<String> expected =
        new TreeSet<>(CheckpointFiles.companionsIn(GoldenFamily.QWEN3_VL.checkpoint()));
    expected.addAll(
        List.of(
            "alignment.json",
            "alignment/values.safetensors",
            "model.safetensors",
            "run.yaml",
            "trainer_state.json",
            "optimizer-00000-of-00001.safetensors"));
    assertEquals(expected, new TreeSet<>(files.stream().map(WrittenFile::path).toList()));
    for (WrittenFile file : files) {
      assertEquals(Files.size(checkpoint.resolve(file.path())), file.bytes(), file.path());
    }
    assertNotEquals(
        LoadedModel.storedSha256(GoldenFamily.QWEN3_VL.checkpoint()),
        LoadedModel.storedSha256(checkpoint));
    assertEquals(3, json(checkpoint.resolve("trainer_state.json")).get("steps").longValue());
    RunConfig.read(checkpoint.resolve("run.yaml"));
    try (LoadedModel reopened = LoadedModel.open(checkpoint);
        SafetensorsFile moments =
            SafetensorsFile.open(checkpoint.resolve("optimizer-00000-of-00001.safetensors"))) {
      long floats = reopened.parameters().layout().size();
      assertEquals(List.of(floats), moments.info("mean").shape());
      assertEquals(List.of(floats), moments.info("mean_square").shape());
    }
  }

  @Test
  void theSameRunGivesTheSameBits() throws Exception {
    RunConfig config = config(chats(), 3, 512);
    List<Directive.Commit> first = commits(config);
    assertEquals(first, commits(config));
  }

  private List<Directive.Commit> commits(RunConfig config) throws Exception {
    FakeCoordinator coordinator =
        FakeCoordinator.committing(membership(), new Directive.Lease(1, 0, 3), FINISHED);
    run(coordinator, config);
    return coordinator.commits;
  }

  @Test
  void metricsHaveALineAStepWithEveryKey() throws Exception {
    run(
        FakeCoordinator.committing(membership(), new Directive.Lease(1, 0, 3), FINISHED),
        config(chats(), 3, 512));
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("logging.jsonl"))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    assertEquals(
        List.of(1, 2, 3), lines.stream().map(line -> line.get("step").intValue()).toList());
    Set<String> keys = new TreeSet<>();
    lines.getFirst().fieldNames().forEachRemaining(keys::add);
    assertEquals(
        new TreeSet<>(
            Set.of(
                "step",
                "epoch",
                "loss",
                "token_acc",
                "grad_norm",
                "skipped_steps",
                "learning_rate",
                "learning_rate_aligner",
                "learning_rate_llm",
                "learning_rate_vit",
                "tokens",
                "digest",
                "samples_per_second",
                "tokens_per_second",
                "step_seconds",
                "data_seconds",
                "compute_seconds",
                "communication_seconds",
                "resident_bytes",
                "sent_bytes",
                "optimizer_bytes",
                "world",
                "passes",
                "padding_share",
                "dropped_too_long",
                "dropped_unreadable",
                "loader_read_seconds",
                "loader_decode_seconds",
                "loader_augment_seconds",
                "loader_process_seconds",
                "loader_tokenise_seconds",
                "loader_collate_seconds",
                "loader_wait_seconds",
                "remaining_seconds")),
        keys);
    assertEquals(1.0, lines.getFirst().get("epoch").doubleValue());
    assertEquals(0.0, lines.getLast().get("remaining_seconds").doubleValue());
  }

  @Test
  void evaluationsAreReportedAndTheirFiguresLoggedOnce() throws Exception {
    RunConfig config = evaluated(config(chats(), 3, 512));
    Directive.Evaluation after2 = new Directive.Evaluation(1, 2, 1, 8, 4, 6);
    FakeCoordinator first =
        FakeCoordinator.committing(
            membership(),
            new Directive.Lease(1, 0, 2),
            new Directive.Evaluate(1, 2),
            after2,
            new Directive.Evaluate(7, 2),
            FINISHED);
    run(first, config);
    assertTrue(first.heard.contains("evaluated 2 from record 0"), first.heard::toString);
    assertEquals(1, first.heard.stream().filter(word -> word.startsWith("evaluated")).count());
    assertEquals(4, first.results.size());
    assertTrue(first.results.getFirst().lossSum() > 0, first.results::toString);
    Path log = folder.resolve(EvaluationLog.FILE_NAME);
    assertEquals(
        "{\"step\":2,\"epoch\":2.0,\"eval_loss\":0.5,\"eval_token_acc\":0.75,\"eval_tokens\":8,\"eval_records\":1}",
        Files.readString(log).strip());
    // Whoever goes on after the writer was lost is told of the last evaluation again.
    Files.writeString(log, "");
    Directive.NewMembership again =
        new Directive.NewMembership(
            1,
            0,
            membership().members(),
            0,
            "",
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.of(after2),
            Directive.Transport.TCP);
    run(FakeCoordinator.committing(again, after2, FINISHED), config);
    assertEquals(1, Files.readAllLines(log).size());
    assertEquals(
        Map.of(2L, 0.5f), EventFiles.shown(folder.resolve(TensorBoardLog.FOLDER), "eval/loss"));
  }

  /** The same run with its own records held out, too. */
  private static RunConfig evaluated(RunConfig config) throws Exception {
    String yaml = config.toYaml();
    String records = config.data().trainJsonl().orElseThrow().toString();
    return RunConfig.parse(
        yaml.replace("  train_jsonl:", "  val_jsonl: " + records + "\n  train_jsonl:"),
        "evaluated",
        Path.of("/"));
  }

  @Test
  void aStopInsteadOfACommitEndsTheRunWithoutApplyingTheStep() throws Exception {
    Directive.Stop lost = new Directive.Stop(false, "a worker is lost");
    FakeCoordinator coordinator =
        FakeCoordinator.reciting(membership(), new Directive.Lease(1, 0, 3), lost);
    assertEquals(lost, run(coordinator, config(chats(), 3, 512)));
    assertEquals(List.of("ready 1", "reduced 0"), coordinator.heard);
  }

  @Test
  void aStopDuringAnExchangeAbortsIt() throws Exception {
    Directive.Stop stop = new Directive.Stop(false, "interrupted by the user");
    FakeCoordinator coordinator =
        FakeCoordinator.committing(membership(), new Directive.Lease(1, 0, 3));
    Collective stopped = new StoppedDuringExchange(coordinator, stop);
    assertEquals(stop, run(coordinator, config(chats(), 3, 512), connector(stopped)));
    assertEquals(List.of("ready 1"), coordinator.heard);
  }

  /** A collective in whose first exchange the coordinator stops the run. */
  private static final class StoppedDuringExchange extends LocalRanks.Alone {

    private final FakeCoordinator coordinator;
    private final Directive.Stop stop;
    private final List<String> aborts = new ArrayList<>();

    StoppedDuringExchange(FakeCoordinator coordinator, Directive.Stop stop) {
      this.coordinator = coordinator;
      this.stop = stop;
    }

    @Override
    public void exchange(long tag, List<Transfer> sends, List<Transfer> receives) {
      coordinator.stopNow(stop);
      if (!aborts.isEmpty()) {
        throw new AbortedException(0, CollectiveException.NO_PEER, tag, aborts.getFirst(), null);
      }
    }

    @Override
    public void abort(String reason) {
      aborts.add(reason);
    }
  }

  @Test
  void aCommitOfAnotherStepIsAnError() throws Exception {
    FakeCoordinator coordinator =
        FakeCoordinator.reciting(
            membership(),
            new Directive.Lease(1, 0, 3),
            new Directive.Commit(1, 2, 10, 10, 0, 1, 0));
    RunConfig config = config(chats(), 3, 512);
    IllegalStateException error =
        assertThrows(IllegalStateException.class, () -> run(coordinator, config));
    assertEquals("awaited the commit of step 0, got that of step 2", error.getMessage());
  }

  @Test
  void aCommitOutsideOfALeaseIsAnError() throws Exception {
    FakeCoordinator coordinator =
        FakeCoordinator.reciting(membership(), new Directive.Commit(1, 0, 10, 10, 0, 1, 0));
    RunConfig config = config(chats(), 3, 512);
    assertThrows(IllegalStateException.class, () -> run(coordinator, config));
  }

  @Test
  void aWorldThatCountsOnStateThisWorkerDoesNotHoldIsAnError() throws Exception {
    Directive.NewMembership later =
        new Directive.NewMembership(
            2,
            0,
            membership().members(),
            2,
            "",
            List.of(),
            List.of(new Resharding.Holder(0, new Shard(0, 1, true))),
            Optional.empty());
    RunConfig config = config(chats(), 3, 512);
    IllegalStateException error =
        assertThrows(
            IllegalStateException.class, () -> run(FakeCoordinator.reciting(later), config));
    assertTrue(String.valueOf(error.getMessage()).contains("after 2 steps"), error.getMessage());
  }

  @Test
  void aMembershipThatIsSaidAgainAfterANewerOneIsPassedOver() throws Exception {
    Directive.NewMembership newer =
        new Directive.NewMembership(
            2, 0, membership().members(), 0, "", List.of(), List.of(), Optional.empty());
    FakeCoordinator coordinator =
        FakeCoordinator.committing(newer, membership(), new Directive.Lease(2, 0, 1), FINISHED);
    assertEquals(FINISHED, run(coordinator, config(chats(), 3, 512)));
    assertEquals(List.of("ready 2", "reduced 0", "applied 0"), coordinator.heard);
  }

  @Test
  void aRunThatIsRewoundToItsStartGivesTheSameBits() throws Exception {
    RunConfig config = config(chats(), 3, 512);
    Directive.NewMembership again =
        new Directive.NewMembership(
            2, 0, membership().members(), 0, "", List.of(), List.of(), Optional.empty());
    FakeCoordinator coordinator =
        FakeCoordinator.committing(
            membership(),
            new Directive.Lease(1, 0, 2),
            again,
            new Directive.Lease(1, 2, 1),
            new Directive.Lease(2, 0, 2),
            FINISHED);
    run(coordinator, config);
    List<Directive.Commit> commits = coordinator.commits;
    assertEquals(4, commits.size());
    for (int step = 0; step < 2; step++) {
      assertEquals(commits.get(step).digest(), commits.get(2 + step).digest());
    }
    List<String> lines = Files.readAllLines(folder.resolve("logging.jsonl"));
    assertEquals(2, lines.size());
    Map<Long, Float> shown = EventFiles.shown(folder.resolve(TensorBoardLog.FOLDER), "train/loss");
    assertEquals(Set.of(1L, 2L), shown.keySet());
    JsonNode last = new ObjectMapper().readTree(lines.getLast());
    assertEquals(last.get("loss").floatValue(), List.copyOf(shown.values()).getLast());
  }

  @Test
  void anUnreadablePictureIsNamedWithTheRecordsFileAndLine() throws Exception {
    Files.writeString(folder.resolve("torn.png"), "not a picture");
    Path data = folder.resolve("pictures.jsonl");
    Files.writeString(
        data,
        """
        {"messages": [{"role": "user", "content": [{"type": "image", "image": "torn.png"}, \
        {"type": "text", "text": "What?"}]}, {"role": "assistant", "content": "Nothing"}]}
        """
            .repeat(4));
    FakeCoordinator coordinator =
        FakeCoordinator.committing(membership(), new Directive.Lease(1, 0, 3), FINISHED);
    RunConfig config = config(data, 3, 512);
    SampleException error = assertThrows(SampleException.class, () -> run(coordinator, config));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.matches("(?s).*pictures\\.jsonl:[1-4]: .*torn\\.png.*"), message);
  }

  @Test
  void aRecordThatIsNotJsonIsNamedWithFileAndLine() throws Exception {
    Path data = folder.resolve("broken.jsonl");
    Files.writeString(data, "{\"messages\": oops}\n".repeat(4));
    FakeCoordinator coordinator =
        FakeCoordinator.committing(membership(), new Directive.Lease(1, 0, 3), FINISHED);
    RunConfig config = config(data, 3, 512);
    SampleException error = assertThrows(SampleException.class, () -> run(coordinator, config));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.matches("(?s).*broken\\.jsonl:[1-4].*"), message);
  }

  @Test
  void overLongSamplesAreReplacedAndCounted() throws Exception {
    Path data = folder.resolve("mixed.jsonl");
    Files.writeString(
        data,
        chat("Hi?", "yes")
            + chat("Long?", "word ".repeat(400))
            + chat("Ho?", "no")
            + chat("He?", "so"));
    FakeCoordinator coordinator =
        FakeCoordinator.committing(membership(), new Directive.Lease(1, 0, 3), FINISHED);
    run(coordinator, config(data, 3, 128));
    assertEquals(List.of(1L, 1L, 1L), coordinator.replaced);
  }

  @Test
  void residentMemoryStaysFlat() throws Exception {
    int steps = 120;
    FakeCoordinator coordinator =
        FakeCoordinator.committing(membership(), new Directive.Lease(1, 0, steps), FINISHED);
    run(coordinator, config(chats(), steps, 512));
    long warm = coordinator.times.get(steps / 3).residentBytes();
    long end = coordinator.times.getLast().residentBytes();
    assertTrue(
        end - warm < 48 * MEBIBYTE,
        "grew from " + warm / MEBIBYTE + " to " + end / MEBIBYTE + " MiB");
  }

  private static Directive.NewMembership membership() {
    return new Directive.NewMembership(
        1,
        0,
        List.of(new Directive.Member("w0", "127.0.0.1:1", "any")),
        0,
        "",
        List.of(),
        List.of(),
        Optional.empty());
  }

  private static Directive.Stop run(FakeCoordinator coordinator, RunConfig config)
      throws IOException, SampleException, InterruptedException {
    return run(coordinator, config, connector(LocalRanks.alone()));
  }

  private static Directive.Stop run(
      FakeCoordinator coordinator, RunConfig config, CollectiveConnector connector)
      throws IOException, SampleException, InterruptedException {
    try (RunData data = new RunData(config);
        TrainingLoop loop =
            new TrainingLoop(
                coordinator,
                config,
                () -> LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint()),
                data,
                connector)) {
      return loop.run();
    }
  }

  private static CollectiveConnector connector(Collective collective) {
    return new CollectiveConnector() {
      @Override
      public Collective connect(
          long round,
          Directive.Transport transport,
          int rank,
          List<Directive.Member> participants) {
        return collective;
      }

      @Override
      public void endBefore(long round, String reason) {
        collective.abort(reason);
      }
    };
  }

  private Path chats() throws IOException {
    Path data = folder.resolve("train.jsonl");
    Files.writeString(
        data,
        chat("The quick brown fox?", "jumps")
            + chat("What is it?", "a lazy dog")
            + chat("How many?", "42")
            + chat("Verdict?", "不通过"));
    return data;
  }

  private static String chat(String question, String answer) {
    return """
    {"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "%s"}]}
    """
        .formatted(question, answer);
  }

  private RunConfig config(Path data, int steps, int maxLength) throws Exception {
    return RunConfig.parse(
        """
        global_max_length: %5$d
        model: {model: %2$s}
        data: {train_jsonl: %3$s, template: target_summary}
        training: {seed: 5, output_dir: %1$s, max_steps: %4$d, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        cluster: {virtual_ranks: 2}
        """
            .formatted(folder, GoldenFamily.QWEN3_VL.checkpoint(), data, steps, maxLength),
        "test",
        folder);
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
