package io.lockstep.coordinator.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CheckpointSchedule;
import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.RunListener;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.checkpoint.CheckpointFolders;
import io.lockstep.coordinator.journal.RunJournal;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.ToWorker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class RunLoopTest {
  @TempDir Path out;
  private final Stream stream = new Stream();
  private final Heard heard = new Heard();

  @Test
  void listenerHearsTheWholeRunInOrder() throws Exception {
    try (RunLoop loop = start(plan(1), CheckpointFolders.UsableSpace.OF_DISK)) {
      trainOneStep(loop);
      writePart(loop);
      assertInstanceOf(ToWorker.Stop.class, stream.next());
      RunOutcome outcome = loop.outcome().get();
      assertTrue(outcome.finished(), outcome.reason());
      assertEquals(1, outcome.lastCheckpoint().orElseThrow().steps());
    }
    assertEquals(
        List.of("FORMING", "TRAINING", "step 0", "SAVING", "checkpoint 1", "FINISHED", "ended"),
        heard.lines);
    assertTrue(stream.closed);
  }

  @Test
  void stepThatCannotBeJournaledIsNotCommitted() throws Exception {
    RunPlan plan = plan(1);
    try (RunLoop loop = start(plan, CheckpointFolders.UsableSpace.OF_DISK)) {
      introduce(loop);
      occupyStep(plan, 0);
      loop.post(reduced());
      ToWorker.Stop stop = assertInstanceOf(ToWorker.Stop.class, stream.next());
      assertTrue(stop.reason().startsWith("the journal can't be written"), stop.reason());
      assertEquals(0, loop.outcome().get().steps());
    }
    assertFalse(heard.lines.contains("step 0"));
  }

  @Test
  void fullDiskEndsTheRunAndLeavesNoFolder() throws Exception {
    try (RunLoop loop = start(plan(1), _ -> 0)) {
      trainOneStep(loop);
      ToWorker.Stop stop = assertInstanceOf(ToWorker.Stop.class, stream.next());
      assertTrue(stop.reason().startsWith("no room for the checkpoint at step 1"), stop.reason());
      assertFalse(loop.outcome().get().finished());
      assertEmptyCheckpointFolder();
    }
  }

  @Test
  void checkpointThatIsNotCompleteWhenTheRunEndsLeavesNoFolder() throws Exception {
    try (RunLoop loop = start(plan(1), CheckpointFolders.UsableSpace.OF_DISK)) {
      trainOneStep(loop);
      Path partial = assertInstanceOf(ToWorker.SaveCheckpoint.class, stream.next()).dir();
      Files.writeString(partial.resolve("half"), "1");
      loop.post(new Event.Failed(1, "out of memory"));
      assertFalse(loop.outcome().get().finished());
      assertEmptyCheckpointFolder();
    }
  }

  @Test
  void fileThatWasReportedButNotWrittenEndsTheRun() throws Exception {
    try (RunLoop loop = start(plan(1), CheckpointFolders.UsableSpace.OF_DISK)) {
      trainOneStep(loop);
      stream.next();
      loop.post(new Event.PartWritten(1, 1, 1, List.of(file("model.safetensors"))));
      String reason = loop.outcome().get().reason();
      assertTrue(reason.endsWith("model.safetensors is missing"), reason);
      assertEmptyCheckpointFolder();
    }
  }

  @Test
  void whatNeedNotBeKeptIsDeletedOnceTheNextCheckpointIsThere() throws Exception {
    RunPlan plan =
        plan(2).toBuilder().checkpoints(new CheckpointSchedule(1, 0, new Retention(1, 0))).build();
    try (RunLoop loop = start(plan, CheckpointFolders.UsableSpace.OF_DISK)) {
      trainOneStep(loop);
      writePart(loop);
      assertInstanceOf(ToWorker.Lease.class, stream.next());
      Watcher early = new Watcher();
      loop.watch(early);
      assertEquals("checkpoint 1", early.next());
      assertTrue(
          Files.readString(out.resolve("checkpoints/step-00000001/manifest.json"))
              .contains("\"mean_loss\" : 0.5"));
      loop.post(reduced(1));
      assertInstanceOf(ToWorker.Commit.class, stream.next());
      loop.post(new Event.Applied(1, 1, 1));
      writePart(loop, 2);
      assertTrue(loop.outcome().get().finished());
      Watcher late = new Watcher();
      loop.watch(late);
      assertEquals("checkpoint 2", late.next());
      assertFalse(Files.exists(out.resolve("checkpoints/step-00000001")));
    }
  }

  @Test
  void watcherHearsCheckpointsOfBeforeAndThenTheEnd() throws Exception {
    try (RunLoop loop = start(plan(2), CheckpointFolders.UsableSpace.OF_DISK)) {
      trainOneStep(loop);
      writePart(loop);
      Watcher early = new Watcher();
      loop.watch(early);
      assertEquals("checkpoint 1", early.next());
      loop.post(new Event.Failed(1, "out of memory"));
      assertEquals("ended false", early.next());
      Watcher late = new Watcher();
      loop.watch(late);
      assertEquals("checkpoint 1", late.next());
      assertEquals("ended false", late.next());
    }
  }

  @Test
  void silenceIsNoticedWithoutAnyMessage() throws Exception {
    RunPlan plan = Plans.withHeartbeats(plan(1), 20, 60);
    try (RunLoop loop = start(plan, CheckpointFolders.UsableSpace.OF_DISK)) {
      loop.join(new Event.Joined(1, "a", "h:1", "test", "first", List.of(), false), stream);
      assertInstanceOf(ToWorker.Welcome.class, stream.next());
      assertInstanceOf(ToWorker.NewMembership.class, stream.next());
      ToWorker last = stream.next();
      while (last instanceof ToWorker.Pulse) {
        last = stream.next();
      }
      ToWorker.Stop stop = assertInstanceOf(ToWorker.Stop.class, last);
      assertTrue(stop.reason().contains("nothing was heard of it"), stop.reason());
      assertTrue(stop.rejoin());
    }
  }

  /** Saves after every step. */
  private RunPlan plan(long totalSteps) {
    return Plans.plan(out, 1, totalSteps, 1);
  }

  private RunLoop start(RunPlan plan, CheckpointFolders.UsableSpace space) {
    RunLoop loop = new RunLoop(plan, new CheckpointFolders(out, plan.minFreeBytes(), space), heard);
    loop.start(RunJournal.create(plan, Clock.systemUTC()));
    return loop;
  }

  private void introduce(RunLoop loop) throws InterruptedException {
    loop.join(new Event.Joined(1, "a", "h:1", "test", "first", List.of(), false), stream);
    assertInstanceOf(ToWorker.Welcome.class, stream.next());
    assertInstanceOf(ToWorker.NewMembership.class, stream.next());
    loop.post(new Event.Ready(1, 1));
    assertInstanceOf(ToWorker.Lease.class, stream.next());
  }

  private void trainOneStep(RunLoop loop) throws InterruptedException {
    introduce(loop);
    loop.post(reduced());
    assertInstanceOf(ToWorker.Commit.class, stream.next());
    loop.post(new Event.Applied(1, 1, 0));
  }

  private void writePart(RunLoop loop) throws Exception {
    writePart(loop, 1);
  }

  private void writePart(RunLoop loop, long steps) throws Exception {
    Path partial = assertInstanceOf(ToWorker.SaveCheckpoint.class, stream.next()).dir();
    Files.writeString(partial.resolve("model.safetensors"), "1");
    loop.post(new Event.PartWritten(1, 1, steps, List.of(file("model.safetensors"))));
  }

  private static Event.CheckpointFile file(String path) {
    return new Event.CheckpointFile(path, 1, "0".repeat(64));
  }

  private static Event.Reduced reduced() {
    return reduced(0);
  }

  private static Event.Reduced reduced(long step) {
    return new Event.Reduced(
        1,
        1,
        step,
        IntStream.range(0, 4)
            .mapToObj(rank -> new Event.VirtualRankResult(rank, 1.0, 2, 1))
            .toList(),
        List.of(new Event.BucketResult(0, 4.0, 7)));
  }

  /** Makes the journal refuse a step. */
  private static void occupyStep(RunPlan plan, long step) throws Exception {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:sqlite:" + plan.outputDir().resolve(RunJournal.FILE_NAME));
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "insert into commits values (" + step + ", 1, 1, 1, 1, 0, 1, 1, 0, 'then', 0)");
    }
  }

  private void assertEmptyCheckpointFolder() throws Exception {
    try (var entries = Files.list(out.resolve("checkpoints"))) {
      assertEquals(List.of(), entries.toList());
    }
  }

  /** What a worker is sent. */
  private static final class Stream implements RunLoop.WorkerStream {
    private final LinkedBlockingQueue<ToWorker> messages = new LinkedBlockingQueue<>();
    private volatile boolean closed;

    @Override
    public void send(ToWorker message) {
      messages.add(message);
    }

    @Override
    public void close() {
      closed = true;
    }

    ToWorker next() throws InterruptedException {
      ToWorker message = messages.poll(20, TimeUnit.SECONDS);
      if (message == null) {
        throw new AssertionError("nothing was sent");
      }
      return message;
    }
  }

  /** What a watcher is told. */
  private static final class Watcher implements RunLoop.CheckpointWatcher {
    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();

    @Override
    public void committed(CommittedCheckpoint checkpoint) {
      told.add("checkpoint " + checkpoint.steps());
    }

    @Override
    public void ended(RunOutcome outcome) {
      told.add("ended " + outcome.finished());
    }

    String next() throws InterruptedException {
      String line = told.poll(20, TimeUnit.SECONDS);
      return line == null ? "nothing" : line;
    }
  }

  /** What the listener is told; read after the loop's thread has ended. */
  private static final class Heard implements RunListener {
    private final List<String> lines = new ArrayList<>();

    @Override
    public void phaseChanged(Phase phase, String detail) {
      lines.add(phase.toString());
    }

    @Override
    public void stepCommitted(CommittedStep step, double stepsPerSecond) {
      lines.add("step " + step.step());
    }

    @Override
    public void checkpointCommitted(CommittedCheckpoint checkpoint) {
      lines.add("checkpoint " + checkpoint.steps());
    }

    @Override
    public void ended(RunOutcome outcome) {
      lines.add("ended");
    }
  }
}
