package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.collective.nccl.standin.StandIn;
import io.lockstep.collective.testing.Transport;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.IsolatedDevice;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loop.ShortTraining;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.state.RunObjective;
import io.lockstep.worker.state.TrainingState;
import io.lockstep.worker.step.TrainingStep.Reduction;
import io.lockstep.worker.testing.FakeCoordinator;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.tuning.TuningPlan;
import io.lockstep.worker.zero.GradientBuffers;
import io.lockstep.worker.zero.Resharding.Holder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Workers that are lost, join and leave between steps: the same bits as of one worker alone. */
class ElasticWorldsTest {

  private static final int STEPS = 5;
  private static final int VIRTUAL_RANKS = 4;

  private static final String ALL = "{train_type: full, freeze_vit: false, freeze_aligner: false}";

  /** What is minimised and how, as the rest of a recipe. */
  enum Minimised {
    CROSS_ENTROPY(""),
    WRITTEN_ANSWERS(
        """
        rlhf: {rlhf_type: gkd, teacher_model: %s, lmbda: 0.5, seq_kd: true, sft_alpha: 0.5, max_completion_length: 8}
        custom: {visual_kd: {vit: {weight: 0.5}, aligner: {weight: 2, distance: cosine}}}
        """
            .formatted(GoldenFamily.QWEN3_VL.checkpoint())),
    DEMONSTRATIONS(
        "custom: {teacher_student: {pool_jsonl: pictures.jsonl, teacher_ratio: 0.5, num_teacher_samples: 1}}\n"),
    DETECTION(
        "custom: {detection_enabled: true, detection: {num_queries: 6, layers: 2, heads: 2, width: 32}}\n"),
    ADAPTER_FROM_WEIGHTS(
        "",
        "{train_type: lora, lora_rank: 3, init_weights: pissa_niter_2, freeze_vit: false, freeze_aligner: false}"),
    IN_BFLOAT16("", ALL, true),
    ADAPTER_IN_BFLOAT16(
        "",
        "{train_type: lora, lora_rank: 3, use_dora: true, freeze_vit: false, freeze_aligner: false}",
        true);

    private final String recipe;
    private final String tuner;
    private final boolean bfloat16;

    Minimised(String recipe) {
      this(recipe, ALL);
    }

    Minimised(String recipe, String tuner) {
      this(recipe, tuner, false);
    }

    Minimised(String recipe, String tuner, boolean bfloat16) {
      this.recipe = recipe;
      this.tuner = tuner;
      this.bfloat16 = bfloat16;
    }
  }

  @TempDir private Path folder = Path.of("");
  private final List<TrainingState> all = new ArrayList<>();
  private Minimised minimised = Minimised.CROSS_ENTROPY;
  private Transport transport = Transport.tcp();
  private long generation;
  private Optional<Directive.Commit> last = Optional.empty();

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @AfterEach
  void closeStates() {
    all.forEach(TrainingState::close);
  }

  @ParameterizedTest
  @EnumSource
  void lostJoinedAndReplayedSharesOfStateGiveTheBitsOfAWorldOfOne(Minimised objective)
      throws Exception {
    minimised = objective;
    float[] expected = alone();
    TrainingState a = worker("buddy");
    TrainingState b = worker("buddy");
    TrainingState c = worker("buddy");
    train(List.of(a, b, c), List.of(), 0, 2, true);
    // b is lost: its state c has its shard. Step 2 is committed, but nobody comes to apply it.
    train(List.of(a, c), List.of(), 2, 3, false);
    // a is lost, d and e join: c applies step 2 by itself and gives all there is.
    TrainingState d = worker("buddy");
    TrainingState e = worker("buddy");
    train(List.of(d, c, e), List.of(), 3, 4, true);
    train(List.of(c, e), List.of(d), 4, STEPS, true);
    for (TrainingState state : List.of(c, e)) {
      assertArrayEquals(expected, parameters(state));
    }
  }

  @Test
  void withoutBuddiesWhoLeavesHandsOverWhatItHolds() throws Exception {
    float[] expected = alone();
    TrainingState a = worker("checkpoint");
    TrainingState b = worker("checkpoint");
    TrainingState c = worker("checkpoint");
    TrainingState d = worker("checkpoint");
    train(List.of(a, b, c, d), List.of(), 0, 2, true);
    train(List.of(a, c), List.of(b, d), 2, 4, true);
    train(List.of(b), List.of(a, c), 4, STEPS, true);
    assertArrayEquals(expected, parameters(b));
  }

  @Test
  void aWorldThatNeverBeginsCostsNothing() throws Exception {
    float[] expected = alone();
    TrainingState a = worker("buddy");
    TrainingState b = worker("buddy");
    TrainingState c = worker("buddy");
    train(List.of(a, b), List.of(), 0, 3, true);
    // A membership of three is formed, but only a gets as far as READY, where it holds two shards.
    form(List.of(a, b, c), List.of(), 3, false);
    assertEquals(
        List.of(new Shard(0, 2, true), new Shard(0, 3, true)),
        a.holdings().stream().map(Session.Holding::shard).toList());
    train(List.of(c, a), List.of(), 3, STEPS, true);
    assertArrayEquals(expected, parameters(a));
    assertArrayEquals(expected, parameters(c));
  }

  /** The same where ranks and their device are connected by NCCL, a communicator for each world. */
  @Test
  void lostAndJoinedRanksOverNcclGiveTheBitsOfAWorldOfOne() throws Exception {
    float[] expected = alone();
    generation = 0;
    try (IsolatedDevice _ = IsolatedDevice.install();
        StandIn nccl = new StandIn(true).withPieces(1 << 16)) {
      transport = nccl;
      TrainingState a = worker("buddy");
      TrainingState b = worker("buddy");
      TrainingState c = worker("buddy");
      train(List.of(a, b, c), List.of(), 0, 2, true);
      train(List.of(a, c), List.of(), 2, 3, false);
      TrainingState d = worker("buddy");
      train(List.of(d, c), List.of(), 3, 4, true);
      train(List.of(c), List.of(d), 4, STEPS, true);
      assertArrayEquals(expected, parameters(c));
      assertEquals(0, nccl.held());
      all.forEach(TrainingState::close);
      all.clear();
    }
  }

  private float[] alone() throws Exception {
    TrainingState state = worker("buddy");
    train(List.of(state), List.of(), 0, STEPS, true);
    last = Optional.empty();
    return parameters(state);
  }

  private TrainingState worker(String resilience) throws Exception {
    RunConfig config = config(resilience);
    TrainingState state =
        new TrainingState(config, () -> TuningPlan.of(config).load(config), STEPS);
    all.add(state);
    return state;
  }

  private static float[] parameters(TrainingState state) {
    return Buffer.of(state.model().trainable().trained().flat()).toHost().floats().toArray();
  }

  /**
   * Forms a membership and trains steps [from, to); the last of them is committed but not applied.
   */
  private void train(
      List<TrainingState> members,
      List<TrainingState> departing,
      long from,
      long to,
      boolean applyLast)
      throws Exception {
    List<Directive.NewMembership> memberships = form(members, departing, from, true);
    WorldFigures figures = new WorldFigures(members.size(), STEPS);
    List<Optional<Directive.Commit>> commits =
        LocalRanks.run(
            members.size(),
            transport,
            ranks -> {
              TrainingState state = members.get(ranks.rank());
              Optional<Directive.Commit> commit = last;
              RunConfig config = config("buddy");
              try (RunData data = new RunData(config);
                  RunObjective objective = RunObjective.of(config, state.model());
                  GradientBuffers buffers = new GradientBuffers(state.buckets().floats());
                  TrainingStep rank =
                      new TrainingStep(
                          memberships.get(ranks.rank()),
                          config,
                          state,
                          objective,
                          buffers,
                          data.microBatches(state.model()),
                          STEPS,
                          ranks,
                          FakeCoordinator.reciting(),
                          StepsWithoutEnd.INSTANCE)) {
                for (long step = from; step < to; step++) {
                  try (Scope scope = Scope.open()) {
                    Reduction reduction = rank.reduce(step);
                    state.reduced(reduction.gradient());
                    commit = Optional.of(figures.commit(Math.toIntExact(step), reduction));
                    if (step < to - 1 || applyLast) {
                      state.apply(commit.get());
                      rank.gather(step, step == to - 1);
                    }
                  }
                }
                state.settle(settling(to, commit));
              }
              return commit;
            });
    last = commits.getFirst();
  }

  private Directive.NewMembership settling(long nextStep, Optional<Directive.Commit> commit) {
    return new Directive.NewMembership(
        generation, 0, List.of(), nextStep, "", List.of(), List.of(), commit);
  }

  private List<Directive.NewMembership> form(
      List<TrainingState> members, List<TrainingState> departing, long nextStep, boolean begins)
      throws Exception {
    generation++;
    List<TrainingState> participants = new ArrayList<>(members);
    participants.addAll(departing);
    List<Holder> holders = new ArrayList<>();
    for (int rank = 0; rank < participants.size() && nextStep > 0; rank++) {
      for (Session.Holding holding : participants.get(rank).holdings()) {
        if (holding.steps() == nextStep) {
          holders.add(new Holder(rank, holding.shard()));
        }
      }
    }
    List<Directive.NewMembership> memberships = new ArrayList<>();
    for (int rank = 0; rank < participants.size(); rank++) {
      memberships.add(
          new Directive.NewMembership(
              generation,
              rank,
              names(members.size()),
              nextStep,
              "",
              names(departing.size()),
              holders,
              last));
    }
    LocalRanks.run(
        participants.size(),
        transport,
        ranks -> {
          TrainingState state = participants.get(ranks.rank());
          state.adopt(memberships.get(ranks.rank()), ranks);
          if (begins && ranks.rank() < members.size()) {
            state.generationHasBegun();
          }
          return true;
        });
    return memberships;
  }

  private static List<Directive.Member> names(int count) {
    return Collections.nCopies(count, new Directive.Member("w", "127.0.0.1:1", ""));
  }

  private RunConfig config(String resilience) throws Exception {
    Path pictures;
    synchronized (this) {
      pictures =
          ShortTraining.pictures(
              folder, new Geometry.Box(5, 5, 30, 30), new Geometry.Box(40, 30, 60, 60));
    }
    return RunConfig.parse(
        """
        global_max_length: 1024
        model: {model: %s}
        data: {train_jsonl: %s, template: target_dense}
        training: {seed: 5, bf16: %s, max_steps: %d, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3, weight_decay: 0.1, warmup_ratio: 0}
        tuner: %s
        cluster: {virtual_ranks: %d, bucket_floats: 65536, resilience: %s}
        %s\
        """
            .formatted(
                GoldenFamily.QWEN3_VL.checkpoint(),
                pictures,
                minimised.bfloat16,
                STEPS,
                minimised.tuner,
                VIRTUAL_RANKS,
                resilience,
                minimised.recipe),
        "test",
        folder);
  }
}
